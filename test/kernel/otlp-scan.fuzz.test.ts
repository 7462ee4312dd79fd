// Scenario: valid requests with everything that is legal, the same ones damaged, cut at every byte,
// and nested far too deep, and rubbish, go through the kernel's scan and its count.
// Guarantees: the verdict and the counts are those of @bufbuild/protobuf; Ok is given only to what
// a strict reader takes too; nothing traps, nothing outside the message is read or written.
//
// GOPHERSHIP_FUZZ_COUNT sets the number of damaged messages, GOPHERSHIP_SEED the random numbers.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ScanStatus } from '../../src/kernel/kernel-abi.ts';
import { OtlpSampler } from '../support/otlp-samples.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { delimited, text } from '../support/wire-bytes.ts';
import { mutate, mutationGrowthBytesMax } from './mutate.ts';
import { ScanCheck } from './scan-check.ts';

const mutatedCount = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 20_000);
const validCount = Math.min(mutatedCount / 4, 100_000);
const mutantsPerMessage = 20;
const messageSizeBytesMax = 16 * 1024;

describe('scan() against @bufbuild/protobuf', () => {
  before(() => {
    // The other side throws for most damaged messages; collecting stacks would take half of the
    // time.
    Error.stackTraceLimit = 0;
  });

  it(`scan() takes ${validCount} valid messages and counts them right`, (context) => {
    const sampler = new OtlpSampler(testSeed(context));
    const check = new ScanCheck(messageSizeBytesMax);
    for (let n = 0; n < validCount; n++) check.check(sampler.request());
    assert.deepEqual([...check.countByStatus], [[ScanStatus.Ok, validCount]]);
  });

  it(`scan() agrees on ${mutatedCount} damaged messages`, (context) => {
    const seed = testSeed(context);
    const sampler = new OtlpSampler(seed);
    const random = new SeededRandom(seed ^ 0x5bd1e995);
    const check = new ScanCheck(messageSizeBytesMax);
    const target = new Uint8Array(messageSizeBytesMax);
    let donor = sampler.request();
    for (let n = 0; n < mutatedCount; ) {
      const source = sampler.request();
      if (source.length > messageSizeBytesMax - mutationGrowthBytesMax) continue;
      for (let mutant = 0; mutant < mutantsPerMessage && n < mutatedCount; mutant++, n++) {
        check.check(target.slice(0, mutate(random, source, donor, target)));
      }
      donor = source;
    }
    context.diagnostic(`messages by status ${JSON.stringify([...check.countByStatus].sort())}`);
    const statuses = Object.values(ScanStatus).filter((status) => status !== ScanStatus.TooDeep);
    const missing = statuses.filter((status) => !check.countByStatus.has(status));
    assert.deepEqual(mutatedCount < 100_000 ? [] : missing, [], 'statuses that no message reached');
  });

  it('countRecords() of rubbish that looks like messages neither traps nor runs on', (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new ScanCheck(messageSizeBytesMax);
    const likely = [0x0a, 0x12, 0x12, 0x00, 0x01, 0x02, 0x03, 0x05, 0x1a, 0x7b, 0x7c, 0x80, 0xff];
    const bytes = new Uint8Array(64);
    for (let n = 0; n < mutatedCount / 4; n++) {
      const size = random.below(bytes.length + 1);
      for (let at = 0; at < size; at++) bytes[at] = random.pick(likely);
      check.check(bytes.slice(0, size));
    }
  });

  it('scan() agrees on every prefix of valid messages', (context) => {
    const sampler = new OtlpSampler(testSeed(context));
    const check = new ScanCheck(messageSizeBytesMax);
    for (let n = 0; n < 100; n++) {
      const message = sampler.request();
      for (let length = 0; length <= message.length; length++) {
        check.check(message.slice(0, length));
      }
    }
  });

  it('scan() agrees on small KeyValues whose lengths fit, nearly fit or do not fit', () => {
    const check = new ScanCheck(messageSizeBytesMax);
    const tags = [0x0a, 0x10, 0x18, 0x21, 0x2a, 0x32, 0x3a, 0x40, 0x12, 0x7b];
    const fillers = [0x00, 0x01, 0x02, 0x41, 0x80, 0xff];
    for (const keySize of [0, 1, 2, 17]) {
      for (const valueSize of [0, 1, 2, 3, 9, 10]) {
        for (const [tag, filler] of tags.flatMap((t) => fillers.map((f) => [t, f] as const))) {
          const value = [0x12, valueSize, tag, ...Array(9).fill(filler)];
          for (const cut of [0, 1, 2, 3, 6, 7, 8, 9, 10]) {
            const key = [0x0a, keySize, ...Array(keySize).fill(0x61)];
            const keyValue = Uint8Array.from([...key, ...value.slice(0, value.length - cut)]);
            // Once as the last bytes there are, once with a neighbour that an overrun would
            // swallow.
            check.check(delimited(1, delimited(1, delimited(1, keyValue))));
            const neighbour = delimited(2, Uint8Array.of(0x41));
            check.check(delimited(1, delimited(1, [delimited(1, keyValue), neighbour])));
          }
        }
      }
    }
    assert.ok(check.countByStatus.get(ScanStatus.Ok)! > 100, 'some must fit'); // undefined is not
  });
});

