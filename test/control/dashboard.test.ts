// Scenario: an operator and a viewer open the dashboard of a running engine, the engine is
// restarted under an open page, and the command ends.
// Guarantees: the page gets the history at once and afterwards what is new, in the role of who
// opened it; what it changes is in the audit log; while the engine is away calls and streams say
// so, and go on by themselves when it is back; with the command everything ends.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pageFile } from '../../src/ctl/dashboard/page-files.ts';
import { serveDashboard } from '../../src/ctl/dashboard.ts';
import { CtlExit } from '../../src/ctl/exit-code.ts';
import { fakeTerminal } from '../support/control-fake.ts';
import { callerName, controlName, historyName, PageClient } from '../support/page-client.ts';
import { operatorName, viewerName } from './control-certificates.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

let control: ControlEngine;
let home: CtlHome;
before(async () => {
  control = await startControlEngine();
  home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
});
after(() => control.close());

const files = new Map([['/', pageFile(Buffer.from('<p>the page</p>'))]]);

interface OpenDashboard {
  readonly link: string;
  readonly page: PageClient;
  /** Ends the command; its exit code. */
  end(): Promise<number>;
}

/** The command in this process, as the one with this certificate runs it. */
async function open(
  context: TestContext,
  name: string,
  port = control.port,
): Promise<OpenDashboard> {
  const ended = Promise.withResolvers<void>();
  const shown = Promise.withResolvers<string>();
  const terminal = { ...fakeTerminal('json'), out: (text: string) => shown.resolve(text) };
  const flags = {
    ...{ address: `127.0.0.1:${port}`, ca: home.path('ca.pem'), cert: home.path(`${name}.pem`) },
    ...{ key: home.path(`${name}.key`), timeoutMs: 5_000, open: true },
  };
  const run = serveDashboard(flags, terminal, { files, ended: ended.promise });
  const end = () => {
    ended.resolve();
    return run;
  };
  context.after(end);
  const failed = run.then((code) => Promise.reject(new Error(`ended with ${code}`)));
  const { kind, link, role } = JSON.parse(await Promise.race([shown.promise, failed]));
  failed.catch(() => {}); // it ends with the test
  assert.deepEqual([kind, role], ['Dashboard', name]);
  return { link, page: await PageClient.open(link), end };
}

test('the page sees what its user may see, and does what its user may do', async (context) => {
  for (const [name, subject] of [
    ['operator', operatorName],
    ['viewer', viewerName],
  ] as const) {
    const { page } = await open(context, name);
    const caller = await page.call(`${callerName}/GetCaller`);
    assert.equal(caller.json.role, name);
    assert.match(caller.json.subject, new RegExp(subject));
    const { json } = await page.call(`${controlName}/GetStatus`);
    assert.match(json.status.zone.zone, /^ZONE_/);
    const hold = { zone: 'ZONE_YELLOW', duration: '60s', reason: `page of ${name}` };
    const held = await page.call(`${controlName}/SetOverride`, hold);
    assert.equal(held.status, name === 'operator' ? 200 : 403);
    const { json: listed } = await page.call(`${controlName}/ListEvents`);
    const found = JSON.stringify(listed).includes(`page of ${name}`);
    assert.equal(found, name === 'operator');
  }
  const { page } = await open(context, 'operator');
  await page.call(`${controlName}/ClearOverride`, { reason: 'the test goes on' });
  const audit = control.engine.logs().find(({ msg, reason }) => {
    return msg === 'audit' && reason === 'page of operator';
  });
  assert.match(String(audit?.by), new RegExp(operatorName));
});

test('the page has the history from before it was opened, and then what is new', async (context) => {
  // A second after the start there is a sample, and the tests above took some.
  const { page } = await open(context, 'viewer');
  const history = async (since: number) =>
    (await page.call(`${historyName}/GetHistory`, { since })).json;
  let first = await history(0);
  while ((first.time ?? []).length < 2) {
    await sleep(200);
    first = await history(0);
  }
  const count = first.time.length;
  assert.deepEqual(
    [first.zone, first.receivedBytesPerSecond, first.signals[0].value].map(({ length }) => length),
    [count, count, count],
  );
  let next = await history(first.time.at(-1));
  while (next.time === undefined) {
    await sleep(200);
    next = await history(first.time.at(-1));
  }
  assert.equal(next.continues, true);
  assert.ok(next.time[0] > first.time.at(-1) && next.time.length <= 2);
});

test('the page goes on by itself after the engine was away', async (context) => {
  const first = await startControlEngine();
  const { page } = await open(context, 'viewer', first.port);
  const lines = page.stream(`${controlName}/WatchStatus`);
  const { value: line } = await lines.next();
  assert.ok(line.message.status.uptime !== undefined);
  await first.engine.kill();
  let last: string;
  for (;;) {
    const { value, done } = await lines.next();
    assert.notEqual(done, true, 'the last line says what was');
    last = JSON.stringify(value);
    if (value.message === undefined) break;
  }
  assert.match(last, /^\{"error":\{"code":"unavailable","message":"UNREACHABLE: /);
  assert.equal((await lines.next()).done, true);
  const away = await page.call(`${controlName}/GetStatus`);
  assert.deepEqual([away.status, away.json.code], [503, 'unavailable']);
  const args = ['--set', `control.endpoint=127.0.0.1:${first.port}`];
  const second = await startControlEngine({ args });
  try {
    // What is asked in the moment after a failure is told the same without asking.
    let back = await page.call(`${controlName}/GetStatus`);
    for (let count = 0; count < 20 && back.status !== 200; count += 1) {
      await sleep(250);
      back = await page.call(`${controlName}/GetStatus`);
    }
    assert.equal(back.status, 200);
    const again = page.stream(`${controlName}/WatchStatus`);
    assert.ok((await again.next()).value.message.status !== undefined);
    await again.return(undefined);
    const history = await page.call(`${historyName}/GetHistory`, { since: 1_700_000_000_000 });
    assert.equal(history.json.continues ?? false, false);
  } finally {
    await second.close();
    await first.kill();
  }
});

test('the page is told about Red, and no more than that', async (context) => {
  const { page } = await open(context, 'operator');
  const hold = { zone: 'ZONE_RED', duration: '60s', reason: 'the test wants Red' };
  assert.equal((await page.call(`${controlName}/SetOverride`, hold)).status, 200);
  const lines = page.stream(`${controlName}/WatchStatus`);
  assert.deepEqual((await lines.next()).value, { message: { heartbeat: 'ZONE_RED' } });
  await lines.return(undefined);
  await page.call(`${controlName}/ClearOverride`, { reason: 'the test has seen Red' });
});

test('with the command the page ends, and a second command has a page of its own', async (context) => {
  const first = await open(context, 'viewer');
  const second = await open(context, 'viewer');
  assert.notEqual(new URL(first.link).port, new URL(second.link).port);
  assert.equal(await first.end(), CtlExit.Done);
  await assert.rejects(first.page.call(`${controlName}/GetStatus`));
  assert.equal((await second.page.call(`${controlName}/GetStatus`)).status, 200);
});

test('gs-ctl dashboard says what is wrong as every other command does', async () => {
  const args = ['dashboard', '--no-open'];
  await home.run(3, [...args, '--address', '127.0.0.1:1'], /error: UNREACHABLE: /);
  await home.run(4, [...args, '--context', 'producer'], /error: CONTROL_DENIED: /);
});
