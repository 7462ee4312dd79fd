// How many cases the random tests of the vault run. GOPHERSHIP_VAULT_FACTOR multiplies them: a half
// in `npm test`, 10 in CI, more in long runs.

import type { TestContext } from 'node:test';

export const vaultFactor = Number(process.env.GOPHERSHIP_VAULT_FACTOR ?? 1);

export function caseCount(count: number): number {
  return Math.max(1, Math.round(count * vaultFactor));
}

/** What `.ci/run` sets, for `npm run test:vault`. */
export const ciFactor = 10;

/** For tests that `npm test` has no time for. True: the test has been skipped. */
export function isLeftToCi(context: TestContext): boolean {
  if (vaultFactor >= ciFactor) return false;
  context.skip('SKIPPED: left to npm run test:vault');
  return true;
}
