// Scenario: gs-ctl as a process against a control port with real mTLS that answers, refuses, is
// silent, hangs up or is another service. Guarantees: exit codes are those that scripts rely on;
// every failure says what to try; nothing hangs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Code, ConnectError } from '@connectrpc/connect';
import { HealthCheckResponse_ServingStatus } from '../../src/generated/grpc/health/v1/health_pb.js';
import { issue } from '../../src/tls/certificate-authority.ts';
import { type CertificateFiles, testCertificates, writeTo } from '../support/certificates.ts';
import { type FakeEngine, statusSample } from '../support/control-fake.ts';
import { openControlSink, openSilentPort } from './control-sink.ts';
import { type CtlRun, gsCtl } from './gs-ctl.ts';
import { openLogsSink } from './logs-sink.ts';

let directory = '';
let files: CertificateFiles;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-control-'));
  files = await writeTo(join(directory, 'certs'));
});
after(() => rm(directory, { recursive: true, force: true }));

const yellow: FakeEngine = {
  service: { getStatus: () => ({ status: statusSample() }) },
  health: HealthCheckResponse_ServingStatus.SERVING,
};

function runAt(
  address: string,
  args: string,
  others: readonly string[] = [],
  onOut?: (text: string) => void,
): Promise<CtlRun> {
  const identity = ['--ca', files.ca, '--cert', files.clientCert, '--key', files.clientKey];
  const words = [...args.split(' '), '--address', address, ...identity, ...others];
  return gsCtl(directory, words, {}, onOut);
}

interface Expected {
  readonly exitCode: number;
  readonly out?: RegExp;
  readonly talk?: RegExp;
}

/** Runs a command against an engine that is so. */
async function check(
  engine: FakeEngine,
  args: string,
  { exitCode, out = /(?:)/, talk = /^$/ }: Expected,
  others: readonly string[] = [],
): Promise<CtlRun> {
  const sink = await openControlSink(engine);
  try {
    const run = await runAt(sink.address, args, others);
    assert.equal(run.exitCode, exitCode, run.out + run.talk);
    assert.match(run.out, out);
    assert.match(run.talk, talk);
    return run;
  } finally {
    sink.close();
  }
}

test('status and health answer over mTLS and gRPC with their exit codes', async () => {
  await check(yellow, 'status', { exitCode: 1, out: /^web-1 +1\.2\.3 /m });
  await check(yellow, 'status -o json', { exitCode: 1, out: /^ {2}"kind": "Status",$/m });
  await check(yellow, 'health', { exitCode: 0, out: /serving$/m });
  const stopping = { ...yellow, health: HealthCheckResponse_ServingStatus.NOT_SERVING };
  await check(stopping, 'health', { exitCode: 1, out: /not_serving$/m, talk: /^hint: / });
});

test('flags may stand before the command', async () => {
  const sink = await openControlSink(yellow);
  const { ca, clientCert, clientKey } = files;
  const identity = ['--ca', ca, '--cert', clientCert, '--key', clientKey];
  const run = await gsCtl(directory, ['--address', sink.address, ...identity, 'health']);
  sink.close();
  assert.equal(run.exitCode, 0, run.talk);
});

test('a port where nobody listens is UNREACHABLE', async () => {
  const sink = await openControlSink(yellow);
  sink.close();
  const talk = /^error: UNREACHABLE: 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\nhint: .*4319/;
  const { exitCode, talk: told } = await runAt(sink.address, 'ledger');
  assert.equal(exitCode, 3);
  assert.match(told, talk);
  assert.equal((await runAt(sink.address, 'status')).exitCode, 3);
  assert.equal((await runAt(sink.address, 'health')).exitCode, 1);
  const json = await runAt(sink.address, 'ledger -o json');
  assert.equal(JSON.parse(json.talk).error.code, 'UNREACHABLE');
});

