// Golden vaults: whole vault directories that an earlier version wrote, each in an archive, with a
// JSON file beside it that says what is in it. This version must go on reading them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GoldenEntry {
  readonly entrySeq: number;
  readonly kind: number;
  readonly codec: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface GoldenCursor {
  readonly consumer: string;
  readonly watermark: number;
  /** Ends exclusive. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly delivered: number;
  readonly dropped: number;
}

export interface GoldenFacts {
  readonly about: string;
  readonly segmentSizeBytes: number;
  /** What recovery meets. */
  readonly rows: readonly string[];
  readonly entries: readonly GoldenEntry[];
  readonly deadLetters: readonly GoldenEntry[];
  readonly cursors: readonly GoldenCursor[];
  /** In quarantine already, by name. */
  readonly quarantine: readonly string[];
  /** Every number that was given is below. */
  readonly nextEntrySeq: number;
}

export const goldenFolder = new URL('../vault/golden', import.meta.url).pathname;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** All that there are: `1.0/crashed`. */
export function goldenNames(): string[] {
  return readdirSync(goldenFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => path.slice(0, -'.json'.length))
    .sort();
}

export function goldenFacts(name: string): GoldenFacts {
  return JSON.parse(readFileSync(join(goldenFolder, `${name}.json`), 'utf8'));
}

/** A copy of the vault in this folder, which is made. */
export function unpackGolden(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  tar(['-xzf', join(goldenFolder, `${name}.tar.gz`), '-C', folder]);
}

export function packGolden(name: string, folder: string, facts: GoldenFacts): void {
  const path = join(goldenFolder, name);
  // Nothing of the machine that it was made on.
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  tar([...plain, '-czf', `${path}.tar.gz`, '-C', folder, '.']);
  writeFileSync(`${path}.json`, `${JSON.stringify(facts, undefined, 2)}\n`);
}

function tar(args: readonly string[]): void {
  const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** Every file of a folder by its content. */
export function filePrints(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return `${path} ${sha256(readFileSync(path))}`;
    })
    .sort();
}
