import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { stringAttribute, stringValue, tappedBody } from '../../test/support/tapped-body.ts';
import { TapMatchSchema } from '../generated/gophership/control/v1/tap_pb.js';
import {
  type LogRecordSchema,
  SeverityNumber,
} from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { recordTest } from './tap-match.ts';
import { tappedRecords } from './tapped-records.ts';

const record: MessageInitShape<typeof LogRecordSchema> = {
  severityNumber: SeverityNumber.ERROR3,
  severityText: 'Critical',
  body: stringValue('Disk full on /var'),
  attributes: [
    stringAttribute('user', 'ann'),
    { key: 'status', value: { value: { case: 'intValue', value: 503n } } },
    { key: 'retry', value: { value: { case: 'boolValue', value: true } } },
  ],
};

/** Each as on the command line. */
function meets(...matches: string[]): boolean {
  const [tapped] = [...tappedRecords(tappedBody([record], 'shop'))];
  assert(tapped !== undefined);
  return recordTest(
    matches.map((text) => {
      const [key = '', value = ''] = text.split('=');
      return create(TapMatchSchema, { key, value });
    }),
  )(tapped);
}

test('recordTest() compares severity, body, and attributes of record and resource', () => {
  const met = [
    ...['severity=error', 'severity=ERROR', 'severity=critical', 'body=disk FULL', 'body='],
    ...['user=ann', 'status=503', 'retry=true', 'service.name=shop'],
  ];
  for (const match of met) assert.equal(meets(match), true, match);
  const notMet = [
    ...['severity=err', 'severity=warn', 'severity=', 'severity=error3', 'body=empty'],
    ...['user=an', 'user=Ann', 'status=50', 'retry=1', 'service.name=', 'absent=', 'absent=x'],
  ];
  for (const match of notMet) assert.equal(meets(match), false, match);
});

test('recordTest() wants all of them, and without any takes every record', () => {
  assert.equal(meets(), true);
  assert.equal(meets('severity=error', 'user=ann'), true);
  assert.equal(meets('severity=error', 'user=bob'), false);
});
