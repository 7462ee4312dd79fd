import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { WatchStream } from './watch-stream.ts';
import { WatchStreams } from './watch-streams.ts';

function rig({ first = [] as number[], unreadMax = 0, controller = new AbortController() } = {}) {
  let endCount = 0;
  const stream = new WatchStream<number>({
    signal: controller.signal,
    first: () => first,
    unreadMax,
    ended: () => {
      endCount += 1;
    },
  });
  return { stream, controller, endCount: () => endCount };
}

const done = { done: true, value: undefined };

test('push() hands a value to the reader that waits, and keeps none for one that does not', async () => {
  const { stream } = rig();
  assert.equal(stream.isBusy, true);
  assert.equal(stream.push(1), false);
  const next = stream.next();
  assert.equal(stream.isBusy, false);
  assert.equal(stream.push(2), true);
  assert.equal(stream.isBusy, true);
  assert.equal(stream.push(3), false);
  assert.deepEqual(await next, { done: false, value: 2 });
  assert.equal(stream.unreadCount, 0);
});

test('push() keeps as many as may wait, apart from the first', async () => {
  const { stream } = rig({ first: [1, 2, 3], unreadMax: 2 });
  assert.deepEqual(
    [4, 5, 6].map((value) => stream.push(value)),
    [true, true, false],
  );
  assert.deepEqual((await stream.next()).value, 1);
  assert.equal(stream.push(7), false, 'what was first makes no room');
  for (const value of [2, 3, 4]) assert.equal((await stream.next()).value, value);
  assert.equal(stream.push(8), true);
  assert.equal(stream.push(9), false);
  for (const value of [5, 8]) assert.equal((await stream.next()).value, value);
});

test('end() drops what is unread, and tells the reader once why', async () => {
  const fault = new ConnectError('too slow', Code.ResourceExhausted);
  const { stream, endCount } = rig({ first: [1, 2] });
  stream.end(fault);
  stream.end();
  assert.equal(stream.unreadCount, 0);
  assert.equal(stream.isOpen, false);
  assert.equal(stream.push(3), false);
  await assert.rejects(stream.next(), fault);
  assert.deepEqual(await stream.next(), done);
  assert.equal(endCount(), 1);
});

test('end() answers a reader that waits', async () => {
  const fault = new ConnectError('too slow', Code.ResourceExhausted);
  const [plain, failed] = [rig().stream, rig().stream];
  const nexts = [plain.next(), failed.next()] as const;
  plain.end();
  failed.end(fault);
  assert.deepEqual(await nexts[0], done);
  await assert.rejects(nexts[1], fault);
  assert.deepEqual(await failed.next(), done);
});

test('WatchStream ends with its call, whether or not anybody reads', async () => {
  for (const isReading of [true, false]) {
    const { stream, controller, endCount } = rig({ first: isReading ? [] : [1] });
    const next = isReading ? stream.next() : undefined;
    controller.abort();
    assert.equal(endCount(), 1);
    assert.equal(stream.isOpen, false);
    assert.deepEqual(await (next ?? stream.next()), done);
  }
});

test('WatchStream tells the reader of a deadline', async () => {
  const { stream, controller } = rig();
  const next = stream.next();
  const fault = new ConnectError('the operation timed out', Code.DeadlineExceeded);
  controller.abort(fault);
  await assert.rejects(next, fault);
});

test('WatchStream of a call that has ended before it ends at once', async () => {
  const controller = new AbortController();
  controller.abort();
  const { stream, endCount } = rig({ controller });
  assert.deepEqual(await stream.next(), done);
  assert.equal(endCount(), 1);
});

test('return() ends the stream', async () => {
  const { stream, controller, endCount } = rig({ first: [1] });
  for await (const value of stream) {
    assert.equal(value, 1);
    break;
  }
  assert.equal(endCount(), 1);
  controller.abort();
  assert.equal(endCount(), 1);
});

test('open() refuses one more than may be with CONTROL_BUSY, until another has ended', () => {
  const streams = new WatchStreams(2);
  let firstCount = 0;
  const options = () => ({
    signal: new AbortController().signal,
    first: () => [firstCount++],
    unreadMax: 0,
    ended() {},
  });
  const [one] = [streams.open(options()), streams.open(options())];
  const refused = { code: Code.ResourceExhausted, rawMessage: /^CONTROL_BUSY: 2 / };
  assert.throws(() => streams.open(options()), refused);
  assert.equal(firstCount, 2, 'nothing is read for who is refused');
  one?.end();
  assert.equal(streams.count, 1);
  streams.open(options());
  assert.throws(() => streams.open(options()), refused);
});
