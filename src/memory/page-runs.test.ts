import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { PageRuns } from './page-runs.ts';

function pageRuns(pageCount: number) {
  const tables = { runs: new Int32Array(pageCount), owners: new Int32Array(pageCount) };
  const runs = new PageRuns(tables);
  runs.clear();
  return { runs, table: tables.runs };
}

/** Runs follow each other from the first page to the last, and between their starts all is 0. */
function checkTable(table: Int32Array): void {
  let page = 0;
  while (page < table.length) {
    const length = Math.abs(table[page] ?? 0);
    assert.ok(length > 0, 'a run without length');
    assert.ok(table.subarray(page + 1, page + length).every((word) => word === 0));
    page += length;
  }
  assert.equal(page, table.length, 'the last run reaches beyond the table');
}

test('PageRuns keeps the table whole whatever is taken and released', (context) => {
  const seed = testSeed(context);
  const steps = fc.array(fc.integer({ min: -40, max: 12 }), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(steps, (run) => {
      const { runs, table } = pageRuns(30);
      const taken: number[] = [];
      for (const step of run) {
        if (step > 0) {
          const page = runs.take(step, step);
          if (page !== -1) assert.equal(runs.owner(page), step);
          if (page !== -1) taken.push(page);
        } else if (step < -20 && taken.length > 0) {
          const page = taken[-step % taken.length]!; // not empty
          const pageCount = runs.pageCount(page);
          const keptCount = 1 + (-step % pageCount);
          assert.equal(runs.shrink(page, keptCount), pageCount - keptCount);
          assert.equal(runs.pageCount(page), keptCount);
        } else if (taken.length > 0) {
          runs.release(taken.splice(-step % taken.length, 1)[0]!); // not empty
        }
        checkTable(table);
      }
      for (const page of taken) runs.release(page);
      assert.equal(runs.take(30, 0), 0, 'all pages are one run again');
    }),
    { seed, numRuns: 200 },
  );
});

test('shrink() to nothing, to more than there is or of what is free is our bug', () => {
  const { runs } = pageRuns(10);
  const page = runs.take(4, 0);
  for (const wrong of [0, -1, 5]) {
    assert.throws(() => runs.shrink(page, wrong), { name: 'AssertionFailed' });
  }
  assert.equal(runs.shrink(page, 4), 0);
  assert.equal(runs.shrink(page, 1), 3);
  for (const wrong of [page + 1, page + 3]) {
    assert.throws(() => runs.shrink(wrong, 1), { name: 'AssertionFailed' });
  }
});

test('release() of a free page, of the middle of a run or of no page is our bug', () => {
  const { runs } = pageRuns(10);
  const page = runs.take(4, 0);
  for (const wrong of [page + 1, page + 4, 10, -1]) {
    assert.throws(() => runs.release(wrong), { name: 'AssertionFailed' });
  }
  assert.equal(runs.release(page), 4);
  assert.throws(() => runs.release(page), { name: 'AssertionFailed' });
});
