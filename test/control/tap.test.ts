// Scenario: while producers send, viewers look at what comes in, over Connect and with gs-ctl; the
// zone turns Red and back; more look than there is room for; some leave without a word.
// Guarantees: a viewer sees records of the producers, also of those that send compressed or more
// than 64 KiB at once; matches hold; nothing is looked at in Red, which a tap says; four look at a
// time; without a role there is nothing to see; what is shown cannot drive a terminal.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { SteadyProducer } from '../support/steady-producer.ts';
import { numberedBody, stringAttribute, stringValue, tappedBody } from '../support/tapped-body.ts';
import type { ConnectStream } from './connect-stream.ts';
import { type ControlCertificates, controlCertificates } from './control-certificates.ts';
import { ControlClient, type JsonValue } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

const tapPath = '/gophership.control.v1.TapService';
const tapStreamsMax = 4;

let control: ControlEngine;
let certificates: ControlCertificates;
let operator: ControlClient;
let home: CtlHome;
const clients: ControlClient[] = [];
const producers: SteadyProducer[] = [];
before(async () => {
  control = await startControlEngine();
  certificates = await controlCertificates();
  operator = await ControlClient.connect(control.port, certificates.operator);
  home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const producer of producers.splice(0)) await producer.stop();
  await operator.call('ClearOverride', { reason: 'a clean start' });
});
after(async () => {
  operator.close();
  await control.close();
});

async function look(asked: object = {}, pair: PemPair = certificates.viewer) {
  const client = await ControlClient.connect(control.port, pair);
  clients.push(client);
  return client.watch('Tap', asked, tapPath);
}

async function send(body: Uint8Array): Promise<void> {
  producers.push(await SteadyProducer.start(control.engine.port, body));
}

async function turn(zone: string): Promise<void> {
  const reply = await operator.call('SetOverride', { zone, duration: '60s', reason: 'a test' });
  assert.equal(reply.code, 'ok');
}

async function nextRecord(tap: ConnectStream): Promise<JsonValue> {
  return (await tap.until(({ record }) => record !== undefined)).record;
}

test('a viewer sees records with what belongs to them', async () => {
  const tap = await look();
  assert.equal((await tap.next()).progress.sampledRecords, undefined, 'none yet');
  const attributes = [stringAttribute('user', 'ann')];
  const body = stringValue('it failed');
  const [severityNumber, timeUnixNano] = [17, 1_700_000_000_000_000_000n];
  await send(tappedBody([{ body, attributes, severityNumber, timeUnixNano }], 'checkout'));
  const record = await nextRecord(tap);
  assert.deepEqual(record, {
    ...{ time: '2023-11-14T22:13:20Z', severityNumber: 17, serviceName: 'checkout' },
    ...{ body: 'it failed', attributes: [{ key: 'user', value: 'ann' }], scopeName: 'scope' },
    resourceAttributes: [{ key: 'service.name', value: 'checkout' }],
  });
  const { progress } = await tap.until((message) => message.progress !== undefined);
  assert.ok(progress.sampledRecords > 0);
  assert.ok(progress.receivedRecords >= progress.sampledRecords);
});

test('a viewer sees what came compressed, and the beginning of what is large', async () => {
  const [zipped, large] = await Promise.all([
    look({ matches: [{ key: 'service.name', value: 'zipped' }] }),
    look({ matches: [{ key: 'service.name', value: 'large' }], limit: 3 }),
  ]);
  const body = Buffer.from(gzipSync(numberedBody('small', 2, 'zipped')));
  const framed = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), body]);
  framed.writeUInt32BE(body.length, 1);
  producers.push(
    await SteadyProducer.startFramed(control.engine.port, framed, { 'grpc-encoding': 'gzip' }),
  );
  await send(numberedBody('x'.repeat(1_000), 1_000, 'large'));
  assert.match((await nextRecord(zipped)).body, /^small [01]$/);
  for (const index of [0, 1, 2]) {
    assert.equal((await nextRecord(large)).body, `${'x'.repeat(1_000)} ${index}`);
  }
  const { progress } = await large.next();
  assert.ok(progress.matchedRecords >= 3);
  assert.equal((await large.ended).code, 'ok');
});

