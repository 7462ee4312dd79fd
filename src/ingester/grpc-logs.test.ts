import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { freeCreditBytes } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { decodeStatusDetailsHeader } from '../grpc/retry-info.ts';
import { KiB } from '../limits.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { waitingCallsMax } from './admission.ts';

const message = Buffer.alloc(600 * KiB, 'm');
const body = Buffer.from(frameMessage(message));

/** Room for one message of 600 KiB, not for two. */
const tight = { spanCount: 12, largePageCount: 16 };

test('GrpcLogsCall waits for a slab, lands what arrives on free credit, and goes on', async () => {
  const harness = new ReceiverHarness(tight);
  const first = harness.open();
  first.send(body);
  first.end();
  const second = harness.open();
  second.send(body.subarray(0, 3));
  assert.equal(second.heldBytes, 0);
  second.send(body.subarray(3, 100));
  assert.equal(second.heldBytes, 95, 'without the prefix');
  second.send(body.subarray(100));
  second.end();
  assert.equal(second.creditBytes, 0);
  assert.equal(harness.accepted.length, 1);
  assert.deepEqual(second.expectations, []);

  harness.finishOldest();
  await harness.turn();
  assert.deepEqual(second.expectations, [message.length - freeCreditBytes]);
  assert.equal(harness.accepted.length, 1);
  assert.deepEqual(Buffer.from(harness.bodyOf(harness.accepted[0]!)), message);
  harness.finishOldest();
  assert.equal(second.outcome, '0');
  assert.equal(harness.isAtRest, true);
});

test('GrpcLogsCall tells a call that waited too long to come again, and the next one works', async () => {
  const harness = new ReceiverHarness(tight);
  harness.open().send(body.subarray(0, 50));
  const patient = harness.open();
  const hurried = harness.open({ headers: { 'grpc-timeout': '1500m' } });
  patient.send(body.subarray(0, 50));
  hurried.send(body.subarray(0, 50));

  harness.clock.advance(400);
  assert.equal(hurried.outcome, 'none');
  harness.clock.advance(200);
  assert.equal(hurried.outcome, '14 ADMISSION_TIMEOUT'); // a third of its own timeout
  harness.clock.advance(2_300);
  assert.equal(patient.outcome, 'none');
  harness.clock.advance(200);
  assert.equal(patient.outcome, '14 ADMISSION_TIMEOUT');
  const details = decodeStatusDetailsHeader(
    patient.answer?.fields['grpc-status-details-bin'] ?? '',
  );
  assert.ok(details?.retryDelayMs !== undefined && details.retryDelayMs >= 400);
  assert.equal(harness.admission.waitingCount, 0);
});

test('GrpcLogsCall lets only so many calls wait', () => {
  const harness = new ReceiverHarness(tight);
  const prefix = body.subarray(0, 5); // which nobody keeps
  harness.open().send(prefix);
  for (let count = 0; count < waitingCallsMax; count += 1) harness.open().send(prefix);
  const oneMore = harness.open();
  oneMore.send(prefix);
  assert.equal(oneMore.outcome, '14 ADMISSION_TIMEOUT');
  assert.equal(harness.admission.waitingCount, waitingCallsMax);
});

test('GrpcLogsCall tells a call to come again when there is no room for what arrives', () => {
  const harness = new ReceiverHarness({ ...tight, landingSizeBytes: 64 * KiB });
  harness.open().send(body.subarray(0, 50));
  const landed = harness.open();
  landed.send(body.subarray(0, 60 * KiB));
  assert.equal(landed.heldBytes, 60 * KiB - 5);
  const late = harness.open();
  late.send(body.subarray(0, 5_000));
  assert.equal(late.outcome, '14 ADMISSION_TIMEOUT');
  assert.equal(landed.outcome, 'none');
  landed.close();
  assert.equal(harness.landing.freeBytes, harness.landing.sizeBytes);
});

