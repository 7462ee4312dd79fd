import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { ReceivedMarks } from './received-marks.ts';

test('at() is the time of the last mark at or before the entry, 0 before the first', () => {
  const marks = new ReceivedMarks();
  assert.equal(marks.at(5), 0);
  marks.add(10, 50_000);
  marks.add(20, 50_999); // too near to be one
  marks.add(30, 51_000);
  assert.deepEqual(
    [9, 10, 29, 30, 1_000].map((seq) => marks.at(seq)),
    [...[0, 50_000, 50_000, 51_000, 51_000]],
  );
});

test('add() makes no mark while a clock that was set back has not caught up', () => {
  const marks = new ReceivedMarks();
  marks.add(1, 50_000);
  marks.add(2, 10_000);
  marks.add(3, 51_000);
  assert.deepEqual([marks.at(2), marks.at(3)], [50_000, 51_000]);
});

test('ReceivedMarks stays in its memory, and is right to a share of what it spans', (context) => {
  const steps = fc.array(
    fc.record({
      entries: fc.integer({ min: 1, max: 50 }),
      ms: fc.integer({ min: 0, max: 5_000 }),
      forgets: fc.boolean(),
    }),
    { minLength: 1, maxLength: 300 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const marksMax = 16;
      const marks = new ReceivedMarks(marksMax);
      const groups: { entrySeq: number; wallMs: number }[] = [];
      let [entrySeq, wallMs, oldest] = [0, 1_000_000, 0];
      for (const step of all) {
        marks.add(entrySeq, wallMs);
        groups.push({ entrySeq, wallMs });
        entrySeq += step.entries;
        wallMs += step.ms;
        if (step.forgets) {
          oldest += Math.floor((groups.length - oldest) / 3);
          marks.forgetBelow(groups[oldest]!.entrySeq); // inside
        }
        assert.ok(marks.count <= marksMax);
        const waiting = groups.slice(oldest);
        const spanMs = wallMs - groups[0]!.wallMs; // there is one
        for (const group of waiting) {
          const found = marks.at(group.entrySeq);
          assert.ok(found > 0 && found <= group.wallMs, 'not younger than it is');
          const errorMsMax = 1_000 + 5_000 + (4 * spanMs) / marksMax;
          assert.ok(group.wallMs - found <= errorMsMax, `${group.wallMs - found} ms of ${spanMs}`);
        }
      }
    }),
    { numRuns: 200, seed: testSeed(context) },
  );
});
