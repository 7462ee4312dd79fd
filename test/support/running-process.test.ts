import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { type RunningProcess, startProcess } from './running-process.ts';

test('waitForLine() finds lines of the past and of the future', async () => {
  const child = run(
    "console.log('one'); process.stdin; setTimeout(() => console.error('two'), 20)",
  );
  assert.equal(await child.waitForLine((line) => line === 'two', 'two'), 'two');
  assert.equal(await child.waitForLine((line) => line === 'one', 'one'), 'one');
  assert.equal(await child.exited, 0);
});

test('waitForLine() rejects with the last lines when the process ends first', async () => {
  const child = run("console.log('clue'); process.exit(3)");
  await assert.rejects(
    child.waitForLine((line) => line === 'never', 'never'),
    /child ended with 3 before it printed never; last lines:\nclue/,
  );
});

test('exited is 127 when there is no such program', async () => {
  const options = { name: 'nothing', args: [], directory: tmpdir() };
  assert.equal(await startProcess({ ...options, command: '/nonexistent' }).exited, 127);
});

test('stop() ends what ignores SIGTERM, and says so', async () => {
  const child = run(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
  );
  await child.waitForLine((line) => line === 'up', 'up');
  await assert.rejects(child.stop(50), /child did not end 50 ms after SIGTERM/);
  assert.equal(await child.exited, 128 + 9);
});

test('usage() counts the CPU time and the memory of the process', async () => {
  const child = run(
    "while (process.cpuUsage().user < 1e5); console.log('up'); setInterval(() => {}, 1000)",
  );
  await child.waitForLine((line) => line === 'up', 'up');
  const { cpuSeconds, rssBytes, rssPeakBytes, anonymousBytes, threadCount } = child.usage();
  assert.ok(cpuSeconds >= 0.1 && cpuSeconds < 5, `${cpuSeconds} CPU-seconds`);
  assert.ok(rssBytes > 20e6 && rssBytes <= rssPeakBytes, `${rssBytes} of ${rssPeakBytes} bytes`);
  assert.ok(anonymousBytes > 1e6 && anonymousBytes < rssBytes, `${anonymousBytes} bytes`);
  assert.ok(threadCount > 1);
  await child.kill();
});

function run(script: string): RunningProcess {
  const args = ['--eval', script];
  return startProcess({ name: 'child', command: process.execPath, args, directory: tmpdir() });
}
