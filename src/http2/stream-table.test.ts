import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Http2Stream, StreamOwner } from './http2-stream.ts';
import { Http2Stream as Stream } from './http2-stream.ts';
import { RequestHead } from './request-head.ts';
import { StreamState, StreamTable } from './stream-table.ts';

const owner: StreamOwner = {
  identity: { peerSubject: '', remoteAddress: '' },
  credit: { receivedBytes: 0 },
  isRead: true,
  hold: () => true,
  expect() {},
  respond() {},
  reset() {},
};

function opened(table: StreamTable, id: number, requestEnded = false, openedMs = 0): Http2Stream {
  const stream = new Stream(owner, id, new RequestHead(), openedMs, 0, 0, requestEnded);
  table.use(id);
  table.add(stream);
  return stream;
}

test('stateOf() follows a stream from idle to closed', () => {
  const table = new StreamTable();
  assert.equal(table.stateOf(5), StreamState.Idle);
  const stream = opened(table, 5);
  assert.equal(table.stateOf(5), StreamState.Open);
  assert.equal(table.get(5), stream);
  assert.equal(table.stateOf(3), StreamState.Closed, 'passed over');
  assert.equal(table.stateOf(4), StreamState.Idle, 'of a server');
  assert.equal(table.stateOf(7), StreamState.Idle);
  table.close(stream);
  assert.equal(table.stateOf(5), StreamState.Silenced);
  assert.deepEqual([table.openCount, table.lastId, table.usedCount], [0, 5, 1]);
});

test('close() tells who ended the request', () => {
  const table = new StreamTable();
  table.close(opened(table, 1, true));
  table.close(opened(table, 3));
  assert.deepEqual([table.stateOf(1), table.wasEnded(1)], [StreamState.Closed, true]);
  assert.deepEqual([table.stateOf(3), table.wasEnded(3)], [StreamState.Silenced, false]);
  table.endSilenced(3);
  assert.deepEqual([table.stateOf(3), table.wasEnded(3)], [StreamState.Closed, true]);
});

test('the last 512 closed streams are remembered, and never more than twice as many', () => {
  const table = new StreamTable();
  for (let id = 1; id < 20_000; id += 2) table.close(opened(table, id));
  const silenced = [];
  for (let id = 1; id < 20_000; id += 2) {
    if (table.stateOf(id) === StreamState.Silenced) silenced.push(id);
  }
  assert.ok(silenced.length >= 512 && silenced.length <= 1_024, `${silenced.length}`);
  assert.equal(silenced.at(-1), 19_999);
});

test('mostOpenCount() forgets after twenty seconds how many streams there were', () => {
  const table = new StreamTable();
  for (const id of [1, 3, 5, 7]) opened(table, id, false, 60_000);
  for (const stream of table.open().slice(1)) table.close(stream);
  assert.equal(table.mostOpenCount(60_000), 4);
  assert.equal(table.mostOpenCount(70_000), 4);
  opened(table, 9, false, 75_000);
  assert.equal(table.mostOpenCount(79_999), 4);
  assert.equal(table.mostOpenCount(80_000), 2);
  for (const stream of table.open()) table.close(stream);
  opened(table, 11, false, 200_000);
  assert.equal(table.mostOpenCount(200_001), 1);
});
