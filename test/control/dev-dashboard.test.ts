// Scenario: somebody runs `gophership dev`, follows the link that it prints, and ends the engine,
// or somebody else kills it.
// Guarantees: the link opens the page of that engine, as an operator; the page's process ends
// whenever the engine's does, kill -9 included; `--no-dashboard` leaves it out.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { callerName, controlName, PageClient } from '../support/page-client.ts';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const launcher = new URL('../../bin/gophership', import.meta.url).pathname;

/** Ready for producers, with whatever it prints afterwards. */
async function startDev(context: TestContext, flags: readonly string[]): Promise<RunningProcess> {
  const directory = temporaryDirectory('dev-page');
  // The usual ports may be taken on the machine that runs the tests.
  const endpoints = ['receivers.otlp.protocols.grpc', 'receivers.otlp.protocols.http', 'control'];
  const dev = startProcess({
    name: 'gophership dev',
    command: launcher,
    args: [
      'dev',
      ...flags,
      ...endpoints.flatMap((key) => ['--set', `${key}.endpoint=127.0.0.1:0`]),
    ],
    directory: directory.path,
  });
  context.after(async () => {
    await dev.kill();
    directory.remove();
  });
  await dev.waitForLine((line) => line.includes('gs-ctl send'), 'what to do next');
  return dev;
}

async function linkOf(dev: RunningProcess): Promise<string> {
  const line = await dev.waitForLine((text) => /ashboard.*http:|no dashboard/.test(text), 'a link');
  const [link] = /http:\S+/.exec(line) ?? [];
  assert.ok(link !== undefined, line);
  return link;
}

/** Processes whose parent this is, or was. */
async function childrenOf(pid: number): Promise<string[]> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ');
}

async function gone(pid: string): Promise<void> {
  const isThere = () => {
    try {
      // One that nobody has waited for yet is a zombie.
      return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  for (let count = 0; count < 100 && isThere(); count += 1) await sleep(50);
  assert.equal(isThere(), false, `process ${pid} is still there`);
}

test('dev prints a link to the page, whose process ends with it', async (context) => {
  const dev = await startDev(context, []);
  const page = await PageClient.open(await linkOf(dev));
  assert.equal((await page.call(`${callerName}/GetCaller`)).json.role, 'operator');
  assert.equal((await page.call(`${controlName}/GetStatus`)).status, 200);
  const [child = '', ...others] = await childrenOf(dev.pid);
  assert.deepEqual(others, []);
  assert.equal(await dev.stop(), 0);
  await gone(child);
});

test('the process of the page ends when the engine is killed', async (context) => {
  const dev = await startDev(context, []);
  await linkOf(dev);
  const [child = ''] = await childrenOf(dev.pid);
  assert.notEqual(child, '');
  await dev.kill();
  await gone(child);
});

test('the engine goes on when the process of the page does not', async (context) => {
  const dev = await startDev(context, []);
  const link = await linkOf(dev);
  const [child = ''] = await childrenOf(dev.pid);
  process.kill(Number(child), 'SIGKILL');
  await gone(child);
  await dev.waitForLine((line) => line.includes('dashboard has ended'), 'that it has ended');
  await assert.rejects(PageClient.open(link));
  assert.equal(await dev.stop(), 0);
});

test('dev --no-dashboard starts no further process', async (context) => {
  const dev = await startDev(context, ['--no-dashboard']);
  await dev.waitForLine((line) => line.includes('records/s'), 'its progress');
  assert.deepEqual(await childrenOf(dev.pid), []);
  assert.ok(!dev.lines.some((line) => /ashboard/.test(line)));
  assert.equal(await dev.stop(), 0);
});
