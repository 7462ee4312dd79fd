import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { LearnedSize } from './learned-size.ts';

test('tooLarge() halves the limit for ten minutes, down to a floor', () => {
  const clock = new FakeClock();
  const size = new LearnedSize(clock, 4_000_000);
  assert.equal(size.limitBytes, 4_000_000);
  size.tooLarge(3_000_000);
  assert.equal(size.limitBytes, 1_500_000);
  size.tooLarge(4_000_000);
  assert.equal(size.limitBytes, 1_500_000);
  size.tooLarge(1_000);
  assert.equal(size.limitBytes, 16_384);
  clock.advance(600_000 - 1);
  assert.equal(size.limitBytes, 16_384);
  clock.advance(1);
  assert.equal(size.limitBytes, 4_000_000);
});
