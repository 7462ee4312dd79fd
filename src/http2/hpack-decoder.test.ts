import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldList } from '../../test/http2/field-list.ts';
import {
  hex,
  huffmanString,
  indexed,
  integer,
  literal,
  plainString,
  sizeUpdate,
} from '../../test/http2/hpack-blocks.ts';
import { examples } from '../../test/http2/rfc7541-examples.ts';
import { DecodeStatus, decodedBlockSizeBytesMax, HpackDecoder } from './hpack-decoder.ts';
import { staticEntries } from './hpack-static-table.ts';

function decode(decoder: HpackDecoder, block: Iterable<number>) {
  const bytes = Uint8Array.from(block);
  const list = new FieldList();
  const status = decoder.decode(bytes, 0, bytes.length, list);
  return { status, fields: list.fields, pairs: list.pairs };
}

/** The dynamic table, newest first, as references to it read it. */
function tableOf(decoder: HpackDecoder): [string, string][] {
  const references = Array.from({ length: decoder.tableEntryCount }, (_, n) => indexed(62 + n));
  return decode(decoder, references.flat()).pairs;
}

for (const [name, { tableSizeBytesMax, steps }] of Object.entries(examples)) {
  test(`decode() reads RFC 7541 ${name}, and has its table`, () => {
    const decoder = new HpackDecoder(tableSizeBytesMax);
    for (const { block, fields, table, tableSizeBytes } of steps) {
      const decoded = decode(decoder, hex(block));
      assert.equal(decoded.status, DecodeStatus.Ok);
      assert.deepEqual(decoded.pairs, fields);
      assert.ok(decoded.fields.every(([, , wellFormed]) => wellFormed));
      assert.equal(decoder.tableSizeBytes, tableSizeBytes);
      assert.deepEqual(tableOf(decoder), table);
    }
  });
}

test('decode() knows the whole static table', () => {
  assert.equal(staticEntries.length, 62);
  const block = staticEntries.slice(1).flatMap((_, position) => indexed(position + 1));
  const { status, fields } = decode(new HpackDecoder(), block);
  assert.equal(status, DecodeStatus.Ok);
  assert.deepEqual(
    fields,
    staticEntries.slice(1).map((entry) => [entry!.name, entry!.value, true]), // 1 to 61 exist
  );
  // Spots of Appendix A; the fuzz test compares all that another encoder refers to.
  assert.deepEqual(fields[0], [':authority', '', true]);
  assert.deepEqual(fields[15], ['accept-encoding', 'gzip, deflate', true]);
  assert.deepEqual(fields[60], ['www-authenticate', '', true]);
});

const { Ok, CompressionError, Bomb } = DecodeStatus;
const long = 'x'.repeat(4_096);
const tooMany = Array<number>(4_000).fill(0x82); // :method: GET, 42 bytes each

for (const [what, block, expected] of [
  ['nothing', [], Ok],
  ['index 0', [0x80], CompressionError],
  ['the last static index', indexed(61), Ok],
  ['an index beyond an empty table', indexed(62), CompressionError],
  ['the index of an entry', [...literal('a', 'b'), ...indexed(62)], Ok],
  ['an index beyond the entries', [...literal('a', 'b'), ...indexed(63)], CompressionError],
  ['an index of 2^31 - 1', indexed(2 ** 31 - 1), CompressionError],
  ['an index of 2^31', hex('ff81ffffff07'), CompressionError],
  ['an index without end', hex('ffffffffffffffffff'), CompressionError],
  ['a cut index', [0xff], CompressionError],
  ['a name index beyond the table', [...integer(62, 0x3f, 0x40), 0x00], CompressionError],
  ['a name index beyond, not indexed', [...integer(62, 0x0f, 0x00), 0x00], CompressionError],
  ['a name index beyond, never indexed', [...integer(62, 0x0f, 0x10), 0x00], CompressionError],
  ['a literal without strings', [0x40], CompressionError],
  ['a literal without a value', [0x40, ...plainString('a')], CompressionError],
  ['an indexed name without a value', [0x44], CompressionError],
  ['a cut name', [0x40, 0x02, 0x61], CompressionError],
  ['a cut value', [0x40, 0x01, 0x61, 0x02, 0x61], CompressionError],
  ['a cut Huffman value', [0x44, 0x82, 0x1f], CompressionError],
  ['a string length of 2^31', [0x44, ...hex('7f81ffffff07')], CompressionError],
  ['a string length without end', [0x44, ...hex('7f8080808080808000')], CompressionError],
  ['empty strings', literal('', ''), Ok],
  ['an empty Huffman string', [0x44, 0x80], Ok],
  ['EOS in a value', [0x44, 0x84, 0xff, 0xff, 0xff, 0xff], CompressionError],
  ['padding of more than seven bits', [0x44, 0x82, 0x1f, 0xff], CompressionError],
  ['padding with zeros', [0x44, 0x81, 0x18], CompressionError],
  ['a size update', [...sizeUpdate(4_096), 0x82], Ok],
  ['a size update alone', sizeUpdate(0), Ok],
  ['two size updates', [...sizeUpdate(0), ...sizeUpdate(4_096), 0x82], Ok],
  ['three size updates', [...sizeUpdate(0), ...sizeUpdate(1), ...sizeUpdate(2)], CompressionError],
  ['a size update above ours', sizeUpdate(4_097), CompressionError],
  ['a size update of 2^31', hex('3fe1ffffff07'), CompressionError],
  ['a cut size update', [0x3f], CompressionError],
  ['a size update after a field', [0x82, ...sizeUpdate(0)], CompressionError],
  ['a size update after a literal', [...literal('a', 'b'), ...sizeUpdate(0)], CompressionError],
  ['a value longer than the table', literal('a', long), Ok],
  ['its index', [...literal('a', long), ...indexed(62)], CompressionError],
  ['4,000 references', tooMany, Bomb],
  ['many references to a large entry', [...literal('a', long.slice(33)), ...references(33)], Bomb],
  ['a value beyond the bound', literal('a', 'x'.repeat(decodedBlockSizeBytesMax)), Bomb],
  ['a name beyond the bound', literal('x'.repeat(decodedBlockSizeBytesMax), ''), Bomb],
  ['a Huffman value beyond', [0x44, ...huffmanString('0'.repeat(decodedBlockSizeBytesMax))], Bomb],
] as [string, Iterable<number>, DecodeStatus][]) {
  test(`decode() of ${what} is ${nameOf(expected)}`, () => {
    assert.equal(decode(new HpackDecoder(), block).status, expected);
  });
}

