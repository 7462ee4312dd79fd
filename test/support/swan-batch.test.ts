// The outside oracle of the black swan has to see what is missing and what is altered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { BatchMaker, type BatchShape, RecordFinder } from './swan-batch.ts';

const shapes: readonly BatchShape[] = [
  { recordCount: 3, textSizeBytes: 100 },
  { recordCount: 2, textSizeBytes: 5_000, incompressible: true },
];

function batch(producer: number, number: number): Buffer {
  const maker = new BatchMaker(producer, shapes[producer]!); // of the two above
  maker.number(number);
  return Buffer.from(maker.message);
}

function found(message: Buffer): { names: string[]; alteredCount: number } {
  const finder = new RecordFinder(shapes);
  const names: string[] = [];
  finder.find(message, (...numbers) => names.push(numbers.join('/')));
  return { names, alteredCount: finder.alteredCount };
}

test('BatchMaker makes requests of OTLP', () => {
  const request = fromBinary(ExportLogsServiceRequestSchema, batch(0, 12_345_678));
  const records = request.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  const bodies = records.map(({ body }) => String(body?.value.value).slice(0, 23));
  const start = 'swan:000:12345678:000';
  assert.deepEqual(bodies, [`${start}0 `, `${start}1 `, `${start}2 `]);
});

test('RecordFinder finds all records of requests that were joined', () => {
  const { names, alteredCount } = found(Buffer.concat([batch(1, 7), batch(0, 99), batch(1, 8)]));
  assert.deepEqual(names, ['1/7/0', '1/7/1', '0/99/0', '0/99/1', '0/99/2', '1/8/0', '1/8/1']);
  assert.equal(alteredCount, 0);
});

test('RecordFinder does not take a record whose text is altered, cut or of nobody', () => {
  const message = batch(1, 7);
  const end = message.length - 1;
  for (const at of [message.indexOf(':0001 ') + 6, end]) {
    const altered = Buffer.from(message);
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
    assert.deepEqual(found(altered), { names: ['1/7/0'], alteredCount: 1 });
  }
  assert.deepEqual(found(message.subarray(0, end)), { names: ['1/7/0'], alteredCount: 1 });
  const strange = Buffer.from(
    message.toString('latin1').replaceAll('swan:001', 'swan:002'),
    'latin1',
  );
  assert.deepEqual(found(strange), { names: [], alteredCount: 2 });
});
