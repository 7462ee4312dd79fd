import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { OutEntries } from './out-entries.ts';
import type { VaultEntry } from './vault-door.ts';

test('OutEntries gives back what was put, in any order, and knows the oldest', (context) => {
  const steps = fc.array(fc.nat({ max: 20 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (choices) => {
      const entries = new OutEntries(4);
      /** In the order of put(). */
      const out: { readonly entry: VaultEntry; readonly tag: number }[] = [];
      for (const [handedMs, choice] of choices.entries()) {
        if (choice % 2 === 0 && !entries.isFull) {
          const entry = entryOf(handedMs);
          out.push({ entry, tag: entries.put(entry) });
        } else if (out.length > 0) {
          const [gone] = out.splice(choice % out.length, 1);
          const { entry, tag } = gone!; // inside: below the length
          assert.equal(entries.take(tag), entry);
          assert.throws(() => entries.take(tag), /answer to no append/);
        }
        assert.equal(entries.count, out.length);
        assert.equal(entries.oldestMs, out[0]?.entry.handedMs ?? Infinity);
      }
      for (const { entry, tag } of out) assert.equal(entries.take(tag), entry);
      assert.equal(entries.isFull, false);
    }),
    { seed: testSeed(context) },
  );
});

function entryOf(handedMs: number): VaultEntry {
  return {
    ...{ slab: 1, bodyOffsetBytes: 128, bodyLengthBytes: 1, kind: 1, codec: 0, receivedMs: 0 },
    ...{ producer: '', recordCount: 0, heldMask: 0, settledMask: 0, handedMs },
    vaultAnswered: () => {},
  };
}
