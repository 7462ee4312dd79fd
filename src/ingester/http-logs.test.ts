import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { freeCreditBytes } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { decodeStatus } from '../grpc/retry-info.ts';
import { KiB, MiB } from '../limits.ts';

const message = randomBytes(700 * KiB);
const json = 'application/json';
const typed = (type: string) => ({ 'content-type': type });
const sized = (sizeBytes: number) => ({ headers: { 'content-length': String(sizeBytes) } });

/** Room for one message of 700 KiB, not for two. */
const tight = { spanCount: 12, largePageCount: 17 };

test('HttpLogsCall has the memory for a body of known length before its first byte', () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.openHttp(sized(700 * KiB));
  assert.deepEqual(stream.expectations, [700 * KiB]);
  stream.send(message);
  stream.end();
  assert.deepEqual(stream.expectations, [700 * KiB]);
  harness.finishOldest();
  assert.equal(stream.outcome, 'http 200');
  const empty = harness.openHttp(sized(0));
  assert.deepEqual(empty.expectations, [0]);
  empty.end();
  harness.finishOldest();
  assert.equal(empty.outcome, 'http 200');
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall expects a body of known length when its wait for memory is over', async () => {
  const harness = new ReceiverHarness(tight);
  const holder = harness.openHttp(sized(MiB));
  const waiter = harness.openHttp(sized(700 * KiB));
  assert.deepEqual(waiter.expectations, []);
  waiter.send(message);
  waiter.end();
  assert.equal(waiter.heldBytes, freeCreditBytes);
  holder.close();
  await harness.turn();
  assert.deepEqual(waiter.expectations, [700 * KiB - freeCreditBytes]);
  assert.ok(message.equals(harness.bodyOf(harness.accepted[0]!)));
  harness.finishOldest();
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall lets a body of unknown length grow, and gives back what it does not need', () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.openHttp();
  assert.deepEqual(stream.expectations, [16 * KiB + 1]);
  const reserved = [harness.slabs.reservedBytes];
  for (let at = 0; at < message.length; at += 10_000) {
    stream.send(message.subarray(at, at + 10_000));
    if (harness.slabs.reservedBytes !== reserved.at(-1)) reserved.push(harness.slabs.reservedBytes);
  }
  assert.equal(reserved.length, 3, 'short, small, longest');
  assert.equal(stream.expectations.length, 3);
  assert.equal(stream.expectedBytes, MiB - message.length + 1);
  stream.end();
  assert.ok(message.equals(harness.bodyOf(harness.accepted[0]!)));
  assert.ok(harness.slabs.reservedBytes < 770 * KiB, `${harness.slabs.reservedBytes} bytes`);
  harness.finishOldest();
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall waits for its longest slab with a small one, and goes on where it was', async () => {
  for (const encoding of ['identity', 'gzip']) {
    const harness = new ReceiverHarness(tight);
    const holder = harness.openHttp(sized(MiB));
    const waiter = harness.openHttp({ headers: { 'content-encoding': encoding } });
    waiter.send(encoding === 'gzip' ? gzipSync(message) : message);
    waiter.end();
    assert.equal(waiter.outcome, 'none');
    assert.equal(harness.admission.waitingCount, 1);
    assert.equal(waiter.isSent, false, 'it has no credit');
    holder.close();
    await harness.turn();
    assert.equal(waiter.isSent, true);
    await harness.settled(waiter);
    assert.ok(message.equals(harness.bodyOf(harness.accepted[0]!)), encoding);
    harness.finishOldest();
    assert.equal(harness.isAtRest, true);
  }
});

