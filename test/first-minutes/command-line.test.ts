// Scenario: wrong command lines and configurations, as people write them.
// Guarantees: the exit codes of docs/OPERATIONS.md, and an error that names what, where and the
// limit.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { engineConfig } from '../interop/interop-pipeline.ts';
import { receiversConfig } from '../lifecycle/receivers.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const launcher = new URL('../../bin/gophership', import.meta.url).pathname;
const directory = temporaryDirectory('command-line');
after(() => directory.remove());

let files: CertificateFiles;
before(async () => {
  files = await writeTo(join(directory.path, 'tls'));
});

// Root reads every file; without these two capabilities it is a user like any other.
const asUser =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

function gophership(args: readonly string[]) {
  const [command = launcher, ...rest] = [...asUser, launcher, ...args];
  const { status, stdout, stderr } = spawnSync(command, rest, {
    cwd: directory.path,
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL', // for a main thread that hears no other
  });
  return { status, stdout, stderr };
}

function writeConfig(change: object = {}): string {
  const path = join(directory.path, 'config.yaml');
  const exporters = { file: { path: join(directory.path, 'logs.jsonl') } };
  writeFileSync(path, stringify({ ...engineConfig(files, exporters), ...change }));
  return path;
}

function check(args: readonly string[], status: number, pattern: RegExp): void {
  const result = gophership(args);
  assert.match(result.stderr + result.stdout, pattern);
  assert.equal(result.status, status);
}

test('validate accepts a good configuration and names its destinations', () => {
  const line = /^valid: logs from 127\.0\.0\.1:0 \(gRPC\) to file, \d+ shards?$/m;
  check(['validate', '--config', writeConfig()], 0, line);
  const both = receiversConfig({ grpc: files, http: files }, { debug: {} });
  const path = writeConfig(both);
  check(['validate', '--config', path], 0, /:0 \(gRPC\) and 127\.0\.0\.1:0 \(HTTP\) to debug/);
});

test('validate lists every problem with its place and exits with 78', () => {
  const path = join(directory.path, 'bad.yaml');
  writeFileSync(path, 'exporters:\n  file:\n    pth: /x\nservise: {}\n');
  check(
    ['validate', '--config', path],
    78,
    /bad\.yaml:3:5: exporters\.file\.pth: .*did you mean "path"/,
  );
  check(['validate', '--config', path], 78, /bad\.yaml:4:1: servise: .*did you mean "service"/);
});

test('run refuses a memory limit that cannot hold the configuration, naming the key', () => {
  const path = writeConfig({ memory: { limit_mib: 64 } });
  const set = 'receivers.otlp.protocols.grpc.max_recv_msg_size_mib=8';
  check(['run', '--config', path, '--set', set], 78, /MEMORY_LIMIT: .*memory\.limit_mib/s);
});

test('run refuses a memory limit that cannot hold the largest body over HTTP', () => {
  const path = writeConfig(receiversConfig({ http: files }, { debug: {} }));
  const set = 'receivers.otlp.protocols.http.max_request_body_size=64MiB';
  check(['run', '--config', path, '--set', set], 78, /MEMORY_LIMIT: .*three largest messages 192/s);
});

test('run refuses a configuration without a receiver, naming both', () => {
  const path = writeConfig({ receivers: { otlp: { protocols: {} } } });
  check(['run', '--config', path], 78, /receivers\.otlp\.protocols: required: grpc or http/);
});

test('run refuses certificates that are not there', () => {
  const path = writeConfig();
  const set = 'receivers.otlp.protocols.grpc.tls.cert_file=/nowhere/server.pem';
  check(['run', '--config', path, '--set', set], 78, /TLS_MATERIAL: .*\/nowhere\/server\.pem/);
});

test('dev says which folder it cannot write', () => {
  const folder = join(writeConfig(), 'below-a-file');
  check(['dev', '--dir', folder], 78, /CONFIG: --dir .*below-a-file: cannot be written: ENOTDIR/);
  // There Node's own mkdir of a folder with its parents tries for ever.
  check(['dev', '--dir', '/proc/x'], 78, /CONFIG: --dir \/proc\/x: cannot be written: ENOENT/);
});

