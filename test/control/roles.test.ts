// Scenario: callers with every role, and with certificates that only look like one, call every
// procedure that there is, over gRPC and over Connect, and a viewer tries to change something in
// every other way.
// Guarantees: each procedure is open to exactly the roles that its description names; without a
// role there is health and nothing else; a refusal says CONTROL_DENIED and is in the log.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ControlService } from '../../src/generated/gophership/control/v1/control_pb.js';
import { Health } from '../../src/generated/grpc/health/v1/health_pb.js';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import {
  type ControlCertificates,
  controlCertificates,
  viewerName,
} from './control-certificates.ts';
import { ControlClient, controlPath, requestHttp1 } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { firstString, GrpcCaller } from './grpc-caller.ts';

const invalidArgument = 3;
const permissionDenied = 7;
const protoPath = '../../proto/gophership/control/v1/control.proto';
const protoText = readFileSync(new URL(protoPath, import.meta.url), 'utf8');
/** By procedure, the first word of its description. */
const describedRoles: Readonly<Record<string, string>> = Object.fromEntries(
  [...protoText.matchAll(/\/\/ (Viewer|Operator)\..*\n(?: *\/\/.*\n)* *rpc (\w+)\(/g)].map(
    ([, role = '', procedure = '']) => [procedure, role],
  ),
);
const operatorProcedures = Object.keys(describedRoles).filter(
  (name) => describedRoles[name] === 'Operator',
);

let control: ControlEngine;
let certificates: ControlCertificates;
before(async () => {
  control = await startControlEngine();
  certificates = await controlCertificates();
  // WatchEvents says nothing before there is an event.
  const client = await ControlClient.connect(control.port, certificates.operator);
  const message = { zone: 'ZONE_GREEN', duration: '1s', reason: 'the first event' };
  assert.equal((await client.call('SetOverride', message)).code, 'ok');
  client.close();
});
after(() => control.close());

/** Procedures that this certificate may not call. */
async function deniedTo(pair: PemPair): Promise<string[]> {
  const grpc = await GrpcCaller.create(control.port, pair);
  const client = await ControlClient.connect(control.port, pair);
  const denied: string[] = [];
  try {
    for (const method of ControlService.methods) {
      const overGrpc = await grpc.outcome(method);
      const overConnect =
        method.methodKind === 'unary'
          ? await client.call(method.name)
          : await client.watch(method.name).outcome();
      const isDenied = overGrpc.status === permissionDenied;
      // An empty request is not one that every procedure can do something with.
      assert.ok([0, invalidArgument, permissionDenied].includes(overGrpc.status), method.name);
      assert.equal(overConnect.code === 'permission_denied', isDenied, `${method.name}: the same`);
      if (!isDenied) continue;
      denied.push(method.name);
      assert.match(overGrpc.errorText, /^CONTROL_DENIED: ./);
      assert.match(overConnect.errorText, /^CONTROL_DENIED: ./);
      assert.equal(overGrpc.reason, 'CONTROL_DENIED');
    }
  } finally {
    grpc.close();
    client.close();
  }
  return denied.sort();
}

/** Of the override that holds the zone. */
async function overrideReason(): Promise<string | undefined> {
  const client = await ControlClient.connect(control.port, certificates.viewer);
  const { message } = await client.call('GetStatus');
  client.close();
  return message.status.zone.override?.reason;
}

test('each procedure says who may call it', () => {
  const names = ControlService.methods.map(({ name }) => name);
  assert.deepEqual(Object.keys(describedRoles).sort(), names.sort());
  assert.deepEqual(operatorProcedures.sort(), ['ClearOverride', 'SetOverride']);
});

test('an operator may call everything, by unit and by URI', async () => {
  assert.deepEqual(await deniedTo(certificates.operator), []);
  assert.deepEqual(await deniedTo(certificates.uriOperator), []);
});

test('a viewer may call what reads, by unit and by URI', async () => {
  assert.deepEqual(await deniedTo(certificates.viewer), operatorProcedures.sort());
  assert.deepEqual(await deniedTo(certificates.uriViewer), operatorProcedures.sort());
});

test('without a role there is health and nothing else', async () => {
  const { producer } = certificates;
  const names = ControlService.methods.map(({ name }) => name);
  assert.deepEqual(await deniedTo(producer), names.sort());
  const grpc = await GrpcCaller.create(control.port, producer);
  assert.equal((await grpc.outcome(Health.method.check)).status, 0);
  grpc.close();
  const statusOf = async (path: string) => {
    return (await requestHttp1(control.port, producer, { path })).status;
  };
  assert.equal(await statusOf('/livez'), 200);
  assert.equal(await statusOf('/readyz'), 200);
  const metrics = await requestHttp1(control.port, producer, { path: '/metrics' });
  assert.equal(metrics.status, 403);
  assert.match(metrics.body, /CONTROL_DENIED/);
  assert.doesNotMatch(metrics.body, /gophership_/);
});

test('names that only look like a role are none', async () => {
  for (const [name, pair] of Object.entries(certificates.impostors)) {
    const client = await ControlClient.connect(control.port, pair);
    assert.equal((await client.call('GetStatus')).code, 'permission_denied', name);
    assert.equal((await client.call('ClearOverride')).code, 'permission_denied', name);
    client.close();
  }
});

test('a refusal carries its code as ErrorInfo over Connect, too', async () => {
  const client = await ControlClient.connect(control.port, certificates.producer);
  const { details } = await client.call('GetStatus');
  client.close();
  const [info] = details.filter(({ type }) => type === 'google.rpc.ErrorInfo');
  assert.equal(firstString(Buffer.from(info?.value ?? '', 'base64')), 'CONTROL_DENIED');
});

test('a refused call is in the log with who called what', async () => {
  const client = await ControlClient.connect(control.port, certificates.viewer);
  await client.call('SetOverride');
  client.close();
  const line = await control.engine.waitForLog(
    ({ code }) => code === 'CONTROL_DENIED',
    'the first refused call',
  );
  assert.match(JSON.stringify(line), new RegExp(viewerName));
  assert.match(JSON.stringify(line), /Override/);
});

test('calls that were refused are not logged one by one', async () => {
  const client = await ControlClient.connect(control.port, certificates.producer);
  for (let count = 0; count < 50; count += 1) await client.call('GetStatus');
  client.close();
  const lines = control.engine.logs().filter(({ code }) => code === 'CONTROL_DENIED');
  assert.ok(lines.length >= 1 && lines.length < 10, `${lines.length} lines`);
});

const wanted = { zone: 'ZONE_RED', duration: '600s', reason: 'let me in' };
const detours: Readonly<Record<string, (client: ControlClient) => Promise<unknown>>> = {
  'a query behind the path': (client) => client.call('SetOverride?a=b', wanted),
  'a slash behind the path': (client) => client.call('SetOverride/', wanted),
  'two slashes in the path': (client) => client.call('/SetOverride', wanted),
  'dots in the path': (client) => client.call('GetStatus/../SetOverride', wanted),
  'an escape in the path': (client) => client.call('%53etOverride', wanted),
  'an escaped slash': (client) => client.call('..%2fSetOverride', wanted),
  'small letters': (client) => client.call('setoverride', wanted),
  'a fragment': (client) => client.call('SetOverride#/GetStatus', wanted),
  'a GET': (client) =>
    client.get(
      `${controlPath}/SetOverride?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(wanted))}`,
    ),
  'a PUT': (client) =>
    client.request({
      ...{ method: 'PUT', path: `${controlPath}/SetOverride`, body: JSON.stringify(wanted) },
      headers: { 'content-type': 'application/json' },
    }),
  'the type of gRPC-Web': (client) =>
    client.request({
      ...{ method: 'POST', path: `${controlPath}/SetOverride`, body: webEnvelope() },
      headers: { 'content-type': 'application/grpc-web+json' },
    }),
  'a method override': (client) =>
    client.request({
      ...{ method: 'POST', path: `${controlPath}/GetStatus`, body: JSON.stringify(wanted) },
      headers: {
        'content-type': 'application/json',
        'x-http-method-override': 'SetOverride',
        'x-original-url': `${controlPath}/SetOverride`,
      },
    }),
};

function webEnvelope(): Buffer {
  const text = Buffer.from(JSON.stringify(wanted));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

test('a viewer changes nothing by any detour', async () => {
  for (const [name, detour] of Object.entries(detours)) {
    const client = await ControlClient.connect(control.port, certificates.viewer);
    await detour(client).catch(() => {}); // a reset is a refusal, too
    client.close();
    assert.notEqual(await overrideReason(), wanted.reason, name);
  }
});

test('a procedure that is none is not there for an operator either', async () => {
  const client = await ControlClient.connect(control.port, certificates.operator);
  const { status } = await client.call('DropEverything');
  client.close();
  assert.equal(status, 404);
});
