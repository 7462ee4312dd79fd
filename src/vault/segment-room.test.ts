import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB } from '../limits.ts';
import { bodySizeBytesMax } from './format.ts';
import { GroupPlan } from './group-plan.ts';
import { footerBlockSizeBytes, groupFits, segmentSizeBytesMin } from './segment-room.ts';

test('segmentSizeBytesMin() holds the largest entry at its worst, to the unit', () => {
  for (const body of [0, 1, MiB - 64, MiB - 63, 16 * MiB, bodySizeBytesMax]) {
    const least = segmentSizeBytesMin(body);
    const group = new GroupPlan();
    group.add(body);
    const fits = (capacity: number) =>
      groupFits(capacity, 4096, 0, group.sizeBytesMax, group.blockCount);
    assert.ok(fits(least), `${body}`);
    assert.equal(fits(least - 4096), false, `${body}`);
  }
  assert.ok(segmentSizeBytesMin(16 * MiB) <= 17 * MiB);
  assert.ok(segmentSizeBytesMin(bodySizeBytesMax) <= 65 * MiB);
});

test('footerBlockSizeBytes() grows by a unit each 128 blocks', () => {
  assert.equal(footerBlockSizeBytes(1), 4096);
  assert.equal(footerBlockSizeBytes(123), 4096);
  assert.equal(footerBlockSizeBytes(124), 8192);
  assert.equal(footerBlockSizeBytes(124 + 127), 8192);
  assert.equal(footerBlockSizeBytes(124 + 128), 12_288);
});

test('groupFits() leaves a MARK, the footer with it, and the trailer', () => {
  // 4096 header, one unit each: group, MARK, FOOTER, TRAILER.
  assert.ok(groupFits(5 * 4096, 4096, 0, 4096, 1));
  assert.equal(groupFits(4 * 4096, 4096, 0, 4096, 1), false);
  // 121 blocks, the group and its MARK fill a footer of one unit; one block more does not.
  assert.ok(groupFits(200 * 4096, 196 * 4096, 121, 4096, 1));
  assert.equal(groupFits(200 * 4096, 196 * 4096, 122, 4096, 1), false);
});
