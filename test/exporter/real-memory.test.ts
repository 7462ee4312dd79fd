// Scenario: real batches of several resources and scopes lie in slabs of a real arena, and go
// through the kernel, the renderer and a destination to a sink that decodes them. Guarantees: every
// piece carries the spliced attributes and its own resource and scope, every record arrives once
// and unchanged, no request is larger than `max_size`, and all memory is given back.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { createRenderer } from '../../src/enrichment/resource-splice.ts';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import type { OtlpExporterConfig } from '../../src/exporter/otlp-destination.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { LogRecordSchema } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { SpliceStatus } from '../../src/kernel/kernel-abi.ts';
import { KiB } from '../../src/limits.ts';
import { plainConfig, settled } from '../support/file-destination-bench.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ArenaRig } from './arena-rig.ts';
import { grpcConfig, httpConfig, idRange, idsOf } from './exporter-rig.ts';

const delivered = { kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' };
const sizeBytesMax = 64 * KiB;
const ops = [
  { key: 'host.name', action: 'upsert', value: 'web-1' },
  { key: 'deployment', action: 'insert', value: 'blue' },
  { key: 'secret', action: 'delete' },
] as const;

interface Shape {
  readonly name: string;
  readonly resources: number;
  readonly scopes: number;
  readonly records: number;
  readonly paddingBytes: number;
}

/** Records named by where they stand, so that the sink can tell whether they still do. */
function requestOf({ name, resources, scopes, records, paddingBytes }: Shape) {
  const text = (value: string) => ({ value: { case: 'stringValue', value } }) as const;
  const resourceLogs = idRange(name, resources).map((resourceId) => ({
    resource: {
      attributes: [
        { key: 'service.name', value: text(resourceId) },
        { key: 'host.name', value: text('wrong') },
        { key: 'secret', value: text('token') },
      ],
    },
    scopeLogs: idRange(resourceId, scopes).map((scopeId) => ({
      scope: { name: scopeId, version: '1' },
      logRecords: idRange(scopeId, records).map((eventName) => ({
        eventName,
        body: text('x'.repeat(paddingBytes)),
        attributes: [{ key: 'n', value: text(eventName) }],
      })),
    })),
  }));
  return create(ExportLogsServiceRequestSchema, { resourceLogs });
}

const small: Shape = { name: 's', resources: 2, scopes: 2, records: 3, paddingBytes: 20 };
const large: Shape = { name: 'l', resources: 3, scopes: 2, records: 60, paddingBytes: 1_000 };

for (const transport of ['grpc', 'http'] as const) {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    test(`${transport}, ${compression}: a batch larger than max_size goes in enriched pieces, among small ones`, async (t) => {
      const { sink, rig } = await start(t, transport, { compression });
      const requests = [
        requestOf({ ...small, name: 'first' }),
        requestOf(large),
        requestOf({ ...small, name: 'last' }),
        requestOf({ ...large, name: 'm', records: 20 }),
      ];
      const outcomes = requests.map((request) => rig.send(encoded(request)));
      assert.deepEqual(
        await Promise.all(outcomes),
        requests.map(() => delivered),
      );
      assert.ok(sink.arrivals.length >= 8, `${sink.arrivals.length} requests`);
      checkArrived(sink, requests);
      await checkMemory(rig);
      assert.equal(rig.count('DeliveredRecords'), sink.recordCount);
    });
  }

  test(`${transport}: a sink that takes less makes smaller pieces, still enriched, still once`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    // Answers that mean "too large" whatever the size: over gRPC a small bare RESOURCE_EXHAUSTED is
    // overload.
    sink.decide = (request) =>
      encoded(request).length > 20_000 ? bisected[transport] : { kind: 'ok' };
    const request = requestOf({ ...large, records: 10 });
    assert.deepEqual(await rig.send(encoded(request)), delivered);
    checkArrived(sink, [request]);
    await checkMemory(rig);
  });

  test(`${transport}: a record larger than max_size is refused alone, its neighbours arrive`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    const request = requestOf({ ...small, name: 'n', resources: 1, scopes: 1, records: 5 });
    const records = request.resourceLogs[0]!.scopeLogs[0]!.logRecords; // one of each was asked for
    records[2]!.severityText = 'x'.repeat(2 * sizeBytesMax); // of five
    const outcome = await rig.send(encoded(request));
    assert.equal(outcome?.kind, OutcomeKind.Delivered);
    assert.equal(outcome.rejectedRecords, 1);
    records.splice(2, 1);
    checkArrived(sink, [request]);
    await checkMemory(rig);
  });
}

test('an arena without free slabs still exports, and takes batches again', async (t) => {
  const { sink, rig } = await start(t, 'grpc', {});
  sink.mode = { kind: 'unavailable' };
  const outcomes: Promise<unknown>[] = [];
  const requests: ExportLogsServiceRequest[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const request = requestOf({ ...large, name: `f${turn}`, records: 10 });
    const outcome = rig.send(encoded(request));
    if (outcome === undefined) break;
    outcomes.push(outcome);
    requests.push(request);
  }
  assert.ok(rig.pool.occupancyPercent > 90, `${rig.pool.occupancyPercent} %`);
  sink.mode = { kind: 'ok' };
  await Promise.all(outcomes);
  checkArrived(sink, requests);
  assert.deepEqual(await rig.send(encoded(requestOf(small))), delivered);
  await checkMemory(rig);
});

