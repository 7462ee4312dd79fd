// Scenario: valid LZ4 blocks and frames with every feature, the same ones damaged, cut at every
// byte, and plain noise go through the kernel's decoders; contents of all kinds go through its
// compressors into too little and enough room.
// Guarantees: status and bytes are those of a plain decoder; what the kernel writes keeps the
// writers' rules and comes back as it was; nothing traps, nothing outside the ranges is touched.
//
// GOPHERSHIP_FUZZ_COUNT sets the number of damaged frames, GOPHERSHIP_SEED the random numbers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  compressedBlockSizeBytesMax,
  frameSizeBytesMax,
  Lz4Status,
  lz4AccelerationMax,
} from '../../src/kernel/lz4-abi.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { Lz4Check, type Lz4Format } from './lz4-check.ts';
import { referenceBlock, referenceFrame } from './lz4-reference.ts';
import { randomBlock, randomContent, randomFrame, repairHeader } from './lz4-samples.ts';
import { mutate, mutationGrowthBytesMax } from './mutate.ts';

const fuzzCount = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 20_000);
const mutantsPerSample = 20;
const sizeBytesMax = 48 * 1024;

describe('decoders against the reference', () => {
  it('decode() takes valid blocks and frames', (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new Lz4Check(sizeBytesMax);
    for (let n = 0; n < 2000; n++) {
      for (const [format, sample] of [
        ['block', randomBlock(random)],
        ['frame', randomFrame(random)],
      ] as const) {
        const { bytes, contentLength } = sample;
        for (const spare of [0, 1, 7, 15, 16, 40]) {
          check.decode(format, bytes, contentLength + spare);
        }
        if (contentLength > 0) {
          assert.equal(check.decode(format, bytes, contentLength - 1), Lz4Status.NoRoom);
        }
      }
    }
    assert.deepEqual([...check.countByStatus.keys()].sort(), [Lz4Status.NoRoom, 'Ok']);
  });

  const counts = { frame: fuzzCount, block: fuzzCount / 2 };
  for (const format of ['frame', 'block'] as const) {
    it(`decode() agrees on ${counts[format]} damaged ${format}s`, (context) => {
      const random = new SeededRandom(testSeed(context) ^ 0x2545f491);
      const check = new Lz4Check(sizeBytesMax);
      agreeOnMutants(format, counts[format], random, check);
      const found = [...check.countByStatus].sort((a, b) => b[1] - a[1]);
      context.diagnostic(`by status ${JSON.stringify(found)}`);
      const possible = format === 'frame' ? Object.values(Lz4Status) : blockStatuses;
      const missing = ['Ok' as const, ...possible].filter(
        (status) => !check.countByStatus.has(status),
      );
      assert.deepEqual(fuzzCount < 20_000 ? [] : missing, [], 'statuses that no input reached');
    });
  }

  it(`decode() agrees on ${fuzzCount / 4} pieces of noise`, (context) => {
    const random = new SeededRandom(testSeed(context) ^ 0x1b873593);
    const check = new Lz4Check(sizeBytesMax);
    const header = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
    for (let n = 0; n < fuzzCount / 4; n++) {
      const noise = Uint8Array.from({ length: random.below(80) }, () => random.next());
      const start = random.pick([0, 4, header.length, header.length]);
      noise.set(header.slice(0, Math.min(start, noise.length)));
      // Sizes of blocks are small numbers, or nothing behind them is ever read.
      if (start === header.length && noise.length > 11) {
        noise.set([random.below(60), 0, 0, random.pick([0, 0, 0, 0x80])], header.length);
      }
      check.decode(random.oneIn(2) ? 'block' : 'frame', noise, random.below(300));
    }
  });

  it('decode() agrees on every prefix of valid blocks and frames', (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new Lz4Check(sizeBytesMax);
    for (let n = 0; n < 15; n++) {
      const frame = randomFrame(random);
      const block = randomBlock(random);
      for (let length = 0; length <= frame.bytes.length; length++) {
        check.decode('frame', frame.bytes.subarray(0, length), frame.contentLength);
      }
      for (let length = 0; length <= block.bytes.length; length++) {
        check.decode('block', block.bytes.subarray(0, length), block.contentLength);
      }
    }
  });
});

const blockStatuses = [Lz4Status.NoRoom, Lz4Status.Truncated, Lz4Status.BadOffset];

function agreeOnMutants(
  format: Lz4Format,
  count: number,
  random: SeededRandom,
  check: Lz4Check,
): void {
  const sample = format === 'frame' ? randomFrame : randomBlock;
  const target = new Uint8Array(sizeBytesMax);
  let donor = sample(random).bytes;
  for (let n = 0; n < count; ) {
    const { bytes, contentLength } = sample(random);
    // Short ones are damaged where it matters more often, and are done sooner.
    if (bytes.length + mutationGrowthBytesMax > 2000) continue;
    for (let mutant = 0; mutant < mutantsPerSample && n < count; mutant++, n++) {
      const damaged = target.subarray(0, mutate(random, bytes, donor, target));
      if (format === 'frame' && !random.oneIn(8)) repairHeader(damaged);
      check.decode(format, damaged, contentLength + random.pick([0, 0, 1, 20, 300]));
    }
    donor = bytes;
  }
}

describe('compressors against the reference', () => {
  it(`compress() writes what comes back, ${fuzzCount / 40} contents`, (context) => {
    const random = new SeededRandom(testSeed(context) ^ 0x38b34ae5);
    const check = new Lz4Check(16 * 1024);
    for (let n = 0; n < fuzzCount / 40; n++) {
      const content = randomContent(random, random.pick([20, 300, 4000]));
      const acceleration = random.pick([1, 1, 2, 9, lz4AccelerationMax]);
      roundTrip(check, content, acceleration);
      const capacityBytes = random.below(content.length + 20);
      for (const format of ['block', 'frame'] as const) {
        const output = check.compress(format, content, capacityBytes, acceleration);
        if (typeof output === 'number') assert.equal(output, Lz4Status.NoRoom);
        else assert.deepEqual(check.decode(format, output, content.length), content);
      }
    }
  });
});

function roundTrip(check: Lz4Check, content: Uint8Array, acceleration: number): void {
  const size = content.length;
  const block = check.compress('block', content, compressedBlockSizeBytesMax(size), acceleration);
  assert.ok(typeof block !== 'number', 'no room where there must be');
  assert.deepEqual(referenceBlock({ bytes: block, capacityBytes: size, asWriter: true }), content);
  const frame = check.compress('frame', content, frameSizeBytesMax(size), acceleration);
  assert.ok(typeof frame !== 'number', 'no room where there must be');
  assert.deepEqual(referenceFrame(frame, size, true), content);
  check.decode('block', block, size);
  check.decode('frame', frame, size);
}
