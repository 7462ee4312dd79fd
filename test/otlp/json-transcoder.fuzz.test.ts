// Scenario: valid OTLP/JSON in many spellings, the same texts damaged or cut at every byte, and
// random bytes, go through the JSON transcoder in the middle of a shared memory.
// Guarantees: it throws nothing but OTLP_MALFORMED; nothing outside of the text is touched; what it
// accepts is a message for the kernel's scan, a strict reader and @bufbuild/protobuf; what
// JSON.parse() refuses it refuses.
//
// GOPHERSHIP_FUZZ_COUNT sets the number of damaged texts, GOPHERSHIP_SEED the random numbers.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { logsRequest } from '../support/logs-arbitrary.ts';
import { otlpJson, withOtlpIds } from '../support/otlp-json.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { UnrulyJson } from '../support/unruly-json.ts';
import { TranscodeCheck } from './transcode-check.ts';

const damagedCount = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 2_000);
const textSizeBytesMax = 64 * 1024;
const sampleCount = 200;

describe('transcodeLogsJson() of damaged texts', () => {
  before(() => {
    Error.stackTraceLimit = 0; // most texts end in an error; stacks would take half of the time
  });

  it(`transcodeLogsJson() survives ${damagedCount} damaged texts`, (context) => {
    const seed = testSeed(context);
    const random = new SeededRandom(seed);
    const texts = sampleTexts(seed);
    const check = new TranscodeCheck(textSizeBytesMax);
    let acceptedCount = 0;
    for (let n = 0; n < damagedCount; n += 1) {
      if (isAccepted(check, damage(random, texts))) acceptedCount += 1;
    }
    context.diagnostic(`${acceptedCount} of ${damagedCount} accepted`);
    assert.ok(damagedCount < 1_000 || acceptedCount > damagedCount / 100, 'some must be accepted');
    assert.ok(acceptedCount < damagedCount, 'some must be refused');
  });

  it('transcodeLogsJson() refuses every prefix of a text', (context) => {
    const check = new TranscodeCheck(textSizeBytesMax);
    for (const text of sampleTexts(testSeed(context)).slice(0, 3)) {
      const whole = Buffer.from(text.toString().trimEnd());
      assert.ok(isAccepted(check, whole));
      for (let size = 0; size < whole.length; size += 1) {
        assert.equal(isAccepted(check, whole.subarray(0, size)), false, `${size} bytes`);
      }
    }
  });

  it('transcodeLogsJson() survives random bytes', (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new TranscodeCheck(textSizeBytesMax);
    for (let n = 0; n < damagedCount / 10; n += 1) {
      const alphabet = random.oneIn(2) ? '{}[]",:\\ue01.-+ntfals' : '';
      const bytes = Buffer.alloc(random.below(60));
      for (let at = 0; at < bytes.length; at += 1) {
        bytes[at] =
          alphabet === '' ? random.below(256) : alphabet.charCodeAt(random.below(alphabet.length));
      }
      isAccepted(check, random.oneIn(2) ? bytes : Buffer.concat([Buffer.from('{"'), bytes]));
    }
  });
});

function isAccepted(check: TranscodeCheck, text: Uint8Array): boolean {
  const accepted = check.transcode(text) !== undefined;
  if (accepted) assert.doesNotThrow(() => JSON.parse(Buffer.from(text).toString()));
  return accepted;
}

function sampleTexts(seed: number): Buffer[] {
  const unruly = new UnrulyJson(new SeededRandom(seed));
  return fc
    .sample(logsRequest, { numRuns: sampleCount, seed })
    .map((request) => Buffer.from(unruly.text(otlpJson(withOtlpIds(request)))))
    .filter((text) => text.length < textSizeBytesMax / 4);
}

const pieces = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '{}', '[]', 'null', 'true', 'false', '0', '-', '.'],
  ...['e9', '1e400', '18446744073709551616', '"NaN"', '\\u', '\\ud800', '\\udc00', '\\u0000'],
  ...['\ufeff', '\u0000', '"key":', '"value":{', '"values":[', '"arrayValue":{"values":[', ',,'],
  ...['"body":{"stringValue":"x"},', '"resourceLogs":[],', '"bytesValue":"A",', '"flags":1,'],
].map((piece) => Buffer.from(piece));
const badUtf8 = [
  ...[[0x80], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]],
].map((bytes) => Buffer.from(bytes));

/** One to three cuts, pastes and flips. */
function damage(random: SeededRandom, texts: readonly Buffer[]): Buffer {
  let text = random.pick(texts);
  for (let times = random.pick([1, 1, 1, 2, 3]); times > 0; times -= 1) {
    const at = random.below(text.length + 1);
    const donor = random.pick(texts);
    const from = random.below(donor.length + 1);
    const cut = Math.min(text.length, at + random.below(12));
    const inserts = [
      random.pick(pieces),
      random.pick(badUtf8),
      donor.subarray(from, from + random.below(60)),
      Buffer.of(random.below(256)),
      text.subarray(at, at + random.below(40)),
    ];
    const insert = random.oneIn(3) ? Buffer.alloc(0) : random.pick(inserts);
    const behind = random.oneIn(2) ? at : cut;
    text = Buffer.concat([text.subarray(0, at), insert, text.subarray(behind)]);
  }
  return text.length <= textSizeBytesMax ? text : text.subarray(0, textSizeBytesMax);
}
