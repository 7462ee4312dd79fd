import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import type { FakeServerStream } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { KiB, MiB } from '../limits.ts';

const message = Buffer.alloc(600 * KiB, 'm');
const body = Buffer.from(frameMessage(message));

/** Room for one message of 600 KiB, not for two. */
const tight = { spanCount: 12, largePageCount: 16 };

test('InflationJob inflates four bodies at a time, the others queue and all are accepted', async () => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 16 * 20 });
  const compressed = Buffer.from(frameMessage(gzipSync(message)));
  compressed[0] = 1;
  for (let count = 0; count < 16; count += 1) {
    const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
    stream.send(compressed);
    stream.end();
    assert.ok(harness.decompression.runningCount <= 4);
  }
  assert.equal(harness.decompression.runningCount, 4);
  while (harness.accepted.length < 16) await harness.turn();
  for (const call of [...harness.accepted]) {
    assert.ok(Buffer.from(harness.bodyOf(call)).equals(message));
    harness.finishOldest();
  }
  assert.equal(harness.slabs.reservedBytes, 0);
});

for (const encoding of ['gzip', 'zstd', 'zstd-without-size'] as const) {
  test(`InflationJob gets all ${encoding} messages through an arena that holds two of them`, async () => {
    const harness = new ReceiverHarness({
      spanCount: 12,
      largePageCount: 34,
      landingSizeBytes: 4 * MiB, // nobody pauses these producers
    });
    // Short when compressed, which waits with its body; and long, which is inflated in place.
    const large = Buffer.alloc(MiB, 'large');
    const long = Buffer.concat([randomBytes(500 * KiB), Buffer.alloc(MiB - 500 * KiB)]);
    const bodies = await Promise.all(
      [large, long].map(async (message) => {
        const framed = Buffer.from(frameMessage(await compressed(encoding, message)));
        framed[0] = 1;
        return framed;
      }),
    );
    const streams = Array.from({ length: 64 }, (_, index) => {
      const stream = harness.open({ headers: { 'grpc-encoding': encoding.slice(0, 4) } });
      stream.send(bodies[index % 2]!); // two of them
      stream.end();
      return stream;
    });
    while (streams.some(({ outcome }) => outcome === 'none')) {
      await harness.turn();
      harness.finishOldest();
    }
    for (const { outcome } of streams) assert.equal(outcome, '0');
    assert.equal(harness.slabs.reservedBytes, 0);
    assert.equal(harness.admission.waitingCount, 0);
  });
}

test('InflationJob tells a compressed call that waited too long for its output to come again', async () => {
  const harness = new ReceiverHarness(tight);
  const holder = harness.open();
  holder.send(body.subarray(0, 50));
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  const short = Buffer.from(frameMessage(gzipSync(message)));
  short[0] = 1;
  stream.send(short);
  stream.end();
  assert.equal(harness.admission.waitingCount, 1);
  harness.clock.advance(2_900);
  assert.equal(stream.outcome, 'none');
  harness.clock.advance(200);
  assert.equal(stream.outcome, '14 ADMISSION_TIMEOUT');
  assert.equal(harness.admission.waitingCount, 0);
  holder.close();
  assert.equal(harness.slabs.reservedBytes, 0);
});

function sendCompressed(harness: ReceiverHarness, bytes: Uint8Array): FakeServerStream {
  const framed = Buffer.from(frameMessage(gzipSync(bytes)));
  framed[0] = 1;
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  stream.send(framed);
  stream.end();
  return stream;
}

test('InflationJob tells a call that waited too long for a place to come again', async () => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 16 * 20 });
  const running = Array.from({ length: 4 }, () => sendCompressed(harness, message));
  // One holds memory for its output, the other is inflated where it is.
  const short = sendCompressed(harness, message);
  const reservedBytes = harness.slabs.reservedBytes;
  const long = sendCompressed(harness, randomBytes(300 * KiB));
  assert.ok(harness.slabs.reservedBytes > reservedBytes);
  harness.clock.advance(2_900);
  assert.deepEqual([short.outcome, long.outcome], ['none', 'none']);
  harness.clock.advance(200);
  assert.deepEqual([short.outcome, long.outcome], ['14 ADMISSION_TIMEOUT', '14 ADMISSION_TIMEOUT']);
  assert.ok(
    running.every(({ outcome }) => outcome === 'none'),
    'those in a place go on',
  );
  while (harness.accepted.length < 4) await harness.turn();
  await harness.turn();
  assert.equal(harness.accepted.length, 4, 'nobody else gets a place');
  while (harness.accepted.length > 0) harness.finishOldest();
  assert.equal(harness.isAtRest, true);
});

