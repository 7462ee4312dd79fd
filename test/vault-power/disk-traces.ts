// What is on a mounted file system of a vault, without the vault: block headers that are whole,
// whether they count or not, and the files as they are.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlockHeader, readBlockHeader } from '../../src/vault/block-header.ts';
import { lockPath, metaPath, segmentFolder } from '../../src/vault/file-names.ts';
import { blockHeaderSizeBytes, unitSizeBytes } from '../../src/vault/format.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { firstFreeBytes, vaultArena } from '../support/vault-arena.ts';

const { area, hash } = vaultArena(unitSizeBytes);

export function blocksIn(vaultPath: string): BlockHeader[] {
  const blocks: BlockHeader[] = [];
  for (const name of filesIn(vaultPath)) {
    if (!name.startsWith(`${segmentFolder}/`) || !name.endsWith('.vlt')) continue;
    const bytes = readFileSync(join(vaultPath, name));
    for (let at = 0; at + blockHeaderSizeBytes <= bytes.length; at += unitSizeBytes) {
      const header = new BlockHeader();
      area.bytes.set(bytes.subarray(at, at + blockHeaderSizeBytes), firstFreeBytes);
      if (readBlockHeader(area, firstFreeBytes, header, hash) === ReadStatus.Ok)
        blocks.push(header);
    }
  }
  return blocks;
}

/** Files to a hash of each, without what every start writes, and SQLite's. */
export function contentsOf(vaultPath: string): Map<string, string> {
  const written: readonly string[] = [metaPath, `dead/${metaPath}`, lockPath];
  const names = filesIn(vaultPath).filter((name) => !written.includes(name));
  return new Map(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(vaultPath, name)))
        .digest('hex'),
    ]),
  );
}

/** Relative; none if there is no such vault. */
function filesIn(vaultPath: string): string[] {
  try {
    const entries = readdirSync(vaultPath, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(vaultPath.length + 1))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
