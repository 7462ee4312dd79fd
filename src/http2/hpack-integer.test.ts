import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../../test/http2/hpack-blocks.ts';
import { testSeed } from '../../test/support/seed.ts';
import { BlockCursor, integerSizeBytesMax, writeInteger } from './hpack-integer.ts';

const int31Max = 2 ** 31 - 1;
const poison = 0x00; // would end an integer that is read beyond its bytes

function read(bytes: Uint8Array, prefixMax: number): { value: number; sizeBytes: number } {
  const cursor = new BlockCursor();
  cursor.bytes = Uint8Array.from([poison, ...bytes, poison]);
  cursor.offsetBytes = 1;
  cursor.endBytes = 1 + bytes.length;
  const value = cursor.integer(prefixMax);
  return { value, sizeBytes: cursor.offsetBytes - 1 };
}

for (const [name, encoded, prefixMax, value] of [
  ['C.1.1', '0a', 0x1f, 10],
  ['C.1.2', '1f9a0a', 0x1f, 1337],
  ['C.1.3', '2a', 0xff, 42],
] as const) {
  test(`integer() and writeInteger() agree with RFC 7541 ${name}`, () => {
    const bytes = hex(encoded);
    assert.deepEqual(read(bytes, prefixMax), { value, sizeBytes: bytes.length });
    const target = new Uint8Array(8);
    assert.equal(writeInteger(target, 0, value, prefixMax, 0), bytes.length);
    assert.deepEqual(target.subarray(0, bytes.length), bytes);
  });
}

for (const [what, encoded, value] of [
  ['the largest one', 'ff80ffffff07', int31Max],
  ['the largest one and one', 'ff81ffffff07', -1],
  ['2^32', 'ff81ffffff0f', -1],
  ['zeros to its end', 'ff8080808000', 127],
  ['zeros beyond the fifth byte', 'ff808080808000', -1],
  ['many continuation bytes', `ff${'80'.repeat(40)}00`, -1],
  ['many ones', `ff${'ff'.repeat(40)}00`, -1],
  ['no bytes', '', -1],
  ['only a full prefix', 'ff', -1],
  ['a cut end', 'ff8080', -1],
] as const) {
  test(`integer() of ${what} is ${value}`, () => {
    assert.equal(read(hex(encoded), 0x7f).value, value);
  });
}

test('integer() reads what writeInteger() writes', (context) => {
  const bits = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(fc.nat(int31Max), fc.nat(30), bits, fc.nat(255), (number, shift, size, high) => {
      const value = number >>> shift;
      const prefixMax = 2 ** size - 1;
      const target = new Uint8Array(8);
      const sizeBytes = writeInteger(target, 0, value, prefixMax, high & ~prefixMax);
      assert.ok(sizeBytes <= integerSizeBytesMax);
      assert.equal(target[0]! & ~prefixMax, high & ~prefixMax);
      assert.deepEqual(read(target.slice(0, sizeBytes), prefixMax), { value, sizeBytes });
      assert.equal(read(target.slice(0, sizeBytes - 1), prefixMax).value, -1);
    }),
    { numRuns: 2_000, seed: testSeed(context) },
  );
});
