// Scenario: gs-ctl send against a real mTLS gRPC server that acknowledges, refuses, is silent or
// hangs up. Guarantees: the report says what was acknowledged; exit codes are those that scripts
// rely on.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Status } from '../../src/errors.ts';
import { issue } from '../../src/tls/certificate-authority.ts';
import { type CertificateFiles, testCertificates, writeTo } from '../support/certificates.ts';
import { type CtlRun, gsCtl } from './gs-ctl.ts';
import { type LogsSink, openLogsSink, type SinkAnswer } from './logs-sink.ts';

let directory = '';
let files: CertificateFiles;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-send-'));
  files = await writeTo(join(directory, 'certs'));
});
after(() => rm(directory, { recursive: true, force: true }));

function identity(): string[] {
  return ['--ca', files.ca, '--cert', files.clientCert, '--key', files.clientKey];
}

/** Runs send with these flags against a sink that answers so; returns both ends' view. */
async function check(
  answerTo: (batch: number) => SinkAnswer,
  args: readonly string[],
  exitCode: number,
): Promise<CtlRun & { readonly received: LogsSink['received'] }> {
  const sink = await openLogsSink(answerTo);
  try {
    const run = await gsCtl(directory, ['send', '--address', sink.address, ...identity(), ...args]);
    assert.equal(run.exitCode, exitCode, run.out + run.talk);
    return { ...run, received: sink.received };
  } finally {
    sink.close();
  }
}

test('send delivers real OTLP and exits with 0 when all is acknowledged', async () => {
  const args = ['--count', '3', '--records', '2', '--size', '64', '-o', 'json'];
  const { out, received } = await check(() => 'ok', args, 0);
  const report = JSON.parse(out);
  assert.equal(report.apiVersion, 'gophership/v1');
  assert.deepEqual([report.batches, report.acked, report.recordsAcked], [3, 3, 6]);
  assert.deepEqual(report.codes, [{ code: 'OK', count: 3, message: '' }]);
  assert.ok(report.latencyMs.p50 > 0 && report.latencyMs.p50 <= report.latencyMs.p99);
  const records = received.flatMap((request) => request.resourceLogs[0]!.scopeLogs[0]!.logRecords);
  assert.deepEqual(
    records.map(({ body }) => body?.value.value),
    [1, 2, 3, 4, 5, 6].map((n) => `gs-ctl send: test record ${n} of 6`.padEnd(64, '.')),
  );
  const ids = new Set(records.map(({ attributes }) => attributes[0]?.value?.value.value));
  assert.equal(ids.size, 3);
});

