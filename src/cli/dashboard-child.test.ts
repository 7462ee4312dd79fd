import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB } from '../limits.ts';
import { startDashboard } from './dashboard-child.ts';

const target = { address: 'localhost:1', ca: 'ca.pem', cert: 'client.pem', key: 'client.key' };

test('startDashboard() says so when the system starts no process, and throws nothing', (context) => {
  // Longer than one variable of a new process may be.
  process.env.GOPHERSHIP_TEST_LONG = 'x'.repeat(256 * KiB);
  context.after(() => delete process.env.GOPHERSHIP_TEST_LONG);
  const lines: string[] = [];
  startDashboard(target, '/', (line) => lines.push(line)).end();
  assert.deepEqual(lines, ['no dashboard: spawn E2BIG']);
});
