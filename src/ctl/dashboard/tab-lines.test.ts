import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { TabLines } from './tab-lines.ts';

test('write() to a tab that has gone neither keeps the line nor waits for it to be read', async (context) => {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const sent = request({ host: '127.0.0.1', port, agent: false });
  sent.on('error', () => {}); // it is cut off
  sent.end();
  const [, response] = await once(server, 'request');
  const clock = new FakeClock();
  const tab = new TabLines(response, clock, () => assert.fail('drained'));
  response.destroy();
  await tab.ended;
  tab.write('x');
  tab.end('y');
  assert.deepEqual([clock.pendingCount, response.writableLength, tab.isFull], [0, 0, false]);
});
