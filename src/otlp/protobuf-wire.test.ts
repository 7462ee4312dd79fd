import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import {
  safeNumber,
  tagOf,
  varintSizeBytes,
  WireReader,
  WireType,
  writeVarint,
} from './protobuf-wire.ts';

const malformed = { code: 'OTLP_MALFORMED' };

test('varint() reads what a protobuf library writes, in both halves', (context) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), (value, shift) => {
      const shifted = value >> BigInt(shift);
      const reader = new WireReader(new BinaryWriter().uint64(shifted).finish());
      reader.varint();
      assert.equal((BigInt(reader.high) << 32n) | BigInt(reader.low), shifted);
      assert.equal(reader.atEnd, true);
      const number = safeNumber(reader.low, reader.high);
      assert.equal(number, shifted < 2n ** 53n ? Number(shifted) : undefined);
    }),
    { numRuns: 1_000, seed: testSeed(context) },
  );
});

test('writeVarint() writes what a protobuf library reads, in varintSizeBytes()', (context) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(52), (value, shift) => {
      const shifted = Math.floor(value / 2 ** shift);
      const bytes = new Uint8Array(12);
      const endBytes = writeVarint(bytes, 2, shifted);
      assert.equal(endBytes, 2 + varintSizeBytes(shifted));
      assert.equal(Number(new BinaryReader(bytes.subarray(2)).uint64()), shifted);
      assert.throws(() => writeVarint(bytes.subarray(0, endBytes - 1), 2, shifted));
    }),
    { numRuns: 1_000, seed: testSeed(context) },
  );
});

test('skip() steps over every wire type, groups in groups included', () => {
  const writer = new BinaryWriter();
  writer.tag(1, 0).uint32(300).tag(2, 1).fixed64(1n).tag(3, 2).bytes(Uint8Array.of(1, 2));
  writer.tag(4, 3).tag(5, 3).tag(6, 0).uint32(1).tag(5, 4).tag(4, 4).tag(7, 5).fixed32(9);
  const reader = new WireReader(writer.finish());
  const tags: number[] = [];
  while (!reader.atEnd) {
    const tag = reader.tag();
    tags.push(tag);
    reader.skip(tag);
  }
  assert.deepEqual(tags, [
    tagOf(1, WireType.Varint),
    tagOf(2, WireType.Fixed64),
    tagOf(3, WireType.Bytes),
    tagOf(4, WireType.GroupStart),
    tagOf(7, WireType.Fixed32),
  ]);
});

test('every read stops at the end of the range, not of the view', () => {
  const ends: [hex: string, (reader: WireReader) => void][] = [
    ['', (reader) => reader.tag()],
    ['80', (reader) => reader.varint()],
    ['ffffffffffffffffffff', (reader) => reader.varint()],
    ['00', (reader) => reader.tag()],
    ['000000', (reader) => reader.fixed32()],
    ['00000000000000', (reader) => reader.fixed64()],
    ['0500', (reader) => reader.length()],
    ['ffffffff7f', (reader) => reader.length()],
    ['0c', (reader) => reader.skip(reader.tag())],
    ['0b14', (reader) => reader.skip(reader.tag())],
    ['0b', (reader) => reader.skip(reader.tag())],
    ['0b'.repeat(101) + '0c'.repeat(101), (reader) => reader.skip(reader.tag())],
    ['0e', (reader) => reader.skip(reader.tag())],
  ];
  for (const [hex, read] of ends) {
    const bytes = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(300)]);
    assert.throws(() => read(new WireReader(bytes, 0, hex.length / 2)), malformed, hex);
  }
});
