// Scenario: one structure of a vault is of a newer major, or has a feature that must be known to
// read it; its hash holds, so it is no damage.
// Guarantees: the start is refused with a typed reason and every byte stays as it was; what is
// damaged, or of another file, is never taken for something newer.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { segmentPath } from '../../src/vault/file-names.ts';
import { U64 } from '../../src/vault/u64.ts';
import { checkRefused, threeBlocks } from '../support/recovery-check.ts';
import {
  area,
  capacityBytes,
  hash,
  newImage,
  newVault,
  put,
  putMeta,
  recover,
  unit,
} from '../support/recovery-rig.ts';
import { firstFreeBytes } from '../support/vault-arena.ts';

interface Patch {
  readonly title: string;
  readonly path: 'META' | 'segment';
  /** Where the structure begins, and where its hash is from there. */
  readonly fromBytes: number;
  readonly hashBytes: number;
  readonly fieldBytes: number;
  readonly value: number;
  readonly reason: string;
}

const header = { path: 'segment', fromBytes: 0, hashBytes: 4088 } as const;
const meta = { path: 'META', fromBytes: unit, hashBytes: 4088 } as const;
const block = { path: 'segment', fromBytes: 3 * unit, hashBytes: 120 } as const;
const patches: readonly Patch[] = [
  { title: 'META, major', ...meta, fieldBytes: 4, value: 2, reason: 'unknown-major' },
  { title: 'META, incompat', ...meta, fieldBytes: 80, value: 1, reason: 'unknown-feature' },
  { title: 'header, major', ...header, fieldBytes: 16, value: 2, reason: 'unknown-major' },
  { title: 'header, incompat', ...header, fieldBytes: 128, value: 1, reason: 'unknown-feature' },
  { title: 'header, recycled', ...header, fieldBytes: 52, value: 2, reason: 'unknown-feature' },
  { title: 'block, version', ...block, fieldBytes: 12, value: 2, reason: 'unknown-major' },
  { title: 'block, type 6', ...block, fieldBytes: 13, value: 6, reason: 'unknown-feature' },
  { title: 'block, encrypted', ...block, fieldBytes: 14, value: 27, reason: 'unknown-feature' },
];

function patched(
  bytes: Uint8Array,
  { fromBytes, hashBytes, fieldBytes, value }: Patch,
): Uint8Array {
  bytes[fromBytes + fieldBytes] = value;
  area.bytes.set(bytes.subarray(fromBytes, fromBytes + hashBytes), firstFreeBytes);
  const out = new U64();
  hash.hash64(area.bytes, firstFreeBytes, hashBytes, out);
  out.write(new DataView(bytes.buffer), fromBytes + hashBytes);
  return bytes;
}

for (const patch of patches) {
  it(`refuses what it cannot read: ${patch.title}`, () => {
    const disk = newVault();
    putMeta(disk);
    const path = patch.path === 'META' ? 'META' : segmentPath(1);
    put(disk, segmentPath(1), threeBlocks().bytes(capacityBytes));
    put(disk, path, patched(disk.contents(path).slice(), patch));
    checkRefused(disk, patch.reason);
  });
}

it('a newer block of another file is stale, and one that is damaged is torn', () => {
  const stale = newImage();
  stale.header.segmentId = 4;
  const other = stale.begin().group(2).group(2).group(2).bytes(capacityBytes);
  const newer = patched(other, { ...patches[5]!, fromBytes: 5 * unit });
  const bytes = threeBlocks().bytes(capacityBytes);
  bytes.set(newer.subarray(5 * unit), 5 * unit);
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), bytes);
  assert.deepEqual(recover(disk).report.rows, ['torn']);
  const damaged = threeBlocks().bytes(capacityBytes);
  damaged[5 * unit + 12] = 2; // the version, under the hash of the old one
  put(disk, segmentPath(1), damaged);
  assert.deepEqual(recover(disk).report.rows, ['torn']);
});
