import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySocket } from '../../test/support/memory-socket.ts';
import { RawFrameReader } from '../../test/support/raw-frames.ts';
import { ConnectionOutput, OutputTurn } from './connection-output.ts';
import { FieldBlock } from './field-block.ts';
import { FrameType, Setting } from './frame-format.ts';
import { OutputBuffers } from './output-buffers.ts';

function rig() {
  const flushes: (() => void)[] = [];
  const turn = new OutputTurn((flush) => flushes.push(flush));
  const socket = new MemorySocket();
  const buffers = new OutputBuffers();
  const wrote = { count: 0 };
  const output = new ConnectionOutput(socket, buffers, turn, () => {
    wrote.count += 1;
  });
  return { flushes, turn, socket, buffers, output, wrote };
}

test('what is appended in one turn goes out in one write, of all connections', () => {
  const { flushes, output, socket, turn, buffers } = rig();
  const other = new MemorySocket();
  const second = new ConnectionOutput(other, buffers, turn, () => {});
  output.writer.ping();
  output.touch();
  output.writer.ping();
  output.touch();
  second.writer.ping();
  second.touch();
  assert.equal(flushes.length, 1);
  flushes[0]?.();
  assert.deepEqual([socket.take().length, other.take().length], [34, 17]);
  assert.equal(output.unreadSizeBytes, 34, 'until the socket has called back');
  socket.drain();
  assert.equal(output.unreadSizeBytes, 0);
});

test('one write is under way at a time, and what comes meanwhile follows it', () => {
  const { flushes, output, socket, wrote } = rig();
  output.writer.ping();
  output.touch();
  flushes[0]?.();
  output.writer.ping();
  output.touch();
  flushes[1]?.();
  assert.equal(socket.take().length, 17);
  assert.equal(output.unreadSizeBytes, 34);
  socket.drain();
  assert.deepEqual([socket.take().length, wrote.count], [17, 1]);
  socket.drain();
  assert.equal(output.unreadSizeBytes, 0);
});

test('end() ends the socket behind what was written, and nothing is written after it', () => {
  const { flushes, output, socket } = rig();
  let endedCount = 0;
  output.writer.ping();
  output.end(() => {
    endedCount += 1;
  });
  assert.deepEqual([socket.take().length, socket.isEnded], [17, false]);
  output.writer.ping();
  output.touch();
  socket.drain();
  assert.deepEqual([socket.take().length, socket.isEnded, endedCount], [17, false, 0]);
  socket.drain();
  assert.deepEqual([socket.isEnded, endedCount], [true, 1]);
  output.writer.ping();
  output.touch();
  for (const flush of flushes) flush();
  assert.deepEqual([socket.take().length, endedCount], [0, 1]);
});

test('close() gives the buffer back and writes no more', () => {
  const { flushes, output, socket, buffers, wrote } = rig();
  output.writer.ping();
  output.touch();
  output.close();
  flushes[0]?.();
  socket.drain();
  assert.deepEqual([socket.take().length, wrote.count], [0, 0]);
  const free = buffers.take(1);
  assert.notEqual(buffers.take(1), free);
});

test('FrameWriter grows its buffer as it must and keeps what is in it', () => {
  const { output, socket } = rig();
  const { writer } = output;
  writer.settings([[Setting.MaxFrameSize, 16_384]]);
  const body = Buffer.alloc(16_384, 'body');
  for (let count = 0; count < 5; count += 1) writer.data(1, body, count === 4);
  writer.headers(1, new FieldBlock([['grpc-status', '0']]), true);
  writer.resetStream(3, 8);
  writer.windowUpdate(0, 2 ** 31 - 1);
  writer.goaway(2 ** 31 - 1, 11, 'flood');
  writer.pingAck(Buffer.from('..12345678'), 2);
  writer.settingsAck();
  assert.equal(writer.frameCount, 1 + 5 + 4, 'without acknowledgements');
  output.end();
  const frames = new RawFrameReader().push(socket.take());
  assert.equal(frames.length, 12);
  const datas = frames.filter(({ type }) => type === FrameType.Data);
  assert.deepEqual(
    datas.map(({ flags }) => flags),
    [0, 0, 0, 0, 1],
  );
  for (const { payload } of datas) assert.deepEqual(payload, body);
  const [settings, , , , , , headers, reset, update, goaway, ping, ack] = frames.map(
    ({ type, flags, streamId, payload }) =>
      `${type} ${flags} ${streamId} ${payload.toString('hex')}`,
  );
  assert.equal(settings, '4 0 0 000500004000');
  assert.equal(headers?.slice(0, 6), '1 5 1 ');
  assert.equal(reset, '3 0 3 00000008');
  assert.equal(update, '8 0 0 7fffffff');
  assert.equal(goaway, `7 0 0 7fffffff0000000b${Buffer.from('flood').toString('hex')}`);
  assert.equal(ping, `6 1 0 ${Buffer.from('12345678').toString('hex')}`);
  assert.equal(ack, '4 1 0 ');
});
