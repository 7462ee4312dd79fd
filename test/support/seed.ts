// The seed of a random test: printed with every run, so that a failure can be repeated with
// GOPHERSHIP_SEED=<seed>.

import type { TestContext } from 'node:test';

export function testSeed(context: TestContext): number {
  const given = process.env.GOPHERSHIP_SEED;
  const seed =
    given === undefined ? (Date.now() ^ (process.pid << 16)) & 0x7fffffff : Number(given);
  context.diagnostic(`seed ${seed}`);
  return seed;
}