test('GrpcLogsCall frees the slab of a producer that stalls, wherever it stops', () => {
  for (const sentBytes of [0, 2, 5, 6, body.length - 1, body.length]) {
    const harness = new ReceiverHarness(tight);
    const stream = harness.open();
    if (sentBytes > 0) stream.send(body.subarray(0, sentBytes));
    harness.clock.advance(9_800);
    assert.equal(stream.outcome, 'none', `${sentBytes} bytes`);
    harness.clock.advance(400);
    assert.equal(stream.outcome, '4 PRODUCER_STALLED', `${sentBytes} bytes`);
    assert.equal(harness.page.sumAbuse(ConnectionAbuse.SlowSender), 1);
    assert.equal(harness.slabs.reservedBytes, 0);
    assert.equal(harness.watch.size, 0);
  }
});

test('GrpcLogsCall ends a producer that only trickles', () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.open();
  stream.send(body.subarray(0, 100));
  for (let second = 0; second < 31; second += 1) {
    stream.send(body.subarray(100 + second * 900, 100 + (second + 1) * 900));
    harness.clock.advance(1_000);
  }
  assert.equal(stream.outcome, '4 PRODUCER_STALLED');
  assert.equal(harness.slabs.reservedBytes, 0);
});

test('GrpcLogsCall leaves a slow producer alone that is fast enough', () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.open();
  for (let second = 0; second < 200; second += 1) {
    stream.send(body.subarray(second * 1_100, (second + 1) * 1_100));
    harness.clock.advance(1_000);
  }
  assert.equal(stream.outcome, 'none');
});

test('GrpcLogsCall is no stall before its first byte while its connection sends other messages', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open();
  for (let second = 0; second < 30; second += 1) {
    stream.connectionBytes += 10_000;
    harness.clock.advance(1_000);
  }
  assert.equal(stream.outcome, 'none');
  harness.clock.advance(9_000);
  assert.equal(stream.outcome, 'none');
  harness.clock.advance(1_200);
  assert.equal(stream.outcome, '4 PRODUCER_STALLED');
  assert.equal(harness.watch.size, 0);
});

test('GrpcLogsCall does not count the time in which it was not ready to read as a stall', async () => {
  const harness = new ReceiverHarness(tight);
  const first = harness.open();
  first.send(body);
  first.end();
  const second = harness.open();
  second.send(body.subarray(0, 50));
  harness.clock.advance(2_500);
  harness.finishOldest();
  await harness.turn();
  harness.clock.advance(9_500);
  assert.equal(second.outcome, 'none');
  harness.clock.advance(700);
  assert.equal(second.outcome, '4 PRODUCER_STALLED');
});

test('GrpcLogsCall enforces grpc-timeout until the engine has the call, and hands it over then', () => {
  const harness = new ReceiverHarness(tight);
  const late = harness.open({ headers: { 'grpc-timeout': '2S' } });
  late.send(body.subarray(0, 50));
  harness.clock.advance(2_200);
  assert.equal(late.outcome, '4 DEADLINE');
  assert.equal(harness.slabs.reservedBytes, 0);

  const openedMs = harness.clock.nowMs();
  const inTime = harness.open({ headers: { 'grpc-timeout': '2S' } });
  inTime.send(body);
  inTime.end();
  assert.equal(harness.accepted[0]?.deadlineMs, openedMs + 2_000);
  harness.clock.advance(5_000);
  assert.equal(inTime.outcome, 'none'); // the engine's business
});

