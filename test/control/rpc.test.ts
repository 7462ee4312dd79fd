// Scenario: an engine with a vault has taken some batches; a viewer asks it for everything that it
// tells, over gRPC, gRPC-Web and Connect.
// Guarantees: the answers agree with each other and with what was sent; the ledger is balanced;
// the configuration has no secret in it; grpc.health.v1 answers as its description says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { parse } from 'yaml';
import {
  ControlService,
  Destination_State,
  GetStatusResponseSchema,
  SignalUnit,
  Zone,
} from '../../src/generated/gophership/control/v1/control_pb.js';
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/generated/grpc/health/v1/health_pb.js';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { controlCertificates } from './control-certificates.ts';
import { ControlClient, requestHttp1 } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { firstOf, GrpcCaller, outcomeOf } from './grpc-caller.ts';

const canary = 'canary-of-the-header';
const batchCount = 5;
const recordsPerBatch = 4;
const notFound = 5;
const methods = ControlService.method;
const version = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
const vault = temporaryDirectory('control-vault');

let control: ControlEngine;
let grpc: GrpcCaller;
let client: ControlClient;
before(async () => {
  control = await startControlEngine({
    sections: { vault: { directory: join(vault.path, 'vault'), limit: '512MiB' } },
    exporter: { headers: { authorization: `Bearer ${canary}` } },
  });
  const { viewer } = await controlCertificates();
  grpc = await GrpcCaller.create(control.port, viewer);
  client = await ControlClient.connect(control.port, viewer);
  const { port } = control.engine;
  const producer = await OracleProducer.connect({ port, recordsPerBatch });
  await producer.send(batchCount, 1);
  assert.equal(producer.acked.size, batchCount);
  producer.close();
});
after(async () => {
  grpc.close();
  client.close();
  await control.close();
  vault.remove();
});

test('GetStatus says what the engine is and does', async () => {
  const startedMs = Date.now();
  const { status } = await grpc.call(methods.getStatus);
  assert.ok(status?.time !== undefined && status.uptime !== undefined);
  assert.ok(Math.abs(timestampMs(status.time) - startedMs) < 5_000);
  assert.ok(status.uptime.seconds < 60n);
  assert.deepEqual([status.version, status.host], [version, hostname()]);
  assert.equal(status.zone?.zone, Zone.GREEN);
  assert.equal(status.zone.observesOnly, true);
  assert.equal(status.zone.override, undefined);
  assert.ok(status.zone.reason.length > 0, 'the reason in words');
  assert.equal(status.isDraining, false);
  const { flow, destinations } = status;
  assert.equal(flow?.receivedBatches, batchCount);
  assert.equal(flow.receivedRecords, batchCount * recordsPerBatch);
  assert.equal(flow.ackedBatches, batchCount);
  assert.equal(flow.ackedRecords, batchCount * recordsPerBatch);
  assert.ok(flow.receivedBytes > batchCount * recordsPerBatch * 100);
  assert.deepEqual([flow.refusedBatches, flow.inFlightBatches, flow.inFlightBytes], [0, 0, 0]);
  const [destination] = destinations;
  assert.equal(destinations.length, 1);
  assert.equal(destination?.id, 'otlp_grpc');
  assert.equal(destination.state, Destination_State.WORKS);
  assert.equal(destination.isRequired, true);
  assert.equal(destination.deliveredRecords, batchCount * recordsPerBatch);
  assert.equal(destination.rejectedRecords + destination.droppedRecords, 0);
  assert.equal(status.vault?.state, 'open');
  assert.equal(status.vault.limitBytes, 512 * 1024 * 1024);
  assert.ok(status.vault.usedBytes <= status.vault.limitBytes);
  assert.equal(status.vault.lostBatches + status.vault.droppedBatches, 0);
  assert.equal(status.replay?.waitingBatches, 0);
});