test('InflationJob waits for memory and for a place no longer than for one of them', async () => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 60 });
  for (let count = 0; count < 4; count += 1) sendCompressed(harness, message);
  const other = harness.slabs.reserve(MiB);
  assert.ok(other !== 0);
  const stream = sendCompressed(harness, message);
  assert.equal(harness.admission.waitingCount, 1);
  harness.clock.advance(2_000);
  harness.slabs.free(other);
  while (harness.admission.waitingCount > 0) await Promise.resolve();
  assert.equal(stream.outcome, 'none');
  harness.clock.advance(1_100);
  assert.equal(stream.outcome, '14 ADMISSION_TIMEOUT');
  while (harness.accepted.length < 4) await harness.turn();
  while (harness.accepted.length > 0) harness.finishOldest();
  assert.equal(harness.isAtRest, true);
});

test('InflationJob gives memory and place back when a producer goes that waits for its output', async () => {
  const harness = new ReceiverHarness(tight);
  const holder = harness.open();
  holder.send(body.subarray(0, 50));
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  const short = Buffer.from(frameMessage(gzipSync(message)));
  short[0] = 1;
  stream.send(short);
  stream.end();
  stream.close();
  holder.close();
  await harness.turn();
  assert.equal(harness.admission.waitingCount, 0);
  assert.equal(harness.decompression.runningCount, 0);
  assert.equal(harness.slabs.reservedBytes, 0);
});

test('InflationJob takes a large slab for a small output rather than wait for a small one', async () => {
  const harness = new ReceiverHarness(tight);
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  const small = Buffer.concat([randomBytes(40 * KiB), Buffer.alloc(60 * KiB)]);
  const short = Buffer.from(frameMessage(gzipSync(small)));
  short[0] = 1;
  stream.send(short);
  const others: number[] = [];
  for (let slab = 1; slab !== 0; slab = harness.slabs.reserve(100 * KiB)) others.push(slab);
  stream.end();
  await harness.turn();
  await harness.settled(stream);
  assert.equal(harness.accepted.length, 1, 'whoever holds a slab waits for large ones only');
  harness.finishOldest();
  for (const slab of others.slice(1)) harness.slabs.free(slab);
  assert.equal(harness.slabs.reservedBytes, 0);
});

test('InflationJob inflates again with the most memory when the body said too little', async () => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 18 });
  // The last member alone is what gzip tells the size of.
  const members = Buffer.concat([gzipSync(message), gzipSync('x')]);
  const lying = Buffer.from(frameMessage(members));
  lying[0] = 1;
  const other = harness.slabs.reserve(300 * KiB); // no room to move to
  const stream = harness.open({ headers: { 'grpc-encoding': 'gzip' } });
  stream.send(lying);
  stream.end();
  while (harness.admission.waitingCount === 0) await harness.turn();
  assert.equal(harness.decompression.runningCount, 0, 'nobody waits in a place');
  harness.slabs.free(other);
  await harness.turn();
  await harness.settled(stream);
  const [call] = harness.accepted;
  assert.ok(call !== undefined && harness.bodyOf(call).length === message.length + 1);
  harness.finishOldest();
  assert.equal(harness.slabs.reservedBytes, 0);
});

async function compressed(
  encoding: 'gzip' | 'zstd' | 'zstd-without-size',
  message: Buffer,
): Promise<Buffer> {
  if (encoding === 'gzip') return gzipSync(message);
  if (encoding === 'zstd') return zstdCompressSync(message, { pledgedSrcSize: message.length });
  const stream = createZstdCompress();
  stream.end(message);
  return await buffer(stream);
}