describe('scan() of deep nesting', () => {
  // Request, ResourceLogs, ScopeLogs, LogRecord: the body's AnyValue is the fifth message.
  const check = new ScanCheck(16 * 1024 * 1024);
  const arrayValue = { fields: [5, 1], outerDepth: 4 };
  const kvlistValue = { fields: [6, 1, 2], outerDepth: 4 };

  for (const [name, kind] of Object.entries({ arrayValue, kvlistValue })) {
    for (const depth of [99, 100, 101, 102, 10_000, 1_000_000]) {
      it(`scan() agrees on ${depth} messages in each other by ${name}`, () => {
        const levels = depth - kind.outerDepth - 1;
        const status = check.check(logBody(nested(kind.fields, levels, nothing)));
        assert.equal(status, depth <= 100 ? ScanStatus.Ok : ScanStatus.TooDeep);
      });
    }
  }

  for (const depth of [98, 101]) {
    it(`scan() agrees on ${depth} messages when the last two are a plain KeyValue`, () => {
      const plain = delimited(1, [delimited(1, text('k')), delimited(2, delimited(1, text('v')))]);
      const status = check.check(logBody(nested(kvlistValue.fields, depth - 7, plain)));
      assert.equal(status, depth <= 100 ? ScanStatus.Ok : ScanStatus.TooDeep);
    });
  }

  for (const depth of [98, 99, 100, 101, 10_000, 1_000_000]) {
    it(`scan() agrees on ${depth} unknown groups in each other`, () => {
      const groups = new Uint8Array(2 * depth).fill(0x7b, 0, depth).fill(0x7c, depth);
      // The request is one message deep already, and 100 is the limit for both together.
      assert.equal(check.check(groups), depth <= 99 ? ScanStatus.Ok : ScanStatus.TooDeep);
    });
  }
});

function logBody(anyValue: Uint8Array): Uint8Array {
  return delimited(1, delimited(2, delimited(2, delimited(5, anyValue))));
}

const nothing = new Uint8Array(0);

/**
 * `levels` messages in each other around `core`, their field numbers taken round and round from
 * `fields`.
 */
function nested(fields: readonly number[], levels: number, core: Uint8Array): Uint8Array {
  // Written from the inside out, so that a million levels take a second and not an hour.
  const bytes = new Uint8Array(6 * levels + core.length);
  let start = bytes.length - core.length;
  bytes.set(core, start);
  for (let level = levels - 1; level >= 0; level--) {
    const tag = fields[level % fields.length]! * 8 + 2; // inside: the remainder of its length
    let length = bytes.length - start;
    const prefix: number[] = [];
    for (; length > 0x7f; length >>>= 7) prefix.push((length & 0x7f) | 0x80);
    prefix.push(length);
    start -= prefix.length + 1;
    bytes.set([tag, ...prefix], start);
  }
  return bytes.slice(start);
}
