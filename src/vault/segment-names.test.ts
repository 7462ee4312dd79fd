import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileType } from './block-file.ts';
import { segmentPath } from './file-names.ts';
import { SegmentNames } from './segment-names.ts';
import { nameOf } from './vault-path.ts';

function file(segmentId: number, sizeBytes = 0) {
  return { name: nameOf(segmentPath(segmentId)), type: FileType.File, sizeBytes };
}

test('add() takes files with the name of a segment alone, and sort() puts them in order', () => {
  const names = new SegmentNames();
  // 37 has no divisor in common with 1,000: each once, out of order.
  for (let n = 0; n < 1_000; n += 1) {
    const segmentId = 1 + ((n * 37) % 1_000) * 3;
    assert.equal(names.add(file(segmentId, 4_096 * segmentId)), true);
  }
  assert.equal(names.add({ ...file(5_000), type: FileType.Directory }), false);
  assert.equal(names.add({ ...file(5_000), name: 'next.spare' }), false);
  assert.equal(names.add({ ...file(5_000), name: '0000000000000000.vlt' }), false);
  names.sort();
  assert.equal(names.count, 1_000);
  for (let index = 0; index < names.count; index += 1) {
    assert.equal(names.segmentId(index), 1 + 3 * index);
    assert.equal(names.sizeBytes(index), 4_096 * (1 + 3 * index));
  }
  for (const segmentId of [1, 4, 2_998]) {
    assert.equal(names.has(segmentId), (segmentId - 1) % 3 === 0, String(segmentId));
    assert.equal(names.has(segmentId + 1), false);
  }
  assert.equal(names.has(2_999), false);
  names.release();
  assert.equal(names.count, 0);
  assert.equal(names.add(file(3)), true);
  assert.equal(names.segmentId(0), 3);
});

test('sort() keeps numbers above 2^32 apart', () => {
  const names = new SegmentNames();
  const ids = [2 ** 53 - 1, 2 ** 32, 7, 2 ** 40 + 1, 2 ** 32 + 7];
  for (const segmentId of ids) names.add(file(segmentId));
  names.sort();
  const sorted = ids.map((_, index) => names.segmentId(index));
  assert.deepEqual(
    sorted,
    ids.toSorted((a, b) => a - b),
  );
});

test('an empty folder has no names', () => {
  const names = new SegmentNames();
  names.sort();
  assert.equal(names.count, 0);
  assert.equal(names.has(1), false);
});
