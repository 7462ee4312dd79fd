// Scenario: somebody runs `gophership dev` in an empty folder and asks gs-ctl, without a flag, how
// it goes; then makes a certificate for a viewer and tries that one.
// Guarantees: the context that dev wrote is enough for every command; certificates of `gs-ctl certs
// issue --role` have the roles that their names say, without any configuration.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CtlRun, gsCtl } from '../ctl/gs-ctl.ts';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory('dev-journey');
const launcher = new URL('../../bin/gophership', import.meta.url).pathname;
let dev: RunningProcess;
before(async () => {
  // The usual ports may be taken on the machine that runs the tests.
  const endpoints = ['receivers.otlp.protocols.grpc', 'receivers.otlp.protocols.http', 'control'];
  dev = startProcess({
    name: 'gophership dev',
    command: launcher,
    args: ['dev', ...endpoints.flatMap((key) => ['--set', `${key}.endpoint=127.0.0.1:0`])],
    directory: directory.path,
  });
  await dev.waitForLine((line) => line.includes('gs-ctl send'), 'what to do next');
});
after(async () => {
  await dev.stop();
  directory.remove();
});

async function run(exitCodes: readonly number[], args: readonly string[]): Promise<CtlRun> {
  const result = await gsCtl(directory.path, args);
  assert.ok(exitCodes.includes(result.exitCode), `gs-ctl ${args.join(' ')}: ${result.talk}`);
  return result;
}

test('gs-ctl finds the engine of the folder without a flag, and operates it', async () => {
  await run([0], ['send', '--count', '3']);
  // The zones of this engine act, and what else the machine does may make one.
  const { out } = await run([0, 1, 2], ['status', '-o', 'json']);
  assert.match(out, /"version"/);
  await run([0], ['ledger']);
  await run([0], ['override', 'set', 'green', '--ttl', '1m', '--reason', 'first steps', '--yes']);
  assert.match((await run([0], ['events'])).out, /first steps/);
});

test('certificates that gs-ctl issues have the role that they were issued for', async () => {
  const tls = join(directory.path, '.gophership', 'tls');
  const as = (name: string) => [
    ...['--cert', join(directory.path, `${name}.pem`)],
    ...['--key', join(directory.path, `${name}.key`)],
  ];
  const clear = ['override', 'clear', '--reason', 'tidy', '--yes'];
  for (const role of ['viewer', 'producer', 'operator']) {
    const issue = ['certs', 'issue', '--ca', tls, '--name', role, '--role', role];
    await run([0], [...issue, '--out', directory.path]);
  }
  await run([0], ['explain', ...as('viewer')]);
  await run([4], [...clear, ...as('viewer')]);
  await run([4], ['explain', ...as('producer')]);
  await run([0], ['health', ...as('producer')]);
  await run([0], [...clear, ...as('operator')]);
});
