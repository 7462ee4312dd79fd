import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { CursorSlot } from '../vault/cursor-slot.ts';
import { isSettled, owedEntries } from './vault-state.ts';

/** Settled below `watermark`, and then every second of `lengths`. */
function slotOf(watermark: number, lengths: readonly number[]): CursorSlot {
  const slot = new CursorSlot();
  slot.watermark = watermark;
  slot.rangeCount = Math.floor(lengths.length / 2);
  let at = watermark;
  for (const [index, length] of lengths.slice(0, 2 * slot.rangeCount).entries()) {
    at += length;
    slot.ranges[index] = at;
  }
  return slot;
}

test('owedEntries() counts those that isSettled() does not know as settled', (context) => {
  const small = fc.integer({ min: 0, max: 40 });
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
  const property = fc.property(small, lengths, small, small, (watermark, parts, from, count) => {
    const slot = slotOf(watermark, parts);
    const seqs = Array.from({ length: count }, (_, index) => from + index);
    const owed = owedEntries(slot, [{ firstEntrySeq: from, entryEnd: from + count }]);
    assert.equal(owed, seqs.filter((seq) => !isSettled(slot, seq)).length);
  });
  fc.assert(property, { seed: testSeed(context) });
});

test('owedEntries() takes no longer for more entries', () => {
  const slot = slotOf(10, [5, 100, 5, 1_000]);
  const segments = [{ firstEntrySeq: 0, entryEnd: 2 ** 52 }];
  assert.equal(owedEntries(slot, segments), 2 ** 52 - 10 - 100 - 1_000);
});
