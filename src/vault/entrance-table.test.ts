import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EntranceTable, type LogSegment } from './entrance-table.ts';
import { segmentPath } from './file-names.ts';
import { ReadStatus } from './read-status.ts';
import type { SegmentEntrance } from './segment-entrance.ts';
import { OriginSource } from './segment-table.ts';
import { U64 } from './u64.ts';

const vaultTag = 0xfedc_ba98;
const big = 2 ** 53 - 1_000_000;

/** Every field another number, as large as it can be. */
function entrance(segmentId: number, source: OriginSource): SegmentEntrance {
  return {
    ...{ source, headerStatus: ReadStatus.Damaged, vaultTag, segmentId },
    ...{ epoch: 2 ** 32 - segmentId, salt: new U64().set(2 ** 32 - 1, segmentId) },
    ...{ firstBlockSeq: big + segmentId, firstEntrySeq: big + 10 * segmentId },
    ...{ prevSegmentId: segmentId - 1, prevLastBlock: big - segmentId, prevEntryEnd: big - 2 },
    prevChain: source === OriginSource.Bound ? undefined : new U64().set(segmentId, 2 ** 32 - 2),
  };
}

test('row() gives back what put() and setEnd() were given', () => {
  const table = new EntranceTable(vaultTag);
  for (const source of Object.values(OriginSource)) {
    const given = entrance(5 + source, source);
    table.put(given, 9, big);
    const index = table.indexFrom(given.segmentId);
    table.setEnd(index, big + 3, big + 4, false);
    const expected: LogSegment = {
      ...{ ...given, path: segmentPath(9), fileSizeBytes: big },
      ...{ lastBlockSeq: big + 3, entryEnd: big + 4, isEndExact: false },
    };
    assert.deepEqual(table.row(index), expected);
    table.setVoid(index);
    assert.equal(table.isVoid(index), true);
    assert.deepEqual(table.row(index), expected);
    table.setEnd(index, 1, 2, true);
    assert.equal(table.isVoid(index), false);
    assert.deepEqual(table.end(index), { lastBlockSeq: 1, entryEnd: 2, isEndExact: true });
  }
  assert.equal(table.count, 3);
});

const action = fc.oneof(
  fc.record({ put: fc.integer({ min: 1, max: 300 }), named: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ remove: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ reserve: fc.integer({ min: 0, max: 200 }) }),
);

test('put() and removeFirst() are those of a sorted map, whatever comes in which order', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
      const table = new EntranceTable(vaultTag);
      let model: [segmentId: number, namedId: number][] = [];
      for (const step of actions) {
        if ('put' in step) {
          table.put(entrance(step.put, OriginSource.Header), step.named, 0);
          model = model.filter(([segmentId]) => segmentId !== step.put);
          model.push([step.put, step.named]);
          model.sort(([a], [b]) => a - b);
        } else if ('remove' in step) {
          const count = Math.min(step.remove, model.length);
          table.removeFirst(count);
          model.splice(0, count);
        } else {
          table.reserve(step.reserve);
        }
      }
      const indexes = Array.from({ length: table.count }, (_, index) => index);
      assert.deepEqual(
        indexes.map((index) => [table.segmentId(index), table.namedId(index)]),
        model,
      );
      for (const index of indexes) {
        const { path: _path, fileSizeBytes: _size, ...row } = table.row(index);
        const end = { lastBlockSeq: 0, entryEnd: 0, isEndExact: true };
        assert.deepEqual(row, { ...entrance(row.segmentId, OriginSource.Header), ...end });
      }
      for (let segmentId = 0; segmentId <= 301; segmentId += 1) {
        const first = model.findIndex(([id]) => id >= segmentId);
        assert.equal(table.indexFrom(segmentId), first === -1 ? model.length : first);
      }
    }),
    { numRuns: 100 },
  );
});