test('a tap shows what meets all of its matches', async () => {
  const matches = [
    { key: 'body', value: 'RARE' },
    { key: 'service.name', value: 'shop' },
  ];
  const tap = await look({ matches });
  await send(numberedBody('often', 20, 'shop'));
  await send(numberedBody('rare', 1, 'till'));
  await send(tappedBody([{ body: stringValue('a rare one') }], 'shop'));
  for (let count = 0; count < 3; count += 1) {
    const { body, serviceName } = await nextRecord(tap);
    assert.deepEqual([body, serviceName], ['a rare one', 'shop']);
  }
});

test('nothing is looked at in Red, and a tap goes on afterwards', async () => {
  const tap = await look();
  await send(numberedBody('one', 1));
  await nextRecord(tap);
  await turn('ZONE_RED');
  await tap.until(({ heartbeat }) => heartbeat === 'ZONE_RED');
  const refused = await (await look()).outcome();
  assert.equal(refused.code, 'failed_precondition');
  assert.match(refused.errorText, /^CONTROL_TAP_PAUSED: /);
  const again = await tap.next();
  assert.equal(again.heartbeat, 'ZONE_RED', 'five seconds later, and no record before');
  await turn('ZONE_GREEN');
  assert.ok((await tap.next()).progress !== undefined);
  assert.equal((await nextRecord(tap)).body, 'one 0');
});

test('four look at a time, and who leaves without a word leaves a place', async () => {
  const taps: ConnectStream[] = [];
  while (taps.length < tapStreamsMax) {
    const tap = await look();
    await tap.next();
    taps.push(tap);
  }
  const refused = await (await look()).outcome();
  assert.equal(refused.code, 'resource_exhausted');
  assert.match(refused.errorText, /^CONTROL_BUSY: /);
  for (const client of clients.splice(0)) client.close();
  await send(numberedBody('one', 1));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const tap = await look();
    const outcome = await tap.outcome();
    if (outcome.code === 'ok') return;
    assert.match(outcome.errorText, /^CONTROL_BUSY: /);
  }
  assert.fail('there is never a place again');
});

test('who has no role sees nothing', async () => {
  const { code, errorText } = await (await look({}, certificates.producer)).outcome();
  assert.equal(code, 'permission_denied');
  assert.match(errorText, /^CONTROL_DENIED: /);
});

test('gs-ctl tap shows so many records, one a line, and none that drives a terminal', async () => {
  await send(tappedBody([{ body: stringValue('evil \u001b[2J\nnext \u202e') }], 'shop'));
  const args = ['tap', '--context', 'viewer', '--limit', '2', '--match', 'body=evil'];
  const { out, talk } = await home.run(0, args);
  const lines = out.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^TIME +SEVERITY +SERVICE +BODY$/);
  assert.equal(lines.length, 3);
  for (const line of lines.slice(1)) assert.match(line, / shop +evil \\u001b\[2J next \\u202e$/);
  assert.match(talk, /^2 shown of \d/);
  const json = (await home.run(0, [...args, '-o', 'json'])).out.trimEnd().split('\n');
  const [first] = json.map((line) => JSON.parse(line));
  assert.equal(json.length, 2);
  assert.deepEqual([first.kind, first.body], ['LogRecord', 'evil \u001b[2J\nnext \u202e']);
  await home.run(64, ['tap', '--match', 'nonsense'], /key=value/);
});

test('gs-ctl tap says in Red that there is nothing to see, and why', async () => {
  await turn('ZONE_RED');
  await home.run(1, ['tap'], /^error: CONTROL_TAP_PAUSED: .*\nhint: .*gs-ctl explain/);
});
