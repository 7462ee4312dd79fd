// Scenario: OTLP/JSON in the spellings that producers use, over HTTP/1.1 and HTTP/2.
// Guarantees: every rule of protocol.md section 1 holds on the way from the wire to the sink.
// src/otlp/json-*.test.ts tries the transcoder itself, far more of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { LogRecordSchema } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { body as bodyText, record as recordText } from '../support/transcoded-json.ts';
import {
  type ConformanceRig,
  goodMessage,
  isOk,
  type LogRecordInit,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import type { Form } from './otlp-client.ts';

let rig: ConformanceRig;
const jsonForms: readonly Form[] = ['HTTP/1.1 JSON', 'HTTP/2 JSON'];
before(async () => {
  rig = await startRig({ http: { max_json_body_size: '64KiB' } });
  for (const form of jsonForms) await rig.send(form, requestOf(form, goodMessage));
});
after(() => rig.close());

const hex = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'));
const value = (of: NonNullable<NonNullable<LogRecordInit['body']>['value']>): LogRecordInit => ({
  body: { value: of },
});

const accepted: readonly (readonly [rule: string, members: string, expected: LogRecordInit])[] = [
  ['only lowerCamelCase keys count', '"severity_text":"a","SeverityText":"b"', {}],
  ['unknown fields are ignored', '"new":{"a":[1,{"b":null}]},"eventName":"e"', { eventName: 'e' }],
  [
    'ids are hex of any case',
    '"traceId":"00AAbbCCddEEff112233445566778899","spanId":"FFeeDDccBBaa9988"',
    { traceId: hex('00aabbccddeeff112233445566778899'), spanId: hex('ffeeddccbbaa9988') },
  ],
  ['enums are integers', '"severityNumber":9', { severityNumber: 9 }],
  [
    '64-bit integers are strings or numbers, exact beyond 2^53',
    '"timeUnixNano":"9007199254740993","observedTimeUnixNano":9007199254740993',
    { timeUnixNano: 2n ** 53n + 1n, observedTimeUnixNano: 2n ** 53n + 1n },
  ],
  [
    'the last duplicate wins',
    '"eventName":"a","flags":1,"eventName":"b"',
    { eventName: 'b', flags: 1 },
  ],
  ['null is as good as nothing', '"body":null,"attributes":null,"flags":null', {}],
  [
    'escapes and UTF-8 are the same text',
    '"severityText":"\\u00e9é\\ud83d\\ude80\u{1F680}"',
    { severityText: 'éé\u{1F680}\u{1F680}' },
  ],
  ...(
    [
      ['1.5', 1.5],
      ['"NaN"', Number.NaN],
      ['"Infinity"', Number.POSITIVE_INFINITY],
      ['"-Infinity"', Number.NEGATIVE_INFINITY],
      ['"-0.25"', -0.25],
    ] as const
  ).map(
    ([text, double]) =>
      [
        `${text} is a double`,
        `"body":{"doubleValue":${text}}`,
        value({ case: 'doubleValue', value: double }),
      ] as const,
  ),
  ...['+/8=', '+/8', '-_8', '-_8='].map(
    (text) =>
      [
        `${text} is base64 or base64url`,
        `"body":{"bytesValue":"${text}"}`,
        value({ case: 'bytesValue', value: hex('fbff') }),
      ] as const,
  ),
];

const refused: readonly [rule: string, text: string | Buffer][] = [
  ['an enum by name', recordText('"severityNumber":"SEVERITY_NUMBER_INFO"')],
  ['an id that is base64', recordText('"traceId":"AKq7zN3u/xEiM0RVZneImQ=="')],
  ['an id of the wrong length', recordText('"spanId":"00"')],
  ['an integer beyond 64 bits', bodyText('{"intValue":"9223372036854775808"}')],
  ['half a surrogate pair', recordText('"severityText":"\\ud83d"')],
  ['bytes that are not UTF-8', Buffer.from(recordText('"severityText":"\u00ff"'), 'latin1')],
  ['a byte order mark', `\ufeff${recordText('')}`],
  ['a comma too much', '{"resourceLogs":[],}'],
  ['two texts', '{}{}'],
  ['no text', ''],
  ['a list', '[]'],
  ['101 lists in an unknown field', `{"x":${'['.repeat(101)}${']'.repeat(101)}}`],
];

for (const form of jsonForms) {
  for (const [rule, members, expected] of accepted) {
    test(`${form}: ${rule}`, async () => {
      const body = Buffer.from(recordText(`"observedTimeUnixNano":"7",${members}`));
      const reply = await rig.send(form, { body });
      assert.ok(isOk(reply), `${reply.code} ${reply.message}`);
      const arrived = rig.sink.requests.at(-1)?.resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
      const withTime = { observedTimeUnixNano: 7n, ...expected };
      assert.ok(arrived !== undefined);
      const wanted = toBinary(LogRecordSchema, create(LogRecordSchema, withTime));
      const got = toBinary(LogRecordSchema, arrived);
      assert.equal(Buffer.from(got).toString('hex'), Buffer.from(wanted).toString('hex'));
    });
  }

  for (const [rule, text] of refused) {
    test(`${form}: ${rule} is refused, and the answer says where`, async () => {
      const before = rig.sink.arrivals.length;
      const reply = await rig.send(form, { body: Buffer.from(text) });
      assert.deepEqual([reply.status, reply.code], [400, 'OTLP_MALFORMED']);
      assert.match(reply.message, text === '' ? /byte 0/ : /^JSON, byte \d+/);
      assert.equal(rig.sink.arrivals.length, before);
      await rig.stillGood(form);
    });
  }

  test(`${form}: the limit of JSON bodies is its own, inflated too`, async () => {
    const reply = await rig.send(form, { body: Buffer.alloc(64 * 1024 + 1, ' ') });
    assert.deepEqual([reply.status, reply.code], [413, 'MESSAGE_TOO_LARGE']);
    const fits = Buffer.alloc(64 * 1024, ' ').fill('{}', 0, 2);
    assert.ok(isOk(await rig.send(form, { body: fits })));
  });
}
