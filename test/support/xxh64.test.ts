import assert from 'node:assert/strict';
import { test } from 'node:test';
import { U64 } from '../../src/vault/u64.ts';
import { xxh64 } from './xxh64.ts';

function check(text: string, hash: bigint) {
  const bytes = Buffer.from(`..${text}..`); // not at the beginning
  const out = new U64();
  xxh64.hash64(bytes, 2, bytes.length - 4, out);
  assert.equal(out.toBigInt().toString(16), hash.toString(16), JSON.stringify(text.slice(0, 40)));
}

test('hash64() gives the known answers of XXH64 with seed 0', () => {
  check('', 0xef46db3751d8e999n);
  check('a', 0xd24ec4f1a98c6e5bn);
  check('abc', 0x44bc2cf5ad770999n);
  check('xxhash', 0x32dd38952c4bc720n);
  check('Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n);
});

test('hash64() agrees with the definition in BigInt at every length up to 200', () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, at) => (at * 151 + (at >> 3)) & 0xff);
  const out = new U64();
  for (let length = 0; length <= bytes.length; length += 1) {
    xxh64.hash64(bytes, 0, length, out);
    assert.equal(out.toBigInt(), reference(bytes.subarray(0, length)), `${length} bytes`);
  }
});

// The definition, word by word.
const [p1, p2, p3, p4, p5] = [
  ...[0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n],
  ...[0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n],
] as const as [bigint, bigint, bigint, bigint, bigint]; // five primes, spread for the formatter

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => wrap((value << bits) | (value >> (64n - bits)));
const round = (acc: bigint, lane: bigint) => wrap(rotate(wrap(acc + lane * p2), 31n) * p1);

function reference(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = p5;
  if (bytes.length >= 32) {
    const acc = [wrap(p1 + p2), p2, 0n, wrap(-p1)];
    for (; at + 32 <= bytes.length; at += 32)
      for (const [lane, value] of acc.entries())
        acc[lane] = round(value, view.getBigUint64(at + 8 * lane, true));
    const turns = [1n, 7n, 12n, 18n];
    hash = wrap(acc.reduce((sum, value, lane) => sum + rotate(value, turns[lane] ?? 0n), 0n));
    for (const value of acc) hash = wrap((hash ^ round(0n, value)) * p1 + p4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at += 1)
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(at)) * p5), 11n) * p1);
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}
