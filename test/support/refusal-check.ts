// Fields that contradict each other or are off their limits, under a hash that is right: a table
// for each structure of the vault says with which status readers refuse them; writers stop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailed } from '../../src/assert.ts';
import { ByteView } from '../../src/vault/byte-view.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { U64 } from '../../src/vault/u64.ts';
import { xxh64 } from './xxh64.ts';

/** The structure under test is at its beginning. */
export const area = new ByteView(new Uint8Array(40_000));
export const tooLarge = 2n ** 53n;

export type Patch = readonly [offsetBytes: number, bits: 8 | 16 | 32 | 64, value: number | bigint];

export function rehash(lengthBytes: number, hashOffsetBytes: number): void {
  const hash = new U64();
  xxh64.hash64(area.bytes, 0, lengthBytes, hash);
  hash.write(area.view, hashOffsetBytes);
}

/** The sample is written, patched, hashed again and read. */
export function checkReading(
  name: string,
  write: () => void,
  read: () => ReadStatus,
  rows: readonly (readonly [what: string, status: ReadStatus, ...patches: Patch[]])[],
): void {
  test(`${name}: what is intact and yet wrong is refused on reading`, () => {
    for (const [what, status, ...patches] of rows) {
      write();
      assert.equal(read(), ReadStatus.Ok, `${what}, before`);
      patch(patches);
      assert.equal(read(), status, what);
    }
  });
}

/** Each change alone makes the writer stop. */
export function checkWriting<Fields>(
  name: string,
  make: () => Fields,
  write: (fields: Fields) => void,
  changes: Readonly<Record<string, (fields: Fields) => void>>,
): void {
  test(`${name}: what readers refuse is not written`, () => {
    write(make());
    for (const [what, change] of Object.entries(changes)) {
      const fields = make();
      change(fields);
      assert.throws(() => write(fields), AssertionFailed, what);
    }
  });
}

function patch(patches: readonly Patch[]): void {
  for (const [offsetBytes, bits, value] of patches) {
    if (bits === 8) area.view.setUint8(offsetBytes, Number(value));
    else if (bits === 16) area.view.setUint16(offsetBytes, Number(value), true);
    else if (bits === 32) area.view.setUint32(offsetBytes, Number(value), true);
    else area.view.setBigUint64(offsetBytes, BigInt(value), true);
  }
}