test('run exits with 77 when a key cannot be read', () => {
  chmodSync(files.serverKey, 0o000);
  try {
    check(['run', '--config', writeConfig()], 77, /TLS_MATERIAL: .*server\.key/);
  } finally {
    chmodSync(files.serverKey, 0o600);
  }
});

async function takePort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  return address.port;
}

/** What both can do about it: see who has the port, choose another. */
function checkTaken(args: readonly string[], name: string, key: string, port: number): void {
  const text = [
    `error: PORT_TAKEN: ${name}: cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
    `hint: \`ss -ltnp sport = :${port}\` shows who has it; \`--set ${key}=127.0.0.1:0\` takes any`,
  ];
  const set = `${key}=127.0.0.1:${port}`;
  check([...args, '--set', set], 69, new RegExp(RegExp.escape(text.join('\n'))));
}

test('run and dev exit with 69 when a port is taken, and say whose and what to do', async (t) => {
  const port = await takePort(t);
  const path = writeConfig(receiversConfig({ grpc: files, http: files }, { debug: {} }));
  const receivers = ['grpc', 'http'].map((protocol) => `receivers.otlp.protocols.${protocol}`);
  // The default ports may be taken as well on the machine that runs the tests.
  const sets = [...receivers, 'control'].flatMap((one) => ['--set', `${one}.endpoint=127.0.0.1:0`]);
  const dev = ['dev', '--dir', join(directory.path, 'dev'), ...sets];
  for (const receiver of receivers) {
    checkTaken(['run', '--config', path], receiver, `${receiver}.endpoint`, port);
    checkTaken(dev, receiver, `${receiver}.endpoint`, port);
  }
});

test('run exits with 69 when the control port is taken, before a thread runs', async (t) => {
  const port = await takePort(t);
  const key = 'control.endpoint';
  checkTaken(['run', '--config', writeConfig()], key, key, port);
});

test('validate and run refuse a certificate of the control port that is not there', () => {
  const tls = { client_ca_file: files.ca, cert_file: '/nowhere/c.pem', key_file: files.serverKey };
  const path = writeConfig({ control: { endpoint: '127.0.0.1:0', tls } });
  for (const command of ['validate', 'run']) {
    check([command, '--config', path], 78, /TLS_MATERIAL: .*\/nowhere\/c\.pem/);
  }
});

test('validate and run refuse what exporters name and cannot be used', () => {
  const tls = { ca_file: '/nowhere/ca.pem' };
  const badTls = writeConfig(engineConfig(files, { otlp_grpc: { endpoint: 'localhost:1', tls } }));
  for (const command of ['validate', 'run']) {
    check([command, '--config', badTls], 78, /TLS_MATERIAL: .*\/nowhere\/ca\.pem/);
  }
  const badPath = writeConfig(
    engineConfig(files, { file: { path: '/etc/passwd/out/logs.jsonl' } }),
  );
  check(['validate', '--config', badPath], 78, /CONFIG: exporters\.file\.path: cannot write in/);
});

test('a second engine on the port of the first exits with 69', async () => {
  const first = await startEngine({ config: engineConfig(files, { debug: {} }) });
  const set = `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${first.port}`;
  check(['run', '--config', writeConfig(), '--set', set], 69, /PORT_TAKEN: .*EADDRINUSE/);
  assert.equal(await first.stop(), 0);
});

test('a command is asked for with the help alone', () => {
  const { status, stderr } = gophership([]);
  assert.match(stderr, /Usage: gophership/);
  assert.doesNotMatch(stderr, /outputHelp/);
  assert.equal(status, 64);
});

test('a wrong command line exits with 64', () => {
  check(['fly'], 64, /unknown command/);
  check(['run', '--colour'], 64, /unknown option/);
});

test('schema prints a JSON Schema of the configuration', () => {
  const { status, stdout } = gophership(['schema']);
  assert.equal(status, 0);
  assert.ok('receivers' in JSON.parse(stdout).properties);
});
