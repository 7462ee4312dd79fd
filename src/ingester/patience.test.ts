import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from './patience.ts';

/** When it was over, asked ten times a second; `moves` says whether the line moved before that. */
function overAfterMs(waitMs: number, moves: (afterMs: number) => boolean): number {
  const line = { grantedCount: 0 };
  const patience = new Patience(5_000, waitMs, line);
  for (let afterMs = 100; ; afterMs += 100) {
    if (moves(afterMs)) line.grantedCount += 1;
    if (patience.isOver(5_000 + afterMs)) return afterMs;
  }
}

test('Patience.isOver() in time for a line that stands still, and later for one that moves', () => {
  assert.equal(
    overAfterMs(3_000, () => false),
    3_000,
  );
  assert.equal(
    overAfterMs(3_000, (afterMs) => afterMs < 500),
    3_000,
  );
  assert.equal(
    overAfterMs(3_000, (afterMs) => afterMs <= 2_500),
    3_500,
  );
  assert.equal(
    overAfterMs(3_000, (afterMs) => afterMs % 900 === 0),
    8_100,
  );
  assert.equal(
    overAfterMs(3_000, () => true),
    8_100,
  );
});
