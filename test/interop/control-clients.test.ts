// Scenario: grpcurl (grpc-go) and a Python program (gRPC's C core), neither of which has our
// descriptions, call the control port by what its reflection tells them, as operator, as viewer and
// without a role, while a producer sends.
// Guarantees: both versions of reflection list and describe every service; unary and streaming
// procedures answer; who may not do something is told so, with our code in the text.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { type CtlHome, ctlHome } from '../control/ctl-contexts.ts';
import { runGrpcurl } from '../support/peers/grpcurl.ts';
import { runPythonCall } from '../support/peers/python-control.ts';
import { SteadyProducer } from '../support/steady-producer.ts';
import { numberedBody } from '../support/tapped-body.ts';

const controlService = 'gophership.control.v1.ControlService';
const permissionDenied = 7;
const grpcurlExit = (status: number) => 64 + status;

let control: ControlEngine;
let home: CtlHome;
let producer: SteadyProducer;
before(async () => {
  control = await startControlEngine();
  home = await ctlHome(control.directory, `localhost:${control.port}`);
  producer = await SteadyProducer.start(control.engine.port, numberedBody('line', 3, 'shop'));
});
after(async () => {
  await producer.stop();
  await control.close();
});

type Who = 'operator' | 'viewer' | 'producer';

function target(who: Who) {
  return {
    address: `localhost:${control.port}`,
    ca: home.path('ca.pem'),
    cert: home.path(`${who}.pem`),
    key: home.path(`${who}.key`),
  };
}

async function grpcurl(exitCode: number, who: Who, words: string[], flags: string[] = []) {
  const { code, lines } = await runGrpcurl({ ...target(who), words, flags });
  const text = lines.join('\n');
  assert.equal(code, exitCode, text);
  return text;
}

const python = (who: Who, procedure: string, request = {}, count = 1) =>
  runPythonCall({ ...target(who), procedure, request, count });

const override = (reason: string) => ({ zone: 'ZONE_YELLOW', duration: '60s', reason });

test('both learn what there is to call', async () => {
  const listed = (await grpcurl(0, 'viewer', ['list'])).split('\n');
  for (const name of [
    controlService,
    'gophership.control.v1.TapService',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ]) {
    assert.ok(listed.includes(name), name);
  }
  assert.deepEqual((await python('viewer', 'list'))[0], listed);
  for (const name of listed) {
    assert.match(await grpcurl(0, 'viewer', ['describe', name]), /is a service/, name);
  }
  const message = 'gophership.control.v1.SetOverrideRequest';
  const described = await grpcurl(0, 'viewer', ['describe', message]);
  assert.match(described, /\.google\.protobuf\.Duration duration = 2;/);
});

test('grpcurl reads the status, holds a zone and watches events', async () => {
  const status = JSON.parse(await grpcurl(0, 'viewer', [`${controlService}/GetStatus`]));
  assert.equal(status.status.zone.zone, 'ZONE_GREEN');
  const set = ['-d', JSON.stringify(override('by grpcurl'))];
  const { zone } = JSON.parse(await grpcurl(0, 'operator', [`${controlService}/SetOverride`], set));
  assert.deepEqual([zone.zone, zone.override.reason], ['ZONE_YELLOW', 'by grpcurl']);
  const flags = ['-d', '{"last": 1}', '-max-time', '2'];
  const deadlineExceeded = 4;
  const watch = [`${controlService}/WatchEvents`];
  const watched = await grpcurl(grpcurlExit(deadlineExceeded), 'viewer', watch, flags);
  assert.match(watched, /"reason": "by grpcurl"/);
});

test('Python reads the status, holds a zone, watches events and taps', async () => {
  const [{ status }] = await python('viewer', `${controlService}/GetStatus`);
  assert.ok(status.flow.receivedRecords >= 3);
  const set = `${controlService}/SetOverride`;
  const [{ zone }] = await python('operator', set, override('by Python'));
  assert.equal(zone.override.reason, 'by Python');
  const events = await python('viewer', `${controlService}/WatchEvents`, { last: 2 }, 2);
  assert.ok(events.some(({ event }) => event.mutation?.reason === 'by Python'));
  const tapped = await python('viewer', 'gophership.control.v1.TapService/Tap', { limit: 2 }, 9);
  const bodies = tapped.flatMap(({ record }) => record?.body ?? []);
  assert.equal(bodies.length, 2);
  for (const body of bodies) assert.match(body, /^line [012]$/);
});

test('both are told what a viewer may not do', async () => {
  const set = `${controlService}/SetOverride`;
  const flags = ['-d', JSON.stringify(override('let me in'))];
  const text = await grpcurl(grpcurlExit(permissionDenied), 'viewer', [set], flags);
  assert.match(text, /PermissionDenied/);
  assert.match(text, /CONTROL_DENIED: SetOverride needs the role operator, not viewer/);
  const [denied] = await python('viewer', set, override('let me in'));
  assert.equal(denied.code, 'PERMISSION_DENIED');
  assert.match(denied.details, /^CONTROL_DENIED: SetOverride needs the role operator/);
});

test('without a role there is no reflection either', async () => {
  assert.match(await grpcurl(1, 'producer', ['list']), /CONTROL_DENIED/);
  const [denied] = await python('producer', 'list');
  assert.equal(denied.code, 'PERMISSION_DENIED');
});
