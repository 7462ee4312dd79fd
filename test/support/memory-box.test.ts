// The box itself: what holds for the tests of the black swan to mean anything.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { boxUnavailable, createMemoryBox } from './memory-box.ts';

const unavailable = boxUnavailable();

test('createMemoryBox() kills who takes more, counts it and leaves nothing', (context) => {
  if (unavailable !== undefined && !process.env.CI) return context.skip(unavailable);
  const box = createMemoryBox('greedy', 64 * MiB);
  context.after(() => box.remove());
  const fill = (mib: number) => `Buffer.alloc(${mib} * 2 ** 20, 1)`;
  const run = (code: string) => {
    const [command = '', ...args] = [...box.enterCommand, process.execPath, '-e', code];
    return spawnSync(command, args);
  };
  const modest = run(fill(8));
  assert.equal(modest.status, 0, String(modest.stderr));
  assert.equal(box.oomKills(), 0);
  assert.equal(run(fill(100)).signal, 'SIGKILL');
  assert.equal(box.oomKills(), 1);
  assert.deepEqual(box.pids(), []);
  assert.ok(box.usage().peakBytes > 60 * MiB);
  box.remove();
  assert.equal(existsSync(box.path), false);
});
