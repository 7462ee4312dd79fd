import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../test/support/seed.ts';
import { Chain, ChainLink } from './chain.ts';

class Bead extends ChainLink {}

test('Chain holds what a Set would, in the same order', (context) => {
  const step = fc.record({ bead: fc.nat(9), adds: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const beads = Array.from({ length: 10 }, () => new Bead());
      const chain = new Chain<Bead>();
      const model = new Set<Bead>();
      for (const { bead: index, adds } of steps) {
        const bead = beads[index]!; // nat(9) of ten beads
        if (!adds) chain.delete(bead);
        else if (!model.has(bead)) chain.add(bead);
        if (adds) model.add(bead);
        else model.delete(bead);
        assert.equal(chain.size, model.size);
        assert.deepEqual(chain.links(), [...model]);
      }
    }),
    { seed: testSeed(context) },
  );
});
