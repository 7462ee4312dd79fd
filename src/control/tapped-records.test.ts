import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { numberedBody } from '../../test/support/tapped-body.ts';
import { ExportLogsServiceRequestSchema } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { tappedRecords } from './tapped-records.ts';

function textsOf(body: Uint8Array): string[] {
  return [...tappedRecords(body)].map(({ record, resource, scope }) => {
    const service = resource?.attributes[0]?.value?.value.value ?? '-';
    return `${service} ${scope?.name ?? '-'} ${record.body?.value.value}`;
  });
}

test('tappedRecords() gives every record with its resource and its scope', () => {
  const first = numberedBody('a', 2, 'shop');
  const second = numberedBody('b', 1, 'till');
  // Messages one after the other are one message, with the ResourceLogs of both.
  assert.deepEqual(textsOf(Buffer.concat([first, second])), [
    'shop scope a 0',
    'shop scope a 1',
    'till scope b 0',
  ]);
});

test('tappedRecords() gives the whole records before the cut, wherever that is', () => {
  const body = Buffer.concat([numberedBody('a', 3, 'shop'), numberedBody('b', 3, 'till')]);
  const all = textsOf(body);
  assert.equal(all.length, 6);
  const counts = Array.from({ length: body.length + 1 }, (_, length) => {
    const some = textsOf(body.subarray(0, length));
    assert.deepEqual(some, all.slice(0, some.length), `cut at ${length}`);
    return some.length;
  });
  assert.deepEqual([...new Set(counts)], [0, 1, 2, 3, 4, 5, 6], 'more of it is never less');
});

test('tappedRecords() gives records without a resource or a scope, and none of what is no OTLP', () => {
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: 'x' }] }] }],
  });
  const body = toBinary(ExportLogsServiceRequestSchema, request);
  assert.deepEqual(textsOf(body), ['- - undefined']);
  assert.deepEqual(textsOf(Buffer.from('not a message at all')), []);
  // A record that says it has a body of another kind.
  assert.deepEqual(textsOf(Buffer.from([0x0a, 6, 0x12, 4, 0x12, 2, 0x2a, 9])), []);
});
