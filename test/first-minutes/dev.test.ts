// Scenario: somebody runs `gophership dev` in an empty folder, does what it prints, and starts it
// again.
// Guarantees: certificates, configuration and context appear and are reused; the printed variables
// are all that an OpenTelemetry SDK needs, over gRPC and over HTTP; `gs-ctl send` finds the engine;
// README's curl command works; records are in the file with this host's attributes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { runReadmeCurl } from '../support/readme-curl.ts';
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
    // The default ports may be taken on the machine that runs the tests.
    args: ['dev', ...[...['grpc', 'http'].map(receiver), 'control'].flatMap(anyPort)],
    directory: directory.path,
  });
  await dev.waitForLine((line) => line.includes('gs-ctl send'), 'what to do next');
  return dev;
}

function receiver(protocol: string): string {
  return `receivers.otlp.protocols.${protocol}`;
}

function anyPort(section: string): string[] {
  return ['--set', `${section}.endpoint=127.0.0.1:0`];
}

/** What it prints first, and what it prints for OTLP over HTTP. */
function printedVariables(lines: readonly string[]) {
  const httpLine = lines.findIndex((line) => line.startsWith('or, for OTLP/HTTP'));
  assert.ok(httpLine > 0, 'it says what to set for OTLP/HTTP');
  const grpc = exported(lines.slice(0, httpLine));
  const http = exported(lines.slice(httpLine));
  return { grpc, http, forHttp: { ...grpc, ...http } };
}

function exported(lines: readonly string[]): Record<string, string> {
  const pairs = lines.flatMap((line) => {
    const [, name, value] = /^ {2}export (\w+)=(.+)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

async function runSdk(file: string, variables: Record<string, string>): Promise<void> {
  const program = new URL(file, import.meta.url).pathname;
  const environment = { ...process.env, ...variables };
  await run(process.execPath, [program], { cwd: directory.path, env: environment });
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
  assert.deepEqual(Object.keys(variables.grpc), [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_CLIENT_KEY',
  ]);
  assert.deepEqual(Object.keys(variables.http), [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
  ]);
  await runSdk('./sdk-from-environment.ts', variables.grpc);
  await runSdk('./sdk-http-from-environment.ts', variables.forHttp);
  const port = Number(new URL(variables.http.OTEL_EXPORTER_OTLP_ENDPOINT ?? '').port);
  const curl = await runReadmeCurl({ directory: directory.path, port });
  assert.deepEqual(curl, { status: 200, text: '{}' });

  const home = join(directory.path, 'home');
  mkdirSync(home);
  const send = await run(join(root, 'bin/gs-ctl'), ['send', '--count', '2', '-o', 'json'], {
    cwd: directory.path,
    env: { ...process.env, XDG_CONFIG_HOME: home },
  });
  assert.equal(JSON.parse(send.stdout).acked, 2);

  const context = readFileSync(join(directory.path, '.gophership/ctl.yaml'), 'utf8');
  assert.match(context, /^ {4}address: localhost:\d+$/m);

  const requests = writtenRequests();
  assert.ok(requests.some(({ text }) => text.includes('"hello from the SDK"')));
  assert.ok(requests.some(({ text }) => text.includes('"hello from the SDK over HTTP"')));
  assert.ok(requests.some(({ text }) => text.includes('"hello from curl"')));
  assert.ok(requests.some(({ text }) => text.includes('gs-ctl send')));
  for (const { resource } of requests) assert.equal(resource['host.name'], hostname());

  await first.waitForLine((line) => line.includes('acked 5 |'), 'its progress');
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
  await runSdk('./sdk-from-environment.ts', printedVariables(second.lines).grpc);
  assert.equal(writtenRequests().length, requests.length + 1);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(readdirSync(directory.path).toSorted(), ['.gophership', 'home']);
});
