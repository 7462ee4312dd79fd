// Scenario: vaults on real file systems, on disks that lose power at any moment of their lives: in
// the first start, under load, in a recovery, in the life after. All that was flushed is there, and
// any part of what was not: whole writes, none, or sectors of them. The journal is replayed, the
// vault is opened, a second time, and now and then used, emptied and opened again.
// Guarantees: V1 to V5, V7 to V10, V13, V15, V17; no state leads to a row of recovery that stands
// for damage.
//
// Layer E of the vault's tests. GOPHERSHIP_VAULT_FACTOR scales the number of states; xfs and btrfs
// are for long runs. What cannot be had here prints "SKIPPED: reason".

import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { testSeed } from '../support/seed.ts';
import { caseCount, ciFactor, vaultFactor } from '../support/vault-cases.ts';
import { DiskBench, type FileSystem } from './disk-bench.ts';
import { runPower } from './power-chain.ts';
import type { PowerOptions } from './power-vault.ts';
import { UnsafeDirectory } from './unsafe-directory.ts';

/** In CI ten times as many. */
const stateCount = 20;

let bench: DiskBench | undefined;
after(() => bench?.release());

/** One at a time. Undefined: the test was skipped. */
function benchOf(context: TestContext, fileSystem: FileSystem): DiskBench | undefined {
  bench?.release();
  bench = new DiskBench(fileSystem);
  const problem = bench.prepare();
  if (problem === undefined) return bench;
  context.skip(`SKIPPED: ${problem}`);
  return undefined;
}

for (const fileSystem of ['ext4', 'xfs', 'btrfs'] as const) {
  test(`a vault on ${fileSystem} keeps what it acknowledged when power is lost`, async (context) => {
    if (fileSystem !== 'ext4' && vaultFactor <= ciFactor)
      return context.skip('SKIPPED: left to long runs');
    const ready = benchOf(context, fileSystem);
    if (ready === undefined) return;
    const seed = testSeed(context);
    const figures = await runPower({ bench: ready, seed, stateCount: caseCount(stateCount) });
    context.diagnostic(figures.text);
  });
}

// Scenario: the same with a vault one of whose precautions does nothing.
// Guarantees: these tests see it, soon.
const precautions: Readonly<Record<string, PowerOptions['spoil']>> = {
  'fdatasync of its files': (directory) => new UnsafeDirectory(directory, 'fdatasync'),
  'fsync of its directories': (directory) => new UnsafeDirectory(directory, 'fsyncDirectory'),
};
for (const [name, spoil] of Object.entries(precautions)) {
  test(`a vault without ${name} is found out when power is lost`, async (context) => {
    const ready = benchOf(context, 'ext4');
    if (ready === undefined) return;
    const seed = testSeed(context);
    const run = runPower({ bench: ready, seed, stateCount: 200, spoil });
    await assert.rejects(run, /state \d+, .*V\d+: /);
  });
}
