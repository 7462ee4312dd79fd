// What the vault's keys and those of other sections must be to each other.

import { resolve } from 'node:path';
import { MiB } from '../limits.ts';
import type { ExporterConfig } from './config.ts';
import type { Path } from './located-tree.ts';
import type { VaultBlock } from './schema-vault.ts';

/** What a listener accepts the vault must be able to hold, and to set aside. */
export function checkVault(
  vault: VaultBlock | undefined,
  exporters: readonly ExporterConfig[],
  /** Least segment that holds a largest message. */
  segmentSizeBytesMin: number,
  problem: (path: Path, text: string) => void,
): void {
  if (vault === undefined) return;
  if (vault.segment_size < segmentSizeBytesMin) {
    const text = `must hold a largest message: at least ${wholeMiB(segmentSizeBytesMin)}MiB`;
    problem(['vault', 'segment_size'], text);
  }
  if (vault.dead_letter_limit < 2 * segmentSizeBytesMin) {
    const text = `must hold two largest messages: at least ${wholeMiB(2 * segmentSizeBytesMin)}MiB`;
    problem(['vault', 'dead_letter_limit'], text);
  }
  // They would be foreign files there: never deleted, and counted against the vault's limit.
  for (const exporter of exporters) {
    if (exporter.kind !== 'file' || !isInside(exporter.path, vault.directory)) continue;
    problem(['exporters', exporter.id, 'path'], 'must not be in the directory of the vault');
  }
}

function isInside(path: string, directory: string): boolean {
  const folder = resolve(directory);
  return resolve(path).startsWith(folder === '/' ? folder : `${folder}/`);
}

function wholeMiB(sizeBytes: number): number {
  return Math.ceil(sizeBytes / MiB);
}
