import { area, checkReading, checkWriting, tooLarge } from '../../test/support/refusal-check.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { CursorSlot, readCursorSlot, writeCursorSlot } from './cursor-slot.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

function cursorSlot(): CursorSlot {
  const cursor = new CursorSlot();
  Object.assign(cursor, { generation: 4, epoch: 2, base: 10, watermark: 20, rangeCount: 2 });
  cursor.ranges.set([30, 35, 36, 40]);
  return Object.assign(cursor, { delivered: 14, lost: 1, dropped: 1, deadLettered: 1, skipped: 2 });
}

function rehashCursor(): void {
  const bytes = new Uint8Array(32_760);
  bytes.set(area.bytes.subarray(0, 120));
  bytes.set(area.bytes.subarray(128, 32_768), 120);
  const hash = new U64();
  xxh64.hash64(bytes, 0, bytes.length, hash);
  hash.write(area.view, 120);
}

// The hash is computed here over a copy, so its definition is tested too.
checkReading(
  'cursor slot',
  () => writeCursorSlot(area, 0, cursorSlot(), xxh64),
  () => {
    rehashCursor();
    return readCursorSlot(area, 0, 0, new CursorSlot(), xxh64);
  },
  [
    ['another magic', ReadStatus.NotFound, [0, 32, 0]],
    ['another major', ReadStatus.UnknownMajor, [4, 16, 2]],
    ['the generation of the other slot', ReadStatus.Misplaced, [8, 64, 5]],
    ['generation 0', ReadStatus.BeyondLimit, [8, 64, 0]],
    ['2041 ranges', ReadStatus.BeyondLimit, [32, 32, 2041]],
    ['2^32 - 1 ranges', ReadStatus.BeyondLimit, [32, 32, 0xffff_ffff]],
    ['one delivered more', ReadStatus.Inconsistent, [72, 64, 15]],
    ['one delivered less', ReadStatus.Inconsistent, [72, 64, 13]],
    ['one lost twice', ReadStatus.Inconsistent, [80, 64, 2]],
    ['delivered 2^53', ReadStatus.Inconsistent, [72, 64, tooLarge]],
    ['skipped 2^64 - 1', ReadStatus.Inconsistent, [104, 64, 2n ** 64n - 1n]],
    ['watermark below the base', ReadStatus.Inconsistent, [48, 64, 21]],
    ['a range at the watermark', ReadStatus.Inconsistent, [128, 64, 20], [72, 64, 24]],
    ['ranges that touch', ReadStatus.Inconsistent, [144, 64, 35], [72, 64, 15]],
    ['a range of none', ReadStatus.Inconsistent, [152, 64, 36], [72, 64, 10]],
    ['a range that ends before it begins', ReadStatus.Inconsistent, [152, 64, 30]],
    ['a range up to 2^53', ReadStatus.Inconsistent, [152, 64, tooLarge]],
    ['watermark below the base, added up', ReadStatus.Inconsistent, [48, 64, 21], [72, 64, 3]],
    ['ranges that touch, added up', ReadStatus.Inconsistent, [144, 64, 35], [72, 64, 4]],
    ['a refused counter, added up', ReadStatus.Inconsistent, [80, 64, tooLarge], [104, 64, 4]],
    ['epoch 0', ReadStatus.BeyondLimit, [20, 32, 0]],
    ['base 2^53', ReadStatus.BeyondLimit, [48, 64, tooLarge]],
    ['durableSeq 2^53', ReadStatus.BeyondLimit, [56, 64, tooLarge]],
    ['durableEntryEnd 2^53', ReadStatus.BeyondLimit, [64, 64, tooLarge]],
    ['watermark 2^53', ReadStatus.BeyondLimit, [40, 64, tooLarge]],
    ['one moved from lost to skipped', ReadStatus.Ok, [80, 64, 0], [104, 64, 3]],
  ],
);
checkWriting('cursor slot', cursorSlot, (it) => writeCursorSlot(area, 0, it, xxh64), {
  'one delivered more': (it) => Object.assign(it, { delivered: 15 }),
  'a counter below zero': (it) => Object.assign(it, { lost: -1, skipped: 4 }),
  'ranges that touch': (it) => it.ranges.set([30, 36, 36, 39]),
  'ranges out of order': (it) => it.ranges.set([36, 40, 30, 35]),
  'no generation': (it) => Object.assign(it, { generation: 0 }),
});
