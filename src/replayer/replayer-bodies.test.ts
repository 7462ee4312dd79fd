// What the replay makes of bodies: sent as the protobuf that they hold, or set aside with a reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  jsonRequestOf,
  noisyRequest,
  ReplayLog,
  requestOf,
  upTo,
} from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { text } from '../../test/support/wire-bytes.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';
import { DoneKind, VaultAnswer } from '../vault/hand-over.ts';

const { Gzip, Zstd, Deflate } = EntryCodec;
const { CompressedProtobuf, Json } = EntryKind;

test('step() sends every form of a body as the protobuf that it holds', () => {
  const log = new ReplayLog();
  const bodies = upTo(7).map((n) => requestOf(`record ${n}`));
  log.append([
    { body: bodies[0]! },
    { kind: CompressedProtobuf, codec: Gzip, body: gzipSync(bodies[1]!) },
    { kind: CompressedProtobuf, codec: Zstd, body: zstdCompressSync(bodies[2]!) },
    { kind: CompressedProtobuf, codec: Deflate, body: deflateSync(bodies[3]!) },
    { kind: Json, body: jsonRequestOf('record 4') },
    { kind: Json, codec: Gzip, body: gzipSync(jsonRequestOf('record 5')) },
    { body: bodies[6]! },
  ]);
  log.publish();
  const rig = new ReplayRig({ log });
  rig.step();
  assert.deepEqual(
    rig.out.map(({ sent }) => Buffer.from(sent).toString('latin1')),
    bodies.map((body) => Buffer.from(body).toString('latin1')),
  );
  rig.runOut();
});

test('step() settles a request without records without sending it', () => {
  const log = new ReplayLog();
  log.append([{ body: new Uint8Array(0) }, {}]);
  log.publish();
  const rig = new ReplayRig({ log });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [1]);
  assert.equal(rig.cursors[0]?.slot.delivered, 2);
});

test('step() sets what cannot be decoded aside, as it was received, with the reason', () => {
  const { Malformed, MalformedJson, CorruptBody, TooLarge } = DeadLetterReason;
  const large = Buffer.alloc(20_000, 'x');
  const poison = [
    { body: Uint8Array.of(0x0a, 0x7f), reason: Malformed },
    { kind: Json, body: text('{"resourceLogs":[{'), reason: MalformedJson },
    { kind: Json, body: text('[1]'), reason: MalformedJson },
    { kind: Json, codec: Gzip, body: gzipSync('{"resourceLogs":1}'), reason: MalformedJson },
    { kind: CompressedProtobuf, codec: Gzip, body: text('no gzip'), reason: CorruptBody },
    {
      ...{ kind: CompressedProtobuf, codec: Gzip, reason: CorruptBody },
      body: Buffer.concat([gzipSync(requestOf('a')), Buffer.from('behind')]),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Gzip, reason: CorruptBody },
      body: Buffer.concat([gzipSync(requestOf('a')), Buffer.alloc(3)]),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Deflate, reason: CorruptBody },
      body: Buffer.concat([deflateSync(requestOf('a')), Buffer.from('behind')]),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Zstd, reason: CorruptBody },
      body: Buffer.concat([zstdCompressSync(requestOf('a')), Buffer.from('behind')]),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Zstd, reason: CorruptBody },
      body: zstdCompressSync(requestOf('cut off')).subarray(0, -3),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Zstd, reason: TooLarge },
      body: zstdCompressSync(requestOf(large.toString())),
    },
    {
      ...{ kind: CompressedProtobuf, codec: Gzip, reason: Malformed },
      body: gzipSync(Uint8Array.of(0x0a, 0x7f)),
    },
  ];
  const log = new ReplayLog();
  log.append([{}, ...poison.map(({ reason: _, ...input }) => input), {}]);
  log.publish();
  const rig = new ReplayRig({ log, messageSizeBytesMax: 10_000 });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0, poison.length + 1]);
  const byBody = (body: Uint8Array) => Buffer.from(body).toString('latin1');
  assert.deepEqual(
    rig.buried.map(({ header, body }) => [byBody(body), header.reason, header.originalKind]).sort(),
    poison.map(({ body, reason, kind = 1 }) => [byBody(body), reason, kind]).sort(),
  );
  assert.equal(rig.cursors[0]?.slot.deadLettered, poison.length);
});

