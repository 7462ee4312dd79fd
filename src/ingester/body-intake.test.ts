import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { BodyIntake, Intake } from './body-intake.ts';

/**
 * Feeds the chunks as a call would, with or without a place at once; returns what it saw last, and
 * the message.
 */
function take(chunks: readonly Uint8Array[], waits: boolean): [Intake, Uint8Array] {
  const intake = new BodyIntake();
  let target = new Uint8Array(0);
  let last: Intake = Intake.Open;
  let waiting = false;
  const place = () => {
    target = new Uint8Array(intake.messageLengthBytes);
    return intake.provide(target);
  };
  for (const chunk of chunks) {
    const owned = Buffer.from(chunk); // as the transport gives it; its slice() is a view
    last = intake.take(owned);
    if (last === Intake.PrefixComplete) {
      waiting = waits;
      last = waits ? intake.keep() : place();
    }
    owned.fill(0xee);
    if (last === Intake.Excess) return [last, target];
  }
  if (waiting) last = place();
  return [last, target];
}

test('BodyIntake takes a message whose body is cut at any byte', () => {
  const message = Uint8Array.from({ length: 40 }, (_, index) => index);
  const body = frameMessage(message);
  for (const waits of [false, true]) {
    for (let cut = 1; cut < body.length; cut += 1) {
      const [intake, taken] = take([body.subarray(0, cut), body.subarray(cut)], waits);
      assert.equal(intake, Intake.MessageComplete, `cut ${cut}`);
      assert.deepEqual(taken, message, `cut ${cut}`);
    }
  }
});

test('BodyIntake takes the same from any chunks, and sees any excess', (context) => {
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 10 }),
      cuts,
      fc.boolean(),
      (message, excess, sizes, waits) => {
        const body = Buffer.concat([frameMessage(message), excess]);
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < body.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          chunks.push(body.subarray(at, at + size));
          at += size;
        }
        const [intake, taken] = take(chunks, waits);
        assert.equal(intake, excess.length > 0 ? Intake.Excess : Intake.MessageComplete);
        if (excess.length === 0) assert.deepEqual(taken, message);
      },
    ),
    { seed: testSeed(context), numRuns: 500 },
  );
});

test('BodyIntake reads lengths up to 2^32 - 1 as positive numbers', () => {
  const intake = new BodyIntake();
  assert.equal(intake.take(Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff)), Intake.PrefixComplete);
  assert.equal(intake.messageLengthBytes, 2 ** 32 - 1);
  assert.equal(intake.compressedFlag, 1);
});
