import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { KiB } from '../limits.ts';
import { Transport } from '../memory/transport-counters.ts';

const message = Buffer.alloc(600 * KiB, 'm');

/** Little memory. */
const tight = { spanCount: 12, largePageCount: 16 };

test('a call says when it was whole, if it waited for memory after that', async () => {
  const harness = new ReceiverHarness(tight);
  const small = Buffer.from(frameMessage(Buffer.alloc(30 * KiB, 's')));
  // Nobody takes these away, until the one that finds no memory has come.
  while (harness.admission.waitingCount === 0) {
    const stream = harness.open();
    stream.send(small);
    stream.end();
  }
  const wholeMs = harness.clock.nowMs();
  const before = harness.accepted.length;
  assert.equal(harness.accepted[0]?.wholeMs, undefined, 'accepted as it came');
  harness.clock.advance(250);
  harness.finishOldest();
  await harness.turn();
  assert.equal(harness.accepted.length, before, 'one went and one came');
  assert.equal(harness.accepted.at(-1)?.wholeMs, wholeMs, 'not when there was memory');
  assert.equal(harness.accepted.at(-1)?.transport, Transport.Grpc);
});

test('a call says when it was whole, if it had to be decompressed after that', async () => {
  const harness = new ReceiverHarness();
  const compressed = Buffer.from(frameMessage(gzipSync(message)));
  compressed[0] = 1;
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  stream.send(compressed);
  stream.end();
  const wholeMs = harness.clock.nowMs();
  harness.clock.advance(5);
  while (harness.accepted.length === 0) await harness.turn();
  assert.equal(harness.accepted[0]?.wholeMs, wholeMs);
});

test('a call of JSON says when it was whole, and by which port it came', () => {
  const harness = new ReceiverHarness();
  const text = Buffer.from('{"resourceLogs":[]}');
  const headers = { 'content-type': 'application/json', 'content-length': `${text.length}` };
  const stream = harness.openHttp({ headers });
  stream.send(text);
  stream.end();
  assert.equal(harness.accepted[0]?.wholeMs, harness.clock.nowMs());
  assert.equal(harness.accepted[0]?.transport, Transport.Http);
});
