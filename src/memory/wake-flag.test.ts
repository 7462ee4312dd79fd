import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { WakeFlag, wakeFlagSizeBytes } from './wake-flag.ts';

test('raise() asks for one message until the flag is lowered, seen from any view', () => {
  const buffer = new SharedArrayBuffer(64 + wakeFlagSizeBytes);
  const ours = new WakeFlag(buffer, 64);
  const theirs = new WakeFlag(buffer, 64);
  assert.equal(ours.raise(), true);
  assert.equal(ours.raise(), false);
  assert.equal(theirs.raise(), false);
  theirs.lower();
  assert.equal(ours.raise(), true);
  assert.throws(() => new WakeFlag(buffer, 4), { name: 'AssertionFailed' });
});

// One side pushes and raises, the other gets the messages, lowers and empties: all orders of these
// steps.
test('WakeFlag leaves nothing in a ring without a message on its way', (context) => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60, size: 'max' }), (steps) => {
      const flag = new WakeFlag(new SharedArrayBuffer(wakeFlagSizeBytes), 0);
      let queued = 0;
      let messages = 0;
      let producerAt: 'push' | 'raise' = 'push';
      let consumerAt: 'wait' | 'empty' = 'wait';
      for (const isProducer of steps) {
        if (!isProducer) {
          if (consumerAt === 'empty') {
            queued = 0;
            consumerAt = 'wait';
          } else if (messages > 0) {
            messages -= 1;
            flag.lower();
            consumerAt = 'empty';
          }
        } else if (producerAt === 'push') {
          queued += 1;
          producerAt = 'raise';
        } else {
          if (flag.raise()) messages += 1;
          producerAt = 'push';
        }
        const willLook: boolean = messages > 0 || consumerAt === 'empty' || producerAt === 'raise';
        assert.ok(queued === 0 || willLook, 'records that nobody will look at');
        assert.ok(messages <= 1, 'more messages than it takes');
      }
    }),
    { seed: testSeed(context), numRuns: 1_000 },
  );
});
