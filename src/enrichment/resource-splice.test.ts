import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { encodeRequest, logsRequest } from '../../test/support/logs-arbitrary.ts';
import { testSeed } from '../../test/support/seed.ts';
import { ExportLogsServiceRequestSchema } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { Kernel } from '../kernel/kernel.ts';
import { encodeSplicePlan } from '../kernel/splice-plan.ts';
import { createRenderer } from './resource-splice.ts';

const scratch = { offsetBytes: 65_536, sizeBytes: 65_536 };
const bodyOffsetBytes = 2 * 65_536;
const dstOffsetBytes = 4 * 65_536;
const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);

const plan = encodeSplicePlan([
  { key: 'host.name', action: 'upsert', value: 'web-1' },
  { key: 'k', action: 'insert', value: 'x'.repeat(200) },
]);

function rendererOf(planBytes: Uint8Array) {
  return createRenderer({ kernel, bytes, scratch, plan: planBytes });
}

function batchOf(body: Uint8Array) {
  bytes.set(body, bodyOffsetBytes);
  const { resourceLogs } = fromBinary(ExportLogsServiceRequestSchema, body);
  const recordCount = resourceLogs
    .flatMap((entry) => entry.scopeLogs)
    .reduce((sum, entry) => sum + entry.logRecords.length, 0);
  const batch = {
    bodyOffsetBytes,
    bodyLengthBytes: body.length,
    resourceCount: resourceLogs.length,
  };
  return { batch, recordCount };
}

function written(lengthBytes: number) {
  const body = bytes.slice(dstOffsetBytes, dstOffsetBytes + lengthBytes);
  return fromBinary(ExportLogsServiceRequestSchema, body);
}

test('renderBatch() with an empty plan is a copy of the body', (context) => {
  const renderer = rendererOf(new Uint8Array(0));
  fc.assert(
    fc.property(logsRequest, (request) => {
      const body = encodeRequest(request);
      const { batch } = batchOf(body);
      assert.equal(renderer.sizeBytesMax(batch), body.length);
      assert.equal(renderer.renderBatch(batch, dstOffsetBytes, body.length), body.length);
      assert.deepEqual(bytes.slice(dstOffsetBytes, dstOffsetBytes + body.length), body);
      assert.equal(renderer.renderBatch(batch, dstOffsetBytes, body.length - 1), -1);
    }),
    { numRuns: 200, seed: testSeed(context) },
  );
});

test('renderBatch() and renderRecords() enrich alike, within sizeBytesMax()', (context) => {
  const renderer = rendererOf(plan);
  fc.assert(
    fc.property(logsRequest, (request) => {
      const { batch, recordCount } = batchOf(encodeRequest(request));
      const sizeBytes = renderer.renderBatch(batch, dstOffsetBytes, 65_536);
      assert.ok(sizeBytes >= 0 && sizeBytes <= renderer.sizeBytesMax(batch));
      const whole = written(sizeBytes);
      for (const { resource } of whole.resourceLogs) {
        const keys = (resource?.attributes ?? []).map(({ key }) => key);
        assert.ok(keys.includes('host.name') && keys.includes('k'));
      }
      const pieces = renderer.renderRecords(batch, 0, recordCount, dstOffsetBytes, 65_536);
      assert.equal(pieces.recordEnd, recordCount);
      // Pieces have no ResourceLogs and ScopeLogs without records.
      const withRecords = whole.resourceLogs
        .map((entry) => ({
          ...entry,
          scopeLogs: entry.scopeLogs.filter(({ logRecords }) => logRecords.length > 0),
        }))
        .filter(({ scopeLogs }) => scopeLogs.length > 0);
      assert.deepEqual(written(pieces.lengthBytes).resourceLogs, withRecords);
    }),
    { numRuns: 500, seed: testSeed(context) },
  );
});

test('renderRecords() says that no record fits when the enriched resource does not', () => {
  const renderer = rendererOf(plan);
  const { batch } = batchOf(Buffer.from('0a0412021200', 'hex'));
  assert.deepEqual(renderer.renderRecords(batch, 0, 1, dstOffsetBytes, 200), {
    lengthBytes: 0,
    recordEnd: 0,
  });
});