test('GrpcLogsCall frees what it holds when the producer goes, in every phase', async () => {
  const compressed = Buffer.from(frameMessage(gzipSync(message)));
  compressed[0] = 1;
  const gzip = { headers: { 'grpc-encoding': 'gzip' } };
  const phases: ((harness: ReceiverHarness) => void)[] = [
    (harness) => harness.open().close(),
    (harness) => {
      const stream = harness.open();
      stream.send(body.subarray(0, 4));
      stream.close();
    },
    (harness) => {
      const stream = harness.open();
      stream.send(body.subarray(0, 400));
      stream.close();
    },
    (harness) => {
      const stream = harness.open(gzip);
      stream.send(compressed);
      stream.end();
      assert.equal(harness.decompression.runningCount, 1);
      stream.close();
    },
    (harness) => {
      const holder = harness.open();
      holder.send(body.subarray(0, 400));
      const waiter = harness.open();
      waiter.send(body.subarray(0, 400));
      assert.equal(harness.admission.waitingCount, 1);
      waiter.close();
      holder.close();
    },
  ];
  for (const phase of phases) {
    const harness = new ReceiverHarness(tight);
    phase(harness);
    await harness.turn();
    assert.equal(harness.slabs.reservedBytes, 0);
    assert.equal(harness.watch.size, 0);
    assert.equal(harness.admission.waitingCount, 0);
    assert.equal(harness.decompression.runningCount, 0);
    assert.equal(harness.accepted.length, 0);
  }
});

test('GrpcLogsCall tells the engine once that the producer has gone, and drops its answer', () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.open();
  stream.send(body);
  stream.end();
  const [call] = harness.accepted;
  assert.ok(call !== undefined);
  let goneCount = 0;
  call.onGone = () => {
    goneCount += 1;
  };
  stream.close();
  assert.equal(goneCount, 1);
  assert.notEqual(harness.slabs.reservedBytes, 0, "the slab is the engine's");
  harness.finishOldest();
  assert.equal(stream.answers.length, 0);

  const answered = harness.open();
  answered.send(body);
  answered.end();
  const [second] = harness.accepted;
  assert.ok(second !== undefined);
  second.onGone = () => assert.fail('gone after its answer');
  harness.finishOldest();
  answered.close();
  assert.equal(answered.outcome, '0');
});

test('GrpcLogsCall is answered DRAINING when the drain ends before it is complete', () => {
  const harness = new ReceiverHarness(tight);
  const reading = harness.open();
  reading.send(body.subarray(0, 50));
  const accepted = harness.open();
  accepted.send(frameMessage(Buffer.from('small')));
  accepted.end();
  harness.receiver.stopAccepting();
  assert.equal(harness.open().outcome, '14 DRAINING');
  assert.equal(reading.outcome, 'none');
  harness.watch.giveUp();
  assert.equal(reading.outcome, '14 DRAINING');
  assert.equal(accepted.outcome, 'none');
  harness.finishOldest();
  assert.equal(harness.slabs.reservedBytes, 0);
});

test('GrpcLogsCall answers partial success and errors of the engine', () => {
  const harness = new ReceiverHarness(tight);
  const open = () => {
    const stream = harness.open();
    stream.send(frameMessage(Buffer.from('small')));
    stream.end();
    return stream;
  };
  const partial = open();
  harness.accepted.shift()?.answer({ kind: 'ok', rejectedRecords: 3, message: 'too old' });
  assert.equal(partial.outcome, '0');
  assert.deepEqual(
    Buffer.from(partial.answer?.body ?? []),
    Buffer.from([0, 0, 0, 0, 13, 0x0a, 11, 0x08, 3, 0x12, 7, ...Buffer.from('too old')]),
  );
  const refused = open();
  harness.accepted.shift()?.answer({
    kind: 'error',
    code: 'QUEUE_FULL',
    message: 'full € 100 %',
    retryDelayMs: 2_000,
  });
  assert.equal(refused.outcome, '14 QUEUE_FULL');
  assert.equal(refused.answer?.fields['grpc-message'], 'QUEUE_FULL: full %E2%82%AC 100 %25');
  const details = decodeStatusDetailsHeader(
    refused.answer?.fields['grpc-status-details-bin'] ?? '',
  );
  assert.equal(details?.retryDelayMs, 2_000);
});
