import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOfDigits, hex, huffman, huffmanDigits } from '../../test/http2/hpack-blocks.ts';
import { testSeed } from '../../test/support/seed.ts';
import { decodeHuffman, huffmanBits, huffmanDecodedSizeBytesMax } from './hpack-huffman.ts';

const eos = 256;

/** Undefined for a wrong code. */
function decode(encoded: Iterable<number>): number[] | undefined {
  const bytes = Uint8Array.from([0x55, ...encoded, 0x55]);
  const target = new Uint8Array(huffmanDecodedSizeBytesMax(bytes.length - 2));
  const length = decodeHuffman(bytes, 1, bytes.length - 1, target);
  return length < 0 ? undefined : [...target.subarray(0, length)];
}

const codesOfRfc: [symbol: number, code: string][] = [
  [0, '1111111111000'],
  [1, '11111111111111111011000'],
  [10, '111111111111111111111111111100'],
  [32, '010100'],
  [48, '00000'],
  [92, '1111111111111110000'],
  [97, '00011'],
  [127, '1111111111111111111111111100'],
  [128, '11111111111111100110'],
  [195, '1111111111111110001'],
  [199, '1111111111111111111101100'],
  [255, '11111111111111111111101110'],
  [256, '111111111111111111111111111111'],
];

test('the codes are those of RFC 7541 Appendix B', () => {
  assert.equal(huffmanBits.length, 257);
  for (const [symbol, digits] of codesOfRfc) assert.equal(huffmanDigits(symbol), digits);
});

test('decodeHuffman() reads every symbol alone and after every number of bits', () => {
  for (let symbol = 0; symbol < eos; symbol += 1) {
    for (let before = 0; before < 8; before += 1) {
      const symbols = [...Array<number>(before).fill(0x30), symbol, 0x31]; // '0' has five bits
      assert.deepEqual(decode(huffman(symbols)), symbols);
    }
  }
});

test('decodeHuffman() reads any bytes', (context) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual(decode(huffman(bytes)), [...bytes]);
    }),
    { numRuns: 500, seed: testSeed(context) },
  );
});

test('decodeHuffman() takes up to seven ones as padding, nothing else', () => {
  for (let ones = 0; ones < 8; ones += 1) {
    // '0' has five bits, and 25 bits are one more than whole bytes.
    const symbols = Array<number>(5 * (8 - ones)).fill(0x30);
    const digits = symbols.map(huffmanDigits).join('');
    assert.equal((digits.length + ones) % 8, 0);
    assert.deepEqual(decode(bytesOfDigits(digits + '1'.repeat(ones))), symbols);
    assert.equal(decode(bytesOfDigits(digits + '1'.repeat(ones + 8))), undefined);
    for (let zero = 0; zero < ones; zero += 1) {
      const padding = '1'
        .repeat(zero)
        .padEnd(zero + 1, '0')
        .padEnd(ones, '1');
      assert.notDeepEqual(decode(bytesOfDigits(digits + padding)), symbols);
    }
  }
});

for (const [what, encoded] of [
  ['padding of eight ones', 'ff'],
  ['padding of eight ones after a symbol', '1fff'], // 'a' and 11 ones
  ['padding of zeros', '18'],
  ['padding with one zero', '1e'],
  ['EOS', 'ffffffff'],
  ['EOS and a symbol', 'fffffffc7f'],
  ['EOS after a symbol', '1fffffffff'],
  ['half a code', 'fffe'],
] as const) {
  test(`decodeHuffman() refuses ${what}`, () => {
    assert.equal(decode(hex(encoded)), undefined);
  });
}

test('decodeHuffman() refuses EOS between any symbols', () => {
  for (let symbol = 0; symbol < eos; symbol += 1) {
    assert.equal(decode(huffman([symbol, eos, symbol])), undefined);
  }
});

test('decodeHuffman() of nothing is nothing', () => assert.deepEqual(decode([]), []));