test('step() sets aside what a destination refuses, with status and attempts', () => {
  const log = new ReplayLog();
  log.append([{ producer: 77 }, {}, { kind: Json, body: jsonRequestOf('c') }]);
  log.publish();
  const rig = new ReplayRig({ log });
  rig.step();
  rig.answer(rig.out[0]!, DoneKind.Again);
  rig.step();
  rig.nowMs += 100;
  rig.step();
  const again = rig.out.find(({ entrySeq }) => entrySeq === 0)!;
  rig.answer(again, DoneKind.Rejected, 0, 400);
  rig.answer(rig.out.find(({ entrySeq }) => entrySeq === 1)!, DoneKind.Delivered, 1, 0);
  rig.answer(rig.out.find(({ entrySeq }) => entrySeq === 2)!, DoneKind.Rejected, 0, 422);
  rig.runOut();
  const { Rejected, PartlyRejected } = DeadLetterReason;
  const letters = rig.buried.map(({ header, body }) => {
    const { reason, statusCode, attempts, originalKind, producerHash } = header;
    return [
      Buffer.from(body).toString(),
      reason,
      statusCode,
      attempts,
      originalKind,
      producerHash.low,
    ];
  });
  assert.deepEqual(letters, [
    [Buffer.from(requestOf('entry 0')).toString(), Rejected, 400, 2, 1, 77],
    [Buffer.from(requestOf('entry 1')).toString(), PartlyRejected, 0, 1, 1, 0],
    [Buffer.from(jsonRequestOf('c')).toString(), Rejected, 422, 1, 3, 0],
  ]);
  assert.equal(rig.cursors[0]?.slot.deadLettered, 3);
});

test('step() drops nothing when the dead letter is full, and sends nothing until it takes it', () => {
  const log = new ReplayLog();
  log.append([{ body: Uint8Array.of(0xff) }]);
  log.append([{}]);
  log.publish();
  const rig = new ReplayRig({ log, consumerCount: 2 });
  rig.step();
  for (const out of [...rig.out]) rig.answer(out, DoneKind.Again);
  rig.answerLetter(rig.letters[0]!, VaultAnswer.Full);
  rig.answerLetter(rig.letters[0]!, VaultAnswer.Acked);
  rig.step();
  rig.nowMs += 500;
  rig.step();
  assert.deepEqual(
    rig.out.map(({ consumer }) => consumer),
    [1],
  );
  const status = rig.command({ kind: 'status' });
  assert.ok(status?.kind === 'status');
  assert.deepEqual(
    status.status.consumers.map(({ deadLetterFull }) => deadLetterFull),
    [true, false],
  );
  rig.nowMs += 1_000;
  rig.runOut();
  assert.deepEqual(
    rig.cursors.map(({ slot }) => slot.deadLettered),
    [1, 1],
  );
});

test('step() sends the largest entry from a room of its size, compressed to almost as much', () => {
  const roomSizeBytes = 64 * 1024;
  const sizeBytes = roomSizeBytes - 72;
  const noise = Array.from({ length: 3 }, (_, n) => noisyRequest(sizeBytes - 200, n));
  const log = new ReplayLog();
  log.append([{}, {}]);
  for (const body of noise) {
    log.append([{ kind: CompressedProtobuf, codec: Gzip, body: gzipSync(body) }]);
    log.append([{}]);
  }
  log.append([
    { kind: CompressedProtobuf, codec: Gzip, body: gzipSync(requestOf('0'.repeat(60_000))) },
    {},
    {},
  ]);
  log.publish();
  const rig = new ReplayRig({ log, roomSizeBytes, messageSizeBytesMax: sizeBytes });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), upTo(log.endSeq));
});

test('step() leaves what no room can hold in the vault, and goes on behind it', () => {
  const log = new ReplayLog();
  log.append([{}]);
  log.append([{ body: noisyRequest(70_000, 1) }]);
  log.append([{}]);
  log.publish();
  const rig = new ReplayRig({ log });
  rig.runOut(false);
  assert.deepEqual(rig.handedTo(0), [0, 2]);
  assert.deepEqual(rig.tooLarge, [1]);
  assert.deepEqual([rig.cursors[0]?.watermark, rig.cursors[0]?.settledCount], [1, 2]);
});