test('send shows codes and messages, escaped, and exits with 1 when something was refused', async () => {
  const refused = { status: Status.Unavailable, message: 'QUEUE_FULL: 9 of 9\u001b[2J' };
  const { out } = await check((batch) => (batch === 1 ? refused : 'ok'), ['--count', '3'], 1);
  assert.match(out, /^OK +2$/m);
  assert.match(out, /^UNAVAILABLE +1 +QUEUE_FULL: 9 of 9\\u001b\[2J$/m);
});

test('send exits with 1 when records were rejected', async () => {
  const { out } = await check(() => ({ rejected: 1, message: 'too old' }), ['--records', '3'], 1);
  assert.match(out, /^PARTIAL +1 +too old$/m);
});

test('send exits with 6 when an answer does not come in time', async () => {
  const { out } = await check(() => 'silence', ['--timeout', '200ms'], 6);
  assert.match(out, /^TIMEOUT +1 /m);
});

test('send stops when the connection is lost, reports, and exits with 3', async () => {
  const answerTo = (batch: number) => (batch === 1 ? 'hang up' : 'ok');
  const { out, received } = await check(answerTo, ['--count', '9'], 3);
  assert.match(out, /^OK +1$/m);
  assert.match(out, /^UNREACHABLE +1 /m);
  assert.equal(received.length, 2);
});

test('send paces batches with --rate', async () => {
  const { out } = await check(() => 'ok', ['--count', '5', '--rate', '50', '-o', 'json'], 0);
  assert.ok(JSON.parse(out).elapsedMs >= 80);
});

test('send exits with 3 when nobody listens', async () => {
  const sink = await openLogsSink(() => 'ok');
  sink.close();
  const run = await gsCtl(directory, ['send', '--address', sink.address, ...identity()]);
  assert.equal(run.exitCode, 3, run.talk);
  assert.match(run.talk, /^error: UNREACHABLE: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  assert.match(run.talk, /^hint: /m);
});

test('send exits with 3 when the server is not of the given authority', async () => {
  const { otherCaPem } = await testCertificates();
  await writeFile(join(directory, 'other-ca.pem'), otherCaPem);
  const { talk } = await check(() => 'ok', ['--ca', join(directory, 'other-ca.pem')], 3);
  assert.match(talk, /UNREACHABLE: .*server's certificate is not accepted/);
});

test('send exits with 4 when the server refuses the certificate', async () => {
  const { ca, otherClient } = await testCertificates();
  const wallMs = Date.now() - 9e9;
  const expired = await issue({ ca, commonName: 'old', usage: 'client', daysValid: 1, wallMs });
  for (const [name, pair] of Object.entries({ other: otherClient, expired })) {
    await writeFile(join(directory, `${name}.pem`), pair.certPem);
    await writeFile(join(directory, `${name}.key`), pair.keyPem);
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    const { talk } = await check(() => 'ok', ['--cert', cert, '--key', key], 4);
    assert.match(talk, /^error: TLS_PEER: /m);
  }
});

test('send finds its target by flag, environment, folder context, then user context', async () => {
  const sinks = await Promise.all([0, 1, 2, 3].map(() => openLogsSink(() => 'ok')));
  const home = await mkdtemp(join(directory, 'home-'));
  const context = (address: string) => `apiVersion: gophership/v1
current: here
contexts:
  here: { otlp_address: '${address}', ca: ${files.ca}, cert: ${files.clientCert}, key: ${files.clientKey} }
`;
  await mkdir(join(home, '.gophership'));
  await mkdir(join(home, 'xdg', 'gophership'), { recursive: true });
  await writeFile(join(home, 'xdg', 'gophership', 'ctl.yaml'), context(sinks[3]!.address));
  await writeFile(join(home, '.gophership', 'ctl.yaml'), context(sinks[2]!.address));
  const environment = { XDG_CONFIG_HOME: join(home, 'xdg'), GS_CTL_ADDRESS: sinks[1]!.address };
  const { GS_CTL_ADDRESS: _, ...withoutAddress } = environment;
  const flag = ['--address', sinks[0]!.address];
  const runs = [
    await gsCtl(home, ['send', ...flag], environment),
    await gsCtl(home, ['send'], environment),
  ];
  runs.push(await gsCtl(home, ['send'], withoutAddress));
  await rm(join(home, '.gophership'), { recursive: true });
  runs.push(await gsCtl(home, ['send'], withoutAddress));
  for (const sink of sinks) sink.close();
  assert.deepEqual(
    runs.map(({ exitCode, talk }) => `${exitCode}${talk}`),
    ['0', '0', '0', '0'],
  );
  assert.deepEqual(
    sinks.map(({ received }) => received.length),
    [1, 1, 1, 1],
  );
});

test('send without a target names every place that it looked at', async () => {
  const { exitCode, talk } = await gsCtl(directory, ['send', '-o', 'json']);
  assert.equal(exitCode, 64);
  const { error } = JSON.parse(talk);
  assert.equal(error.code, 'NO_TARGET');
  for (const place of [
    '--address',
    'GS_CTL_ADDRESS',
    '/.gophership/ctl.yaml',
    '/.config/gophership/ctl.yaml',
  ]) {
    assert.ok(error.message.includes(place), place);
  }
});