test('file: a record larger than max_size goes through a large slab, or waits until one is free', async (t) => {
  const temporary = temporaryDirectory('large-record');
  const queue = { ...plainConfig.queue, batch: { ...plainConfig.queue.batch, sizeBytesMax } };
  const retry = { ...plainConfig.retry, initialIntervalMs: 20, intervalMsMax: 20 };
  const path = join(temporary.path, 'logs.jsonl');
  const rig = new ArenaRig({ ...plainConfig, path, queue, retry }, ops);
  t.after(async () => {
    await rig.destination.close();
    temporary.remove();
  });
  const request = requestOf({ ...small, name: 'n', resources: 1, scopes: 1, records: 5 });
  const records = request.resourceLogs[0]!.scopeLogs[0]!.logRecords; // one of each was asked for
  records[2]!.severityText = 'x'.repeat(1_500_000); // of five
  const taken: number[] = [];
  const outcome = rig.send(encoded(request));
  for (let slab = -1; slab !== 0; slab = rig.pool.reserve(300_000)) taken.push(slab);
  await settled(() => rig.count('FailedRequests') >= 2);
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  for (const slab of taken.slice(1)) rig.pool.free(slab);
  assert.deepEqual(await outcome, delivered);
  const text = readFileSync(join(temporary.path, 'logs.0.jsonl'), 'utf8');
  const names = [...text.matchAll(/"eventName":"([^"]*)"/g)].map((match) => match[1]);
  assert.deepEqual(names, idRange('n-0-0', 5));
  assert.equal(text.match(/web-1/g)?.length, text.split('\n').length - 1);
  await checkMemory(rig);
});

test('renderBatch() and renderRecords() die of a kernel that refuses what was scanned, and do not split', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(4_096));
  const body = encoded(requestOf({ ...small, resources: 1, scopes: 1 }));
  bytes.set(body, 1_024);
  const batch = { bodyOffsetBytes: 1_024, bodyLengthBytes: body.length, resourceCount: 1 };
  for (const [status, message] of [
    [SpliceStatus.Malformed, /malformed/],
    [SpliceStatus.BadPlan, /plan/],
    [-4, /unknown/],
  ] as const) {
    const kernel = { spliceResources: () => status, spliceResource: () => status };
    const scratch = { offsetBytes: 0, sizeBytes: 1_024 };
    const renderer = createRenderer({ kernel, bytes, scratch, plan: Uint8Array.of(1) });
    assert.throws(() => renderer.renderBatch(batch, 2_048, 1_024), message);
    assert.throws(() => renderer.renderRecords(batch, 0, 3, 2_048, 1_024), message);
  }
});

const bisected = {
  grpc: { kind: 'grpc', status: 3 },
  http: { kind: 'http', status: 413 },
} as const;

async function start(
  t: TestContext,
  transport: 'grpc' | 'http',
  changes: Partial<Pick<OtlpExporterConfig, 'compression'>>,
): Promise<{ sink: OtlpSink; rig: ArenaRig }> {
  const sink = await startSink({ transport });
  const config = await (transport === 'grpc' ? grpcConfig : httpConfig)(sink, changes);
  const batch = { ...config.queue.batch, sizeBytesMin: 32 * KiB, sizeBytesMax };
  const rig = new ArenaRig({ ...config, queue: { ...config.queue, batch } }, ops);
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  return { sink, rig };
}

function encoded(request: ExportLogsServiceRequest): Uint8Array {
  return toBinary(ExportLogsServiceRequestSchema, request);
}

function checkArrived(sink: OtlpSink, sent: readonly ExportLogsServiceRequest[]): void {
  for (const { sizeBytes } of sink.arrivals) assert.ok(sizeBytes <= sizeBytesMax, `${sizeBytes}`);
  const records = new Map<string, string>();
  for (const { resource, scopeLogs } of sink.requests.flatMap((request) => request.resourceLogs)) {
    const attributes = (resource?.attributes ?? []).map(({ key, value }) => [
      key,
      value?.value.value,
    ]);
    const { 'service.name': service, ...others } = Object.fromEntries(attributes);
    assert.deepEqual(others, { 'host.name': 'web-1', deployment: 'blue' });
    for (const { scope, logRecords } of scopeLogs) {
      assert.ok(scope?.name.startsWith(`${service}-`), 'scope under another resource');
      for (const record of logRecords) {
        assert.ok(record.eventName.startsWith(`${scope?.name}-`), 'record under another scope');
        assert.ok(!records.has(record.eventName), 'record twice');
        records.set(record.eventName, hexOf(record));
      }
    }
  }
  assert.deepEqual(idsOf(sink.requests).toSorted(), idsOf(sent).toSorted());
  const all = sent.flatMap(({ resourceLogs }) => resourceLogs.flatMap((one) => one.scopeLogs));
  for (const record of all.flatMap(({ logRecords }) => logRecords)) {
    assert.equal(records.get(record.eventName), hexOf(record));
  }
}

function hexOf(
  record: ExportLogsServiceRequest['resourceLogs'][0]['scopeLogs'][0]['logRecords'][0],
) {
  return Buffer.from(toBinary(LogRecordSchema, record)).toString('hex');
}

/** Export buffers come back when the transport lets go of them, which is later than the answer. */
async function checkMemory(rig: ArenaRig): Promise<void> {
  assert.equal(rig.count('QueuedBytes'), 0);
  await rig.destination.close();
  assert.equal(rig.pool.reservedBytes, 0, 'slabs not given back');
}
