import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconnectDelayMs } from './reconnect-delay.ts';

test('reconnectDelayMs() grows from 1 s by 1.6 to 30 s, plus or minus a fifth', () => {
  assert.deepEqual(
    [1, 2, 3, 40].map((failures) => Math.round(reconnectDelayMs(failures, 0.5))),
    [1_000, 1_600, 2_560, 30_000],
  );
  assert.equal(reconnectDelayMs(1, 0), 800);
  assert.equal(reconnectDelayMs(40, 0), 24_000);
  assert.ok(Math.abs(reconnectDelayMs(40, 1) - 36_000) < 1e-6);
});