test('a server of another authority is UNREACHABLE, and --ca is the hint', async () => {
  const { otherCaPem } = await testCertificates();
  const other = join(directory, 'other-ca.pem');
  await writeFile(other, otherCaPem);
  const talk = /^error: UNREACHABLE: .*certificate is not accepted.*\nhint: --ca /;
  await check(yellow, 'ledger', { exitCode: 3, talk }, ['--ca', other]);
});

test('a certificate that the engine refuses is TLS_PEER, exit 4', async () => {
  const { ca, otherClient } = await testCertificates();
  const wallMs = Date.now() - 9e9;
  const expired = await issue({ ca, commonName: 'old', usage: 'client', daysValid: 1, wallMs });
  for (const [name, pair] of Object.entries({ other: otherClient, expired })) {
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    await writeFile(cert, pair.certPem);
    await writeFile(key, pair.keyPem);
    const talk = /^error: TLS_PEER: .*\nhint: --cert /m;
    await check(yellow, 'explain', { exitCode: 4, talk }, ['--cert', cert, '--key', key]);
    await check(yellow, 'events --watch', { exitCode: 4, talk }, ['--cert', cert, '--key', key]);
  }
});

test('a refusal keeps the code of the engine', async () => {
  const getLedger = () => {
    throw new ConnectError('CONTROL_DENIED: no role\u001b[2J', Code.PermissionDenied);
  };
  const talk = /^error: CONTROL_DENIED: no role\\u001b\[2J\nhint: .*control\.roles/;
  await check({ service: { getLedger } }, 'ledger', { exitCode: 4, talk });
});

test('an engine of another version, or another port of it, is UNSUPPORTED', async () => {
  const talk = /^error: UNSUPPORTED: .*does not know this call\nhint: .*4319.*gs-ctl version/;
  await check({ service: {} }, 'ledger', { exitCode: 1, talk });
  await check({}, 'config view', { exitCode: 1, talk });
  const otlp = await openLogsSink(() => ({ status: 12, message: 'METHOD_UNKNOWN: no such' }));
  const run = await runAt(otlp.address, 'ledger');
  otlp.close();
  assert.equal(run.exitCode, 1, run.talk);
  assert.match(run.talk, talk);
});

test('an answer that does not come in time is TIMEOUT, and so is a connection', async () => {
  const getLedger = () => new Promise<never>(() => {});
  const late = { exitCode: 6, talk: /^error: TIMEOUT: .*no answer within 300ms\nhint: / };
  await check({ service: { getLedger } }, 'ledger --timeout 300ms', late);
  const silent = await openSilentPort();
  for (const args of ['ledger --timeout 300ms', 'events --watch --timeout 300ms']) {
    const run = await runAt(silent.address, args);
    assert.equal(run.exitCode, 6, run.talk);
    assert.match(run.talk, /^error: TIMEOUT: .*no connection within 300ms\nhint: .*4319/);
  }
  silent.close();
});

test('a connection that breaks before it answers is UNREACHABLE, a watch makes another', async () => {
  let watches = 0;
  const sink = await openControlSink({
    service: {
      getLedger() {
        for (const session of sink.sessions) session.destroy();
        return new Promise<never>(() => {});
      },
      async *watchStatus() {
        watches += 1;
        if (watches > 1) throw new ConnectError('CONTROL_DENIED: no role', Code.PermissionDenied);
        yield { event: { case: 'status' as const, value: statusSample() } };
        await new Promise<never>(() => {});
      },
    },
  });
  const ledger = await runAt(sink.address, 'ledger');
  assert.equal(ledger.exitCode, 3, ledger.talk);
  assert.match(ledger.talk, /^error: UNREACHABLE: /);
  const watch = await runAt(sink.address, 'status --watch', [], (text) => {
    if (!text.includes('Yellow')) return;
    for (const session of sink.sessions) session.destroy();
  });
  sink.close();
  assert.equal(watch.exitCode, 3, watch.talk);
  assert.match(watch.out, /Yellow/);
  const again = /^warning: UNREACHABLE: .*; trying again in \d+ms\nerror: CONTROL_DENIED: no /;
  assert.match(watch.talk, again);
});

test('overrides need --yes without a terminal', async () => {
  const set = { ...yellow.service, setOverride: () => ({}) };
  const args = 'override set red --ttl 1m --reason swap';
  const refused = { exitCode: 64, talk: /^plan: .*\nerror: NOT_CONFIRMED: .*\nhint: .*--yes/s };
  await check({ service: set }, args, refused);
  const json = await check({ service: set }, `${args} -o json`, { exitCode: 64, talk: /./ });
  assert.equal(JSON.parse(json.talk).error.code, 'NOT_CONFIRMED');
  await check({ service: set }, `${args} --yes`, { exitCode: 0, talk: /^plan: .*\ndone; /s });
});

/** The same command with a terminal at which this is typed. */
function onTerminal(address: string, args: string, typed: string): Promise<[number, string]> {
  const launcher = fileURLToPath(new URL('../../bin/gs-ctl', import.meta.url));
  const target = `--address ${address} --ca ${files.ca} --cert ${files.clientCert}`;
  const command = `'${launcher}' ${args} ${target} --key ${files.clientKey}`;
  return new Promise((resolve) => {
    const script = ['-q', '-e', '-c', command, '/dev/null'];
    const child = execFile('script', script, { cwd: directory }, (error, out) => {
      resolve([error === null ? 0 : Number(error.code), out]);
    });
    child.stdout?.on('data', (text: string) => {
      if (text.includes('[y/N]')) child.stdin?.write(typed);
    });
  });
}

test('overrides are asked for on a terminal; who interrupts has not said yes', async () => {
  let count = 0;
  const setOverride = () => {
    count += 1;
    return {};
  };
  const sink = await openControlSink({ service: { ...yellow.service, setOverride } });
  const args = 'override set red --ttl 1m --reason swap';
  for (const typed of ['n\n', '\u0003', '\u0004']) {
    const [exitCode, out] = await onTerminal(sink.address, args, typed);
    assert.equal(exitCode, 1, out);
    assert.match(out, /plan: .*Do it\? .*NOT_CONFIRMED: nothing was changed/s);
  }
  assert.equal(count, 0);
  const [exitCode, out] = await onTerminal(sink.address, args, 'y\n');
  sink.close();
  assert.deepEqual([exitCode, count], [0, 1], out);
});

test('the command line says what is wrong with a flag', async () => {
  const usage = async (args: string, talk: RegExp) => {
    const run = await gsCtl(directory, args.split(' '));
    assert.equal(run.exitCode, 64, run.talk);
    assert.match(run.talk, talk);
  };
  await usage('override set blue --ttl 1m --reason x', /green, yellow, red/);
  await usage('override set red --ttl 25h --reason x', /--ttl.*24h/);
  await usage('override set red --reason x', /--ttl/);
  await usage('events --last 0', /--last/);
  await usage('explain', /^error: NO_TARGET: no address: .*--address.*GS_CTL_ADDRESS/);
  await usage('override', /set.*clear/s);
});

test('version asks the engine where there is one, and warns when it differs', async () => {
  const out = /^gs-ctl .*\nengine 1\.2\.3 \(web-1, /;
  await check(yellow, 'version', { exitCode: 0, out, talk: /^warning: .*different versions/ });
  await check({ service: {} }, 'version', { exitCode: 1, out: /^gs-ctl /, talk: /UNSUPPORTED/ });
});

test('config schema and completion need no engine', async () => {
  const schema = await gsCtl(directory, ['config', 'schema']);
  assert.ok('receivers' in JSON.parse(schema.out).properties);
  const script = await gsCtl(directory, ['completion', 'bash']);
  assert.match(script.out, /^complete -F _gs_ctl gs-ctl$/m);
});