function references(count: number): number[] {
  return Array<number>(count).fill(0x80 | 62);
}

function nameOf(status: DecodeStatus): string {
  return Object.entries(DecodeStatus).find(([, value]) => value === status)![0]; // of the set
}

test('decode() takes blocks up to the bound, and each has the whole of it', () => {
  const decoder = new HpackDecoder();
  const fits = literal('a', 'x'.repeat(decodedBlockSizeBytesMax - 33));
  for (let n = 0; n < 3; n += 1) assert.equal(decode(decoder, fits).status, DecodeStatus.Ok);
  const more = literal('a', 'x'.repeat(decodedBlockSizeBytesMax - 32));
  assert.equal(decode(decoder, more).status, DecodeStatus.Bomb);

  const count = Math.floor(decodedBlockSizeBytesMax / 42);
  assert.equal(decode(decoder, tooMany.slice(0, count)).status, DecodeStatus.Ok);
  const beyond = decode(decoder, tooMany.slice(0, count + 1));
  assert.equal(beyond.status, DecodeStatus.Bomb);
  assert.equal(beyond.fields.length, count);
});

test('decode() keeps the size that an update gave the table', () => {
  const decoder = new HpackDecoder();
  decode(decoder, [...literal('a', '1'), ...literal('b', '2'), ...literal('c', '3')]);
  assert.equal(decode(decoder, [...sizeUpdate(68), 0x82]).status, DecodeStatus.Ok);
  assert.deepEqual(tableOf(decoder), [
    ['c', '3'],
    ['b', '2'],
  ]);
  decode(decoder, literal('d', '4'));
  assert.deepEqual(tableOf(decoder), [
    ['d', '4'],
    ['c', '3'],
  ]);
  decode(decoder, [...sizeUpdate(0), ...sizeUpdate(4_096)]);
  assert.equal(decoder.tableEntryCount, 0);
  decode(decoder, literal('e', '5'));
  assert.deepEqual(tableOf(decoder), [['e', '5']]);
});

test('decode() of a literal may name an entry that adding the literal throws out', () => {
  const decoder = new HpackDecoder(64);
  decode(decoder, literal('name', 'x'.repeat(28)));
  const { pairs } = decode(decoder, [...integer(62, 0x3f, 0x40), ...plainString('y'.repeat(28))]);
  assert.deepEqual(pairs, [['name', 'y'.repeat(28)]]);
  assert.deepEqual(tableOf(decoder), [['name', 'y'.repeat(28)]]);
});

test('decode() adds nothing for literals without indexing, or never indexed', () => {
  const decoder = new HpackDecoder();
  const { pairs } = decode(decoder, [...literal('a', 'b', 0x00), ...literal('c', 'd', 0x10)]);
  assert.deepEqual(pairs, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  assert.equal(decoder.tableEntryCount, 0);
});

for (const [name, value, nameWellFormed, wellFormed] of [
  ['a', 'b', true, true],
  [':path', '/', true, true],
  ['a', '', true, true],
  ['', 'b', false, false],
  ['A', 'b', false, false],
  ['a\u0080', 'b', false, false],
  ['a', ' b', true, false],
  ['a', 'b\t', true, false],
  ['a', 'b\r\nc', true, false],
  ['a', 'b\0c', true, false],
  ['a', 'b\u00ff', true, true],
] as const) {
  test(`decode() says ${wellFormed} of ${JSON.stringify([name, value])}, and remembers`, () => {
    for (const string of [plainString, huffmanString]) {
      const decoder = new HpackDecoder();
      const block = [
        ...[0x40, ...string(name), ...string(value)],
        ...indexed(62),
        ...[0x40 | 62, ...string('fine')],
        ...[0x0f, 62 - 15, ...string(value)],
      ];
      const { status, fields } = decode(decoder, block);
      assert.equal(status, DecodeStatus.Ok);
      assert.deepEqual(fields, [
        [name, value, wellFormed],
        [name, value, wellFormed],
        [name, 'fine', nameWellFormed],
        [name, value, wellFormed],
      ]);
    }
  });
}

test('decode() takes the bytes of its range only', () => {
  const block = [...literal('a', 'b'), 0x82];
  for (const around of [0x00, 0x61, 0x82, 0xff]) {
    for (let cut = 0; cut <= block.length; cut += 1) {
      const bytes = Uint8Array.from([around, ...block.slice(0, cut), around, around, around]);
      const list = new FieldList();
      const status = new HpackDecoder().decode(bytes, 1, 1 + cut, list);
      const alone = decode(new HpackDecoder(), block.slice(0, cut));
      assert.deepEqual(
        { status, fields: list.fields },
        { status: alone.status, fields: alone.fields },
      );
    }
  }
});
