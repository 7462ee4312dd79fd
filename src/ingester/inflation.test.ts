import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { smallArena } from '../../test/support/small-arena.ts';
import { KiB, MiB } from '../limits.ts';
import { SlabPool } from '../memory/slab-pool.ts';
import type { Encoding } from './expected-size.ts';
import { Inflation, type InflationResult, type OutgrownInflation } from './inflation.ts';
import { inflateSmall } from './small-inflation.ts';

const arena = smallArena({ spanCount: 20, largePageCount: 16 * 6 });
const slabs = new SlabPool(arena, 0);
const sizeBytesMax = MiB;

const piece = new Uint8Array(64 * KiB);
const parts = { slabs, bytes: arena.bytes };

/** The body at the end of a slab, as the ingester lays it. */
function place(body: Uint8Array, reservedBytes: number): number {
  const slab = slabs.reserve(Math.max(reservedBytes, body.length));
  assert.notEqual(slab, 0);
  const end = slabs.bodyOffsetBytes(slab) + slabs.capacityBytes(slab);
  arena.bytes.set(body, end - body.length);
  return slab;
}

/** In place, or with `outputBytes` into a slab of that size. */
function start(
  encoding: Encoding,
  body: Uint8Array,
  reservedBytes: number,
  { outputBytes = 0, before = () => {} } = {},
) {
  const slab = place(body, reservedBytes);
  const outputSlab = outputBytes === 0 ? 0 : slabs.reserve(outputBytes);
  before();
  const { promise, resolve } = Promise.withResolvers<InflationResult | OutgrownInflation>();
  const begin = { encoding, slab, lengthBytes: body.length, sizeBytesMax, outputSlab, piece };
  return { promise, slab, inflation: new Inflation(parts, begin, resolve) };
}

/**
 * Inflates, on the spot too if it is small, and checks that nothing but the answer's slab is left,
 * which is freed here.
 */
async function check(
  encoding: Encoding,
  body: Uint8Array,
  expected: Uint8Array | string,
  reservedBytes = 1,
): Promise<void> {
  const before = slabs.reservedBytes;
  checkResult(await start(encoding, body, reservedBytes).promise, expected);
  assert.equal(slabs.reservedBytes, before, 'reserved bytes');
  const apart = start(encoding, body, 1, { outputBytes: reservedBytes });
  checkResult(await apart.promise, expected);
  assert.equal(slabs.reservedBytes, before, 'reserved bytes, into a slab of its own');
  const slab = place(body, reservedBytes);
  const small = inflateSmall(parts, encoding, slab, body.length, sizeBytesMax);
  if (small === undefined) slabs.free(slab);
  else checkResult(small, expected);
  assert.equal(slabs.reservedBytes, before, 'reserved bytes, small');
}

function checkResult(
  result: InflationResult | OutgrownInflation,
  expected: Uint8Array | string,
): void {
  assert.notEqual(result.kind, 'outgrown');
  if (result.kind === 'outgrown') return;
  if (result.kind === 'refused') {
    assert.equal(result.code, expected, result.message);
    return;
  }
  const offsetBytes = slabs.bodyOffsetBytes(result.slab);
  const inflated = arena.bytes.slice(offsetBytes, offsetBytes + result.lengthBytes);
  slabs.free(result.slab);
  assert.ok(typeof expected !== 'string', `inflated, expected ${String(expected)}`);
  assert.ok(Buffer.from(inflated).equals(expected), 'inflated bytes differ');
}

const compress = { gzip: gzipSync, zstd: zstdCompressSync };
const encodings = ['gzip', 'zstd'] as const;
const text = Buffer.from('a log line, and another one\n'.repeat(400));
const noise = randomBytes(700 * KiB);

