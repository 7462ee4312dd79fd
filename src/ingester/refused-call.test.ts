import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { KiB } from '../limits.ts';

const unknown = { path: '/v1/traces' };

test('RefusedCall answers when the request has ended', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open(unknown);
  stream.send(Buffer.alloc(100));
  assert.equal(stream.outcome, 'none');
  stream.end();
  assert.equal(stream.outcome, '12 METHOD_UNKNOWN');
  assert.equal(harness.watch.size, 0);
});

test('RefusedCall answers a request that goes on before its credit ends', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open(unknown);
  for (let count = 0; count < 3; count += 1) stream.send(Buffer.alloc(4 * KiB));
  stream.send(Buffer.alloc(4 * KiB - 1));
  assert.equal(stream.outcome, 'none');
  stream.send(Buffer.alloc(1));
  assert.equal(stream.outcome, '12 METHOD_UNKNOWN');
});

test('RefusedCall answers a request that stops, after about a second', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open(unknown);
  harness.clock.advance(900);
  assert.equal(stream.outcome, 'none');
  harness.clock.advance(300);
  assert.equal(stream.outcome, '12 METHOD_UNKNOWN');
});

for (const [what, headers] of [
  ['waits for 100 Continue', { expect: '100-continue' }],
  ['has a long body', { 'content-length': String(33 * KiB) }],
] as const) {
  test(`RefusedCall answers at once whoever ${what}`, () => {
    const harness = new ReceiverHarness();
    assert.equal(harness.openHttp({ ...unknown, headers }).outcome, 'http 404');
    assert.equal(harness.watch.size, 0);
  });
}

test('RefusedCall answers nobody when the stream is gone', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open(unknown);
  stream.close();
  harness.clock.advance(2_000);
  assert.equal(stream.outcome, 'none');
  assert.equal(harness.watch.size, 0);
});
