// Layer J of the vault's tests. Scenario: a copy of the sources is broken in one place after the
// other, each time a check, an order or a bound on which a promise of the vault rests.
// Guarantees: for each there is a test that fails; so no promise is held by luck. A mutant whose
// text is not found exactly once is an error, and so is one that survives, but for those that are
// known to change nothing that anybody is promised, each with its reason.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checksMutants } from './checks-mutants.ts';
import { MutantWorkshop } from './mutant-workshop.ts';
import { recoveryMutants } from './recovery-mutants.ts';
import { servingMutants } from './serving-mutants.ts';
import { writingMutants } from './writing-mutants.ts';

const groups = { checksMutants, recoveryMutants, writingMutants, servingMutants };
const all = Object.values(groups).flat();
const testFiles = [...new Set(all.flatMap(({ tests }) => tests))].sort();

describe('vault mutants', () => {
  let workshop: MutantWorkshop;
  let killed = 0;
  let equivalent = 0;
  before(() => {
    workshop = new MutantWorkshop();
  });
  after(() => workshop.remove());

  // Else everything would be killed by a test that fails anyway.
  for (const testFile of testFiles) {
    it(`${testFile} passes while nothing is broken`, () => {
      const { passed, output } = workshop.run(testFile);
      assert.ok(passed, output.slice(-4_000));
    });
  }

  for (const mutant of all) {
    const { file, breaks, tests, isEquivalent } = mutant;
    it(`src/${file}: "${breaks}" is held by ${tests.join(', ')}`, () => {
      workshop.with(mutant, () => {
        for (const testFile of tests) {
          const { passed } = workshop.run(testFile);
          if (isEquivalent === undefined) assert.ok(!passed, `survived ${testFile}`);
          else assert.ok(passed, 'killed: it is not equivalent any more, so drop the reason');
        }
      });
      if (isEquivalent === undefined) killed += 1;
      else equivalent += 1;
    });
  }

  it('every mutant is killed, or known to be equivalent', (context) => {
    context.diagnostic(`${killed} of ${all.length} mutants killed, ${equivalent} equivalent`);
    assert.equal(killed + equivalent, all.length);
  });
});