for (const encoding of encodings) {
  const one = compress[encoding](text);

  test(`Inflation(${encoding}) gives back what was compressed, whatever was reserved`, async () => {
    for (const reservedBytes of [1, 4 * KiB, 64 * KiB, 900 * KiB]) {
      await check(encoding, one, text, reservedBytes);
      await check(encoding, compress[encoding](noise), noise, reservedBytes);
      const half = Buffer.concat([Buffer.alloc(300 * KiB), noise]);
      await check(encoding, compress[encoding](half), half, reservedBytes);
      const otherHalf = Buffer.concat([noise, Buffer.alloc(300 * KiB)]);
      await check(encoding, compress[encoding](otherHalf), otherHalf, reservedBytes);
    }
  });

  test(`Inflation(${encoding}) takes empty output, and output as large as the limit`, async () => {
    await check(encoding, compress[encoding](Buffer.alloc(0)), new Uint8Array(0));
    const most = Buffer.alloc(sizeBytesMax, 'x');
    await check(encoding, compress[encoding](most), most);
  });

  test(`Inflation(${encoding}) reads all members or frames`, async () => {
    const noisy = compress[encoding](noise.subarray(0, 200 * KiB));
    const expected = Buffer.concat([text, noise.subarray(0, 200 * KiB), text]);
    await check(encoding, Buffer.concat([one, noisy, one]), expected);
    const many = Buffer.concat(Array.from({ length: 50 }, () => one));
    await check(encoding, many, Buffer.concat(Array.from({ length: 50 }, () => text)));
  });

  test(`Inflation(${encoding}) refuses anything after the last member or frame`, async () => {
    for (const tail of [
      Buffer.alloc(1),
      Buffer.alloc(70 * KiB),
      Buffer.from('garbage'),
      one.subarray(0, 7),
    ]) {
      await check(encoding, Buffer.concat([one, tail]), 'BODY_CORRUPT');
    }
  });

  test(`Inflation(${encoding}) refuses every truncation and damaged bytes`, async () => {
    for (let length = 0; length < one.length; length += 1) {
      await check(encoding, one.subarray(0, length), 'BODY_CORRUPT');
    }
    await check(encoding, Buffer.from('this was never compressed'), 'BODY_CORRUPT');
    const headerDamaged = Buffer.from(one);
    headerDamaged[0] = headerDamaged[0]! ^ 0xff;
    await check(encoding, headerDamaged, 'BODY_CORRUPT');
  });

  test(`Inflation(${encoding}) stops a bomb at the limit`, async () => {
    await check(encoding, compress[encoding](Buffer.alloc(sizeBytesMax + 1)), 'MESSAGE_TOO_LARGE');
    await check(encoding, compress[encoding](Buffer.alloc(64 * MiB)), 'MESSAGE_TOO_LARGE');
  });

  test(`Inflation(${encoding}) refuses retryably when the arena has no larger slab, and says what it wanted`, async () => {
    const before = slabs.reservedBytes;
    const others: number[] = [];
    const takeAll = () => {
      for (const sizeBytes of [MiB, 512 * KiB, 260 * KiB, 64 * KiB, 4 * KiB, 1]) {
        for (let slab = slabs.reserve(sizeBytes); slab !== 0; slab = slabs.reserve(sizeBytes)) {
          others.push(slab);
        }
      }
    };
    const result = await start(encoding, one, 1, { before: takeAll }).promise;
    for (const slab of others) slabs.free(slab);
    assert.equal(slabs.reservedBytes, before);
    assert.equal(result.kind === 'refused' && result.code, 'ADMISSION_TIMEOUT');
    assert.ok(result.kind === 'refused' && result.wantedBytes >= text.length, 'wanted bytes');
  });

  test(`Inflation(${encoding}) frees everything on cancel, at once`, async () => {
    const before = slabs.reservedBytes;
    const { inflation } = start(encoding, compress[encoding](noise), 1);
    inflation.cancel();
    assert.equal(slabs.reservedBytes, before);
    const second = start(encoding, compress[encoding](noise), 1);
    await new Promise(setImmediate);
    second.inflation.cancel();
    assert.equal(slabs.reservedBytes, before);
  });
}

test('Inflation() refuses a zstd window beyond 8 MiB by its header', async () => {
  const wide = zstdCompressSync(Buffer.alloc(20 * MiB, 'abcdefgh'), {
    params: { [constants.ZSTD_c_windowLog]: 24 },
  });
  await check('zstd', wide, 'BODY_CORRUPT');
});

test('Inflation() moves its output when many empty members follow a full message', async () => {
  const most = Buffer.alloc(sizeBytesMax, 'x');
  const empties = Buffer.concat(Array.from({ length: 14_000 }, () => gzipSync('')));
  const body = Buffer.concat([gzipSync(most), empties]);
  await check('gzip', body, most, body.length);
});

test('Inflation() is not misled by a size that the body makes up', async () => {
  const lying = Buffer.from(gzipSync(text));
  lying.writeUInt32LE(3, lying.length - 4);
  await check('gzip', lying, 'BODY_CORRUPT'); // ISIZE is also a check
});

test('Inflation() leaves no garbage outside of the heap that only V8 would free', async () => {
  const most = Buffer.alloc(sizeBytesMax, 'x');
  for (const encoding of encodings) {
    const body = compress[encoding](most);
    await check(encoding, body, most, sizeBytesMax);
    const beforeBytes = process.memoryUsage().arrayBuffers;
    const { promise } = start(encoding, body, sizeBytesMax);
    const result = await promise;
    const garbageBytes = process.memoryUsage().arrayBuffers - beforeBytes;
    checkResult(result, most); // slices it, so the garbage is counted before
    assert.ok(garbageBytes < 256 * KiB, `${encoding}: ${garbageBytes} bytes`);
  }
});
