import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { FieldList } from '../../test/http2/field-list.ts';
import { hex } from '../../test/http2/hpack-blocks.ts';
import { NodeHttp2Peer } from '../../test/http2/node-http2-peer.ts';
import { testSeed } from '../../test/support/seed.ts';
import { FieldBlock } from './field-block.ts';
import { DecodeStatus, HpackDecoder } from './hpack-decoder.ts';
import { encodeFields } from './hpack-encoder.ts';

type Fields = readonly (readonly [string, string])[];

const rows: [what: string, fields: Fields, encoded: string][] = [
  ['nothing', [], ''],
  ['RFC 7541 C.2.2', [[':path', '/sample/path']], '040c2f73616d706c652f70617468'],
  ['RFC 7541 C.2.4', [[':method', 'GET']], '82'],
  ['the second field with a name', [[':method', 'POST']], '83'],
  ['the last status of the table', [[':status', '500']], '8e'],
  ['a status outside the table', [[':status', '503']], '0803353033'],
  ['a name whose index needs two bytes', [['content-type', 'a']], '0f100161'],
  ['a name without index', [['grpc-status', '0']], '000b677270632d7374617475730130'],
  ['an empty value of the table', [['date', '']], 'a1'],
  ['an empty value that is not', [['te', '']], '0002746500'],
];

for (const [what, fields, encoded] of rows) {
  test(`encodeFields() of ${what}`, () => {
    assert.deepEqual(encodeFields(fields), hex(encoded));
    assert.deepEqual(new FieldBlock(fields).encoded, hex(encoded));
  });
}

for (const [what, fields] of [
  ['an upper-case name', [['Te', 'trailers']]],
  ['an empty name', [['', 'trailers']]],
  ['a colon in a name', [['t:e', 'trailers']]],
  ['a line end in a value', [['te', 'trailers\r\nx: y']]],
  ['NUL in a value', [['te', 'trailers\0']]],
  ['a line end in a name', [['te\n', 'trailers']]],
  ['more than a byte in a value', [['te', '\u0100']]],
] as [string, Fields][]) {
  test(`encodeFields() asserts against ${what}`, () => {
    assert.throws(() => encodeFields(fields), { name: 'AssertionFailed' });
  });
}

test('decode() reads what encodeFields() writes, and the table stays empty', (context) => {
  const name = fc.oneof(
    fc.constantFrom(':status', 'date', 'a'),
    fc.stringMatching(/^[!-9;-@[-~]+$/),
  );
  const byte = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code));
  const value = fc.string({ unit: byte, maxLength: 400, size: 'max' });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (fields) => {
      const block = encodeFields(fields);
      const decoder = new HpackDecoder();
      const list = new FieldList();
      assert.equal(decoder.decode(block, 0, block.length, list), DecodeStatus.Ok);
      assert.deepEqual(list.pairs, fields);
      assert.equal(decoder.tableEntryCount, 0);
    }),
    { numRuns: 300, seed: testSeed(context) },
  );
});

test('node:http2 reads what encodeFields() writes', async () => {
  const peer = new NodeHttp2Peer();
  after(() => peer.close());
  const fields: Fields = [
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ['grpc-status', '14'],
    ['grpc-message', 'VAULT%5FFULL'],
    ['grpc-status-details-bin', 'CA4'.repeat(100)],
    ['retry-after', '5'],
  ];
  for (let times = 0; times < 3; times += 1) {
    const read = await peer.read(encodeFields(fields));
    const expected = fields.map(([name, value]): [string, unknown] => {
      return [name, name === ':status' ? 200 : value];
    });
    assert.deepEqual(new Map(Object.entries(read)), new Map(expected));
  }
});
