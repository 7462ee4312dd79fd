import assert from 'node:assert/strict';
import { it } from 'node:test';
import { referenceXxh32, referenceXxh64 } from '../../test/kernel/xxhash-reference.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { text } from '../../test/support/wire-bytes.ts';
import { Kernel } from './kernel.ts';
import { xxh64StateSizeBytes } from './xxhash.ts';

const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
const bytes = new Uint8Array(memory.buffer);
const view = new DataView(memory.buffer);
const { xxhash } = Kernel.create(memory);
const resultOffsetBytes = 8;
const stateOffsetBytes = 64;
const inputOffsetBytes = 1024;

/** Both hashes of `input` under `seed`, from the kernel and from the reference. */
function check(input: Uint8Array, seed: number, hash32: number, hash64: bigint): void {
  bytes.set(input, inputOffsetBytes);
  const title = `${input.length} bytes, seed ${seed}`;
  assert.equal(xxhash.xxh32(inputOffsetBytes, input.length, seed), hash32, title);
  xxhash.xxh64(inputOffsetBytes, input.length, resultOffsetBytes, seed);
  assert.equal(view.getBigUint64(resultOffsetBytes, true), hash64, title);
  assert.equal(referenceXxh32(input, seed), hash32, title);
  assert.equal(referenceXxh64(input, BigInt(seed)), hash64, title);
}

it('xxh32() and xxh64() give the known answers of the reference vectors', () => {
  // The generator of the vectors: squares of a 32-bit prime, of which each gives its high byte.
  const prime = 2_654_435_761;
  const pattern = new Uint8Array(101);
  let generator = prime;
  for (let at = 0; at < pattern.length; at++) {
    pattern[at] = generator >>> 24;
    generator = Math.imul(generator, generator) >>> 0;
  }
  check(pattern.subarray(0, 0), 0, 0x02cc5d05, 0xef46db3751d8e999n);
  check(pattern.subarray(0, 0), prime, 0x36b78ae7, 0xac75fda2929b17efn);
  check(pattern.subarray(0, 1), 0, 0xb85cbee5, 0x4fce394cc88952d8n);
  check(pattern.subarray(0, 1), prime, 0xd5845d64, 0x739840cb819fa723n);
  check(pattern.subarray(0, 14), 0, 0xe5aa0ab4, 0xcffa8db881bc3a3dn);
  check(pattern.subarray(0, 14), prime, 0x4481951d, 0x5b9611585efcc9cbn);
  check(pattern, 0, 0x1f1aa412, 0x0eab543384f878adn);
  check(pattern, prime, 0x498ec8e2, 0xcaa65939306f1e21n);
  check(text('a'), 0, 0x550d7456, 0xd24ec4f1a98c6e5bn);
  check(text('abc'), 0, 0x32d153ff, 0x44bc2cf5ad770999n);
});

it('xxh32() and xxh64() agree with the reference on every size to 300 and at every place', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let size = 0; size <= 300; size++) {
    const input = Uint8Array.from({ length: size }, () => random.next());
    const seed = random.pick([0, random.next(), 0xffffffff]);
    const hash64 = referenceXxh64(input, BigInt(seed));
    check(input, seed, referenceXxh32(input, seed), hash64);
    // Up to the last byte of the memory, where reading on would trap.
    const offsetBytes = bytes.length - size;
    bytes.set(input, offsetBytes);
    xxhash.xxh64(offsetBytes, size, resultOffsetBytes, seed);
    assert.equal(view.getBigUint64(resultOffsetBytes, true), hash64);
    assert.equal(xxhash.xxh32(offsetBytes, size, seed), referenceXxh32(input, seed));
  }
});

it('isXxh64() notices every flipped bit of the range and of the hash', () => {
  const size = 120;
  bytes.set(text('x'.repeat(size)), inputOffsetBytes);
  xxhash.xxh64(inputOffsetBytes, size, inputOffsetBytes + size);
  const matches = () => xxhash.isXxh64(inputOffsetBytes, size, inputOffsetBytes + size);
  assert.equal(matches(), true);
  for (let bit = 0; bit < 8 * (size + 8); bit++) {
    bytes[inputOffsetBytes + (bit >> 3)]! ^= 1 << (bit & 7);
    assert.equal(matches(), false, `bit ${bit}`);
    bytes[inputOffsetBytes + (bit >> 3)]! ^= 1 << (bit & 7);
  }
  assert.equal(matches(), true);
});

