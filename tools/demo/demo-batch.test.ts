import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { grpcPrefixSizeBytes } from '../../src/limits.ts';
import { BatchTemplate, recordsPerBatch } from './demo-batch.ts';

const template = new BatchTemplate();
const messageOf = (batch: number) => {
  return Buffer.concat([template.head(batch), template.tail]).subarray(grpcPrefixSizeBytes);
};

describe('BatchTemplate', () => {
  it('head() and the tail are a message of that many records', () => {
    const { resourceLogs } = fromBinary(ExportLogsServiceRequestSchema, messageOf(42));
    const records = resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords),
    );
    assert.equal(records.length, recordsPerBatch);
    assert.equal(messageOf(42).length, template.messageSizeBytes);
  });

  it('read() finds the numbers in a request of several batches', () => {
    const request = Buffer.concat([7, 0, 999_999].map(messageOf));
    assert.deepEqual(template.read(request), [7, 0, 999_999]);
  });

  it('read() finds out a batch that has lost its end, a byte or its number', () => {
    const changed = Buffer.from(messageOf(5));
    changed[changed.length - 1]! ^= 1;
    const numberless = Buffer.from(messageOf(5));
    numberless.write('x', numberless.indexOf('demo.batch'));
    for (const message of [messageOf(5).subarray(0, -1), changed, numberless]) {
      assert.deepEqual(template.read(message), [Number.NaN]);
    }
  });
});