test('GetStatus has every live signal with its unit, and thresholds only where there are some', async () => {
  const { status } = await grpc.call(methods.getStatus);
  const signals = status?.signals ?? [];
  const byName = new Map(signals.map((signal) => [signal.name, signal]));
  assert.equal(byName.size, signals.length, 'no name twice');
  for (const { name, unit, value, yellow, red } of signals) {
    assert.notEqual(unit, SignalUnit.UNSPECIFIED, name);
    for (const number of [value, yellow, red]) {
      assert.ok(number === undefined || Number.isFinite(number), `${name} is a number`);
    }
  }
  assert.ok((byName.get('arena_percent')?.red ?? 0) > 0);
  assert.equal(byName.get('loop_delay_p99')?.unit, SignalUnit.MILLISECONDS);
  const { absent } = await grpc.call(methods.explain);
  assert.deepEqual(
    absent.filter((name) => byName.has(name)),
    [],
  );
});

test('Explain agrees with GetStatus', async () => {
  const { zone, signals, holding } = await grpc.call(methods.explain);
  const { status } = await grpc.call(methods.getStatus);
  assert.equal(zone?.zone, status?.zone?.zone);
  assert.deepEqual(
    signals.map(({ name }) => name),
    status?.signals.map(({ name }) => name),
  );
  const names = new Set(signals.map(({ name }) => name));
  for (const name of holding) assert.ok(names.has(name));
});

test('GetLedger is balanced and has a row for each required destination', async () => {
  const { intake, rows, isBalanced } = await grpc.call(methods.getLedger);
  assert.equal(isBalanced, true);
  assert.deepEqual(
    [intake?.received, intake?.acked, intake?.refused, intake?.gone, intake?.difference],
    [batchCount, batchCount, 0, 0, 0],
  );
  assert.deepEqual(
    rows.map(({ destination, acked, difference }) => [destination, acked, difference]),
    [['otlp_grpc', batchCount, 0]],
  );
});

test('GetConfig is YAML with the defaults and without secrets', async () => {
  const { yaml } = await grpc.call(methods.getConfig);
  const config = parse(yaml);
  assert.equal(config.vault.limit, '512MiB');
  assert.equal(config.zones.observe_only, true);
  assert.ok(config.control.drain_timeout !== undefined, 'a default');
  assert.ok(yaml.includes(control.files.serverKey), 'the name of a file is no secret');
  assert.ok(!yaml.includes(canary), 'the value of a header is one');
  assert.doesNotMatch(yaml, /PRIVATE KEY/);
});

test('gRPC, gRPC-Web and Connect say the same', async () => {
  const { viewer } = await controlCertificates();
  const overGrpc = await grpc.call(methods.getLedger);
  const overConnect = await client.call('GetLedger');
  assert.equal(overConnect.message.intake.received, overGrpc.intake?.received);
  assert.equal(overConnect.message.isBalanced, overGrpc.isBalanced);
  const web = await requestHttp1(control.port, viewer, {
    ...{ method: 'POST', path: '/gophership.control.v1.ControlService/GetLedger' },
    headers: { 'content-type': 'application/grpc-web+json', 'x-grpc-web': '1' },
    body: Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]),
  });
  assert.equal(web.status, 200);
  assert.match(web.body, /"isBalanced":true/);
  assert.match(web.body, /grpc-status: ?0/i);
  const proto = await requestHttp1(control.port, viewer, {
    ...{ method: 'POST', path: '/gophership.control.v1.ControlService/GetStatus' },
    ...{ headers: { 'content-type': 'application/proto' }, body: '' },
  });
  assert.equal(proto.status, 200);
  const { status } = fromBinary(GetStatusResponseSchema, proto.bytes);
  assert.equal(status?.version, version);
});

test('health is SERVING for the whole, and NOT_FOUND for what is not there', async () => {
  assert.equal((await grpc.call(Health.method.check)).status, Serving.SERVING);
  assert.equal((await firstOf(grpc.watch(Health.method.watch))).status, Serving.SERVING);
  const other = await grpc.call(Health.method.check, { service: 'other' }).catch(outcomeOf);
  assert.ok('errorText' in other && other.status === notFound);
  const unknown = await firstOf(grpc.watch(Health.method.watch, { service: 'other' }));
  assert.equal(unknown.status, Serving.SERVICE_UNKNOWN);
});
