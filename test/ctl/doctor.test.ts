// Scenario: a person looks at a host with gs-ctl doctor, before an engine starts on it, while one
// runs, and when something is wrong; and checks a configuration with gs-ctl config validate.
// Guarantees: exit 0, 1 or 2 by the worst finding; a running engine's ports are no fault; nothing
// is left behind; a configuration is judged as a start would judge it.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { startControlEngine } from '../control/control-engine.ts';
import { engineConfig, listenerTls } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type CtlRun, gsCtl } from './gs-ctl.ts';

interface Report {
  readonly level: string;
  readonly findings: readonly {
    readonly check: string;
    readonly level: string;
    readonly found: string;
    readonly hint: string | null;
  }[];
}

async function place(context: TestContext) {
  const directory = temporaryDirectory('doctor');
  context.after(() => directory.remove());
  const files = await writeTo(join(directory.path, 'tls'));
  const config = {
    ...engineConfig(files, { file: { path: join(directory.path, 'out.jsonl') } }),
    control: { tls: listenerTls(files), endpoint: '127.0.0.1:0' },
  };
  const path = join(directory.path, 'gophership.yaml');
  const write = (changes: object = {}) => writeFileSync(path, stringify({ ...config, ...changes }));
  write();
  const run = (...args: string[]): Promise<CtlRun> => gsCtl(directory.path, args);
  return { directory: directory.path, files, path, write, run };
}

async function diagnosed(run: Promise<CtlRun>): Promise<{ report: Report; exitCode: number }> {
  const { out, talk, exitCode } = await run;
  assert.notEqual(out, '', talk);
  return { report: JSON.parse(out), exitCode };
}

function findingsOf({ findings }: Report, check: string) {
  return findings.filter((finding) => finding.check === check);
}

test('doctor tries the disk where the vault will be, and leaves nothing behind', async (context) => {
  const { directory, run } = await place(context);
  const data = join(directory, 'data');
  mkdirSync(data);
  const asked = run('doctor', '--directory', join(data, 'vault'), '-o', 'json');
  const { report } = await diagnosed(asked);
  const names = ['file_system', 'free_space', 'direct_io', 'sync_latency', 'memory', 'pressure'];
  for (const name of [...names, 'file_limit', 'clock']) {
    assert.equal(findingsOf(report, name).length, 1, name);
  }
  assert.match(findingsOf(report, 'sync_latency')[0]?.found ?? '', /^p50 .* of \d+ fdatasync$/);
  assert.deepEqual(readdirSync(data), []);
});

test('doctor takes a vault by its name in the folder where it runs, and leaves it alone', async (context) => {
  const { directory, path, run, write } = await place(context);
  mkdirSync(join(directory, 'data', 'vault'), { recursive: true });
  writeFileSync(join(directory, 'data', 'vault', 'there'), Buffer.alloc(8_192));
  write({ vault: { directory: 'data/vault', limit: '512MiB', min_free: 0 } });
  for (const named of [
    ['--config', path],
    ['--directory', 'data/vault'],
  ]) {
    const { report } = await diagnosed(run('doctor', ...named, '-o', 'json'));
    assert.equal(findingsOf(report, 'free_space').length, 1);
    assert.equal(findingsOf(report, 'sync_latency').length, 1);
  }
  assert.deepEqual(readdirSync(join(directory, 'data', 'vault')), ['there']);
});

test('doctor exits with the worst that it finds: a broken certificate is a failure', async (context) => {
  const { files, path, run, write } = await place(context);
  const made = await run('certs', 'init', '--out', 'tls', '--force'); // those of tests end soon
  assert.equal(made.exitCode, 0, made.talk);
  const whole = await diagnosed(run('doctor', '--config', path, '-o', 'json'));
  const expected = ['fine', 'warning', 'failure'].indexOf(whole.report.level);
  assert.equal(whole.exitCode, expected);
  assert.deepEqual(
    findingsOf(whole.report, 'certificates').map(({ level }) => level),
    ['fine'],
    'receivers and the control port have the same',
  );
  assert.equal(findingsOf(whole.report, 'configuration')[0]?.level, 'fine');

  chmodSync(files.serverKey, 0o644);
  const open = await diagnosed(run('doctor', '--config', path, '-o', 'json'));
  assert.equal(findingsOf(open.report, 'certificates')[0]?.level, 'warning');
  assert.ok(open.exitCode >= 1);

  writeFileSync(files.serverKey, 'half a key');
  const { out, exitCode } = await run('doctor', '--config', path);
  assert.equal(exitCode, 2);
  assert.match(out, /^certificates +failure +.*is not a private key/m);
  assert.match(out, /^certificates: `gs-ctl certs inspect/m);

  write({ receivers: { otlp: { protocols: { grpc: { endpont: 'x' } } } } });
  const invalid = await diagnosed(run('doctor', '--config', path, '-o', 'json'));
  assert.equal(invalid.exitCode, 2);
  assert.match(findingsOf(invalid.report, 'configuration')[0]?.found ?? '', /endpoint/);
  assert.equal(findingsOf(invalid.report, 'clock').length, 1, 'the rest is checked all the same');
});

test('doctor finds the ports of a running engine served by it, those of others taken', async (context) => {
  const { path, run, write } = await place(context);
  const control = await startControlEngine();
  context.after(() => control.kill());
  const text = { control: { endpoint: `127.0.0.1:${control.port}` } };
  write(text);
  const served = await diagnosed(run('doctor', '--config', path, '-o', 'json'));
  const [port] = findingsOf(served.report, 'port');
  assert.equal(port?.level, 'fine', port?.found ?? 'none');
  assert.match(port?.found ?? '', new RegExp(`engine, process ${control.engine.pid}$`));
  write({ control: { endpoint: `127.0.0.1:${control.sink.port}` } });
  const taken = await diagnosed(run('doctor', '--config', path, '-o', 'json'));
  assert.equal(taken.exitCode, 2);
  assert.equal(findingsOf(taken.report, 'port')[0]?.level, 'failure');
  await control.close();
});

test('config validate says what a start would say', async (context) => {
  const { path, run, files, write } = await place(context);
  const { out, exitCode } = await run('config', 'validate', path);
  assert.equal(exitCode, 0);
  assert.match(out, /^valid: logs from .* to file, \d+ shards?$/m);
  const value = JSON.parse((await run('config', 'validate', path, '-o', 'json')).out);
  assert.deepEqual(
    [value.apiVersion, value.kind, value.isValid, value.files],
    ['gophership/v1', 'ConfigCheck', true, [path]],
  );
  assert.deepEqual(parse((await run('config', 'validate', path, '-o', 'yaml')).out), value);

  const set = await run('config', 'validate', path, '--set', 'memory.shards=nine');
  assert.equal(set.exitCode, 1);
  assert.match(set.talk, /^error: CONFIG: .*memory\.shards/m);

  writeFileSync(files.serverCert, 'none');
  const broken = await run('config', 'validate', path, '-o', 'json');
  assert.equal(broken.exitCode, 1);
  assert.equal(JSON.parse(broken.talk).error.code, 'TLS_MATERIAL');

  write({ memry: {} });
  const misspelt = await run('config', 'validate', path);
  assert.equal(misspelt.exitCode, 1);
  assert.match(misspelt.talk, /^error: CONFIG: .*memry/m);
  assert.match(misspelt.talk, /^hint: /m);
  write({ memry: {}, replai: {} });
  const twice = await run('config', 'validate', path);
  assert.match(twice.talk, /^error: CONFIG: .*memry.*\n {2}.*replai.*\nhint: .*\n$/, 'a line each');
});
