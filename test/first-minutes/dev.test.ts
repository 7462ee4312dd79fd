// Scenario: somebody runs `gophership dev` in an empty folder, does what it prints, and starts it
// again. Guarantees: certificates, configuration and context appear and are reused; the printed
// variables are all that an OpenTelemetry SDK needs; `gs-ctl send` finds the engine; records are in
// the file with this host's attributes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;
const directory = temporaryDirectory('first-minutes');
after(() => directory.remove());

async function startDev(): Promise<RunningProcess> {
  const dev = startProcess({
    name: 'gophership dev',
    command: join(root, 'bin/gophership'),
    // The default port may be taken on the machine that runs the tests.
    args: ['dev', '--set', 'receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0'],
    directory: directory.path,
  });
  await dev.waitForLine((line) => line.includes('gs-ctl send'), 'what to do next');
  return dev;
}

function printedVariables(lines: readonly string[]): Record<string, string> {
  const exports = lines.flatMap((line) => line.match(/^ {2}export (\w+)=(.+)$/)?.slice(1) ?? []);
  const variables: Record<string, string> = {};
  for (let index = 0; index < exports.length; index += 2) {
    variables[exports[index] ?? ''] = exports[index + 1] ?? '';
  }
  return variables;
}

function writtenRequests(): { text: string; resource: Record<string, string> }[] {
  const text = readFileSync(join(directory.path, '.gophership/out/logs.0.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [resourceLogs] = JSON.parse(line).resourceLogs;
      const attributes = resourceLogs.resource.attributes.map(
        ({ key, value }: { key: string; value: { stringValue: string } }) => [
          key,
          value.stringValue,
        ],
      );
      return { text: line, resource: Object.fromEntries(attributes) };
    });
}

test('dev makes what it needs, prints what an SDK needs, and keeps it for the second start', async () => {
  const first = await startDev();
  const variables = printedVariables(first.lines);
  assert.deepEqual(Object.keys(variables), [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_CLIENT_KEY',
  ]);
  const client = new URL('./sdk-from-environment.ts', import.meta.url).pathname;
  const environment = { ...process.env, ...variables };
  await run(process.execPath, [client], { cwd: directory.path, env: environment });

  const home = join(directory.path, 'home');
  mkdirSync(home);
  const send = await run(join(root, 'bin/gs-ctl'), ['send', '--count', '2', '-o', 'json'], {
    cwd: directory.path,
    env: { ...process.env, XDG_CONFIG_HOME: home },
  });
  assert.equal(JSON.parse(send.stdout).acked, 2);

  const requests = writtenRequests();
  assert.ok(requests.some(({ text }) => text.includes('hello from the SDK')));
  assert.ok(requests.some(({ text }) => text.includes('gs-ctl send')));
  for (const { resource } of requests) assert.equal(resource['host.name'], hostname());

  await first.waitForLine((line) => line.includes('acked 3 |'), 'its progress');
  const folder = join(directory.path, '.gophership');
  const made = () =>
    ['gophership.yaml', 'tls/ca.pem', 'tls/server.pem', 'tls/client.pem'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
  const before = made();
  assert.equal(await first.stop(), 0);
  assert.equal(statSync(join(folder, 'tls/client.key')).mode & 0o777, 0o600);

  const second = await startDev();
  assert.deepEqual(made(), before);
  await run(process.execPath, [client], {
    cwd: directory.path,
    env: { ...process.env, ...printedVariables(second.lines) },
  });
  assert.equal(writtenRequests().length, requests.length + 1);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(readdirSync(directory.path).toSorted(), ['.gophership', 'home']);
});
