// Every block header that is whole, at whatever unit of whatever segment, whether it counts or not.

import { BlockHeader, readBlockHeader } from '../../src/vault/block-header.ts';
import { segmentFolder } from '../../src/vault/file-names.ts';
import { blockHeaderSizeBytes, unitSizeBytes } from '../../src/vault/format.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const { area, hash } = vaultArena(unitSizeBytes);

export interface ListedBlock {
  readonly path: string;
  readonly header: BlockHeader;
}

/** `logPath`: `dead/` for the dead letters. */
export function listBlocks(disk: SimulatedDisk, logPath = ''): ListedBlock[] {
  const listed = disk.list(`${logPath}${segmentFolder}`);
  if (listed.fault !== IoFault.None) return [];
  const blocks: ListedBlock[] = [];
  for (const { name } of listed.names) {
    if (!name.endsWith('.vlt')) continue;
    const path = `${logPath}${segmentFolder}/${name}`;
    const bytes = disk.contents(path);
    for (let at = 0; at + blockHeaderSizeBytes <= bytes.length; at += unitSizeBytes) {
      const header = new BlockHeader();
      area.bytes.set(bytes.subarray(at, at + blockHeaderSizeBytes), firstFreeBytes);
      if (readBlockHeader(area, firstFreeBytes, header, hash) === ReadStatus.Ok)
        blocks.push({ path, header });
    }
  }
  return blocks;
}