test('HttpLogsCall asks for more when more has landed than its first slab can hold', async () => {
  const harness = new ReceiverHarness(tight);
  const taken = [MiB, 256 * KiB, 128 * KiB, 16 * KiB, 1].flatMap((sizeBytes) =>
    takeAll(harness, sizeBytes),
  );
  const stream = harness.openHttp();
  stream.send(message.subarray(0, 60 * KiB));
  stream.end();
  assert.equal(stream.heldBytes, 60 * KiB);
  const [large, ...small] = taken;
  for (const slab of small) harness.slabs.free(slab);
  await harness.turn();
  assert.deepEqual(stream.expectations, [0], 'it has ended, and holds nothing any more');
  assert.ok(message.subarray(0, 60 * KiB).equals(harness.bodyOf(harness.accepted[0]!)));
  harness.finishOldest();
  harness.slabs.free(large!); // MiB was reserved
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall inflates a short body that is in the only large slab without asking for more', async () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.openHttp({ headers: { 'content-encoding': 'gzip' } });
  const taken = takeAll(harness, 256 * KiB);
  const inflated = Buffer.concat([message.subarray(0, 60 * KiB), Buffer.alloc(900 * KiB)]);
  stream.send(gzipSync(inflated));
  stream.end();
  assert.equal(harness.slabs.reserve(300 * KiB), 0);
  assert.equal(harness.admission.waitingCount, 0);
  await harness.settled(stream);
  assert.ok(inflated.equals(harness.bodyOf(harness.accepted[0]!)));
  harness.finishOldest();
  for (const slab of taken) harness.slabs.free(slab);
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall ends a body of unknown length that gets longer than the limit', () => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 34 });
  const stream = harness.openHttp();
  stream.send(Buffer.alloc(MiB));
  assert.equal(stream.outcome, 'none');
  assert.equal(stream.isSent, true);
  stream.send(Buffer.of(1));
  assert.equal(stream.outcome, 'http 413');
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall keeps of JSON only what its protobuf needs', () => {
  const harness = new ReceiverHarness({}, 2 * MiB, { jsonBodySizeBytesMax: MiB });
  const spaces = ' '.repeat(600 * KiB);
  const text = Buffer.from(`{${spaces}"resourceLogs":[{"schemaUrl":"x"}]}`);
  const type = { 'content-type': 'application/json' };
  const stream = harness.openHttp({ headers: { ...type, 'content-length': String(text.length) } });
  stream.send(text);
  assert.ok(harness.slabs.reservedBytes > 600 * KiB);
  stream.end();
  const [call] = harness.accepted;
  assert.deepEqual(Buffer.from(harness.bodyOf(call!)), Buffer.from([0x0a, 3, 0x1a, 1, 0x78]));
  assert.equal(harness.slabs.reservedBytes, 64 * KiB);
  harness.finishOldest();
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall is refused over the limit by its content length alone', () => {
  const harness = new ReceiverHarness();
  const stream = harness.openHttp({ headers: { 'content-length': String(MiB + 1) } });
  assert.equal(stream.outcome, 'http 413');
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall says Retry-After in whole seconds and RetryInfo when it is worth a retry', () => {
  const harness = new ReceiverHarness();
  const draining = (type: string) => harness.openHttp({ headers: typed(type) });
  const stalled = harness.openHttp({ headers: { 'content-length': '10' } });
  harness.clock.advance(10_200);
  assert.equal(stalled.outcome, 'http 503');
  assert.equal(stalled.answer?.fields['retry-after'], '1');
  const opened = harness.openHttp();
  harness.httpReceiver.stopAccepting();
  const refused = draining('application/x-protobuf');
  assert.equal(refused.outcome, 'http 503');
  assert.equal(decodeStatus(refused.answer?.body ?? Buffer.of())?.retryDelayMs, 1_000);
  assert.equal(refused.answer?.fields['retry-after'], '1');
  const inJson = draining(json);
  assert.match(String(Buffer.from(inJson.answer?.body ?? [])), /"retryDelay":"1s"/);
  harness.watch.giveUp();
  assert.equal(opened.outcome, 'http 503');
  assert.equal(harness.isAtRest, true);
});

test('HttpLogsCall answers partial success and errors of the engine in the type of the request', () => {
  const harness = new ReceiverHarness();
  const answered = (type: string, body: string) => {
    const stream = harness.openHttp({ headers: typed(type) });
    stream.send(Buffer.from(body));
    stream.end();
    const call = harness.accepted.shift();
    assert.ok(call !== undefined);
    harness.slabs.free(call.slab);
    return { stream, call };
  };
  const partial = answered(json, '{}');
  partial.call.answer({ kind: 'ok', rejectedRecords: 3, message: 'too old' });
  assert.equal(partial.stream.outcome, 'http 200');
  assert.equal(
    String(partial.stream.answer?.body),
    '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}',
  );
  const binary = answered('application/x-protobuf', 'x');
  binary.call.answer({ kind: 'ok', rejectedRecords: 3, message: '' });
  assert.deepEqual(Buffer.from(binary.stream.answer?.body ?? []), Buffer.of(0x0a, 2, 8, 3));
  const full = answered('application/x-protobuf', 'x');
  full.call.answer({ kind: 'error', code: 'QUEUE_FULL', message: '', retryDelayMs: 2_100 });
  assert.equal(full.stream.outcome, 'http 503');
  assert.equal(full.stream.answer?.fields['retry-after'], '3');
});

function takeAll(harness: ReceiverHarness, sizeBytes: number): number[] {
  const taken: number[] = [];
  for (;;) {
    const slab = harness.slabs.reserve(sizeBytes);
    if (slab === 0) return taken;
    taken.push(slab);
  }
}