it('xxh64Update() over any cuts is xxh64() over the whole', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let round = 0; round < 3000; round++) {
    const size = random.pick([0, 31, 32, 33, 64, random.below(200), random.below(5000)]);
    const seed = random.pick([0, random.next()]);
    for (let at = 0; at < size; at++) bytes[inputOffsetBytes + at] = random.next();
    // Whatever was in the state before: it needs no initial content.
    bytes.fill(random.next(), stateOffsetBytes, stateOffsetBytes + xxh64StateSizeBytes);
    xxhash.xxh64Begin(stateOffsetBytes, seed);
    for (let at = 0; at < size; ) {
      const most = random.oneIn(3) ? size : 70;
      const part = Math.min(random.below(most + 1), size - at);
      xxhash.xxh64Update(stateOffsetBytes, inputOffsetBytes + at, part);
      at += part;
      xxhash.xxh64End(stateOffsetBytes, resultOffsetBytes);
      assert.equal(xxhash.isXxh64(inputOffsetBytes, at, resultOffsetBytes), seed === 0);
    }
    xxhash.xxh64End(stateOffsetBytes, resultOffsetBytes);
    const streamed = view.getBigUint64(resultOffsetBytes, true);
    xxhash.xxh64(inputOffsetBytes, size, resultOffsetBytes, seed);
    assert.equal(streamed, view.getBigUint64(resultOffsetBytes, true), `${size} bytes`);
  }
});

it('xxh64() writes 8 bytes and its state 80, no more', () => {
  bytes.fill(0xa5);
  xxhash.xxh64(inputOffsetBytes, 100, resultOffsetBytes);
  xxhash.xxh64Begin(stateOffsetBytes);
  for (const size of [1, 31, 32, 99]) xxhash.xxh64Update(stateOffsetBytes, inputOffsetBytes, size);
  xxhash.xxh64End(stateOffsetBytes, resultOffsetBytes);
  bytes.fill(0xa5, resultOffsetBytes, resultOffsetBytes + 8);
  bytes.fill(0xa5, stateOffsetBytes, stateOffsetBytes + xxh64StateSizeBytes);
  assert.ok(bytes.every((byte) => byte === 0xa5));
});

it('xxh64() and xxh32() work above 2 GiB and up to the end of a 4 GiB memory', () => {
  // Reserved, not touched: only the few pages below are ever backed by memory.
  const large = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true });
  const high = Kernel.create(large).xxhash;
  const input = Uint8Array.from({ length: 777 }, (_, at) => at * at);
  const resultAt = 2 ** 32 - 4096;
  const stateAt = 2 ** 31 - 8192;
  for (const offsetBytes of [2 ** 31 - 300, 2 ** 32 - 1 - input.length]) {
    new Uint8Array(large.buffer).set(input, offsetBytes);
    assert.equal(high.xxh32(offsetBytes, input.length), referenceXxh32(input));
    high.xxh64Begin(stateAt);
    high.xxh64Update(stateAt, offsetBytes, input.length);
    high.xxh64End(stateAt, resultAt);
    const streamed = new DataView(large.buffer).getBigUint64(resultAt, true);
    assert.equal(streamed, referenceXxh64(input));
    assert.equal(high.isXxh64(offsetBytes, input.length, resultAt), true);
  }
});

it('Xxhash asserts that its arguments lie in the memory and apart', () => {
  const end = bytes.length;
  assert.throws(() => xxhash.xxh64(end - 9, 10, 0), /outside the arena/);
  assert.throws(() => xxhash.xxh64(0, 10, end - 7), /outside the arena/);
  assert.throws(() => xxhash.xxh64(0, 10, 16, -1), /seed/);
  assert.throws(() => xxhash.xxh64(0, 10, 16, 2 ** 32), /seed/);
  assert.throws(() => xxhash.xxh32(-1, 10), /not a place/);
  assert.throws(() => xxhash.isXxh64(0, 10, end - 7), /outside the arena/);
  assert.throws(() => xxhash.xxh64Begin(end - 79), /outside the arena/);
  assert.throws(() => xxhash.xxh64Update(0, 79, 10), /overlap/);
  assert.throws(() => xxhash.xxh64End(0, 79), /overlap/);
});
