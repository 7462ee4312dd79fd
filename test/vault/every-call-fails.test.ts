// Layer D of the vault's tests: one scenario, and every call of the disk in it fails in turn, in
// every way that a call can fail, once or from then on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB } from '../../src/limits.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import type { CallFaultsPlan } from '../support/call-faults.ts';
import type { Injection } from '../support/call-script.ts';
import { testSeed } from '../support/seed.ts';
import { ciFactor, vaultFactor } from '../support/vault-cases.ts';
import { type HistoryOptions, type HistoryStep, VaultHistory } from '../support/vault-history.ts';

const options: HistoryOptions = {
  ...{ unitSizeBytes: 4096, consumerCount: 1, segmentSizeBytes: 32 * KiB, limitSegments: 9 },
  ...{ bodySizeBytesMax: 6_000, fullPolicy: 'reject', direct: true },
};

function step(kind: string, a = 0, b = 0): HistoryStep {
  return { kind, a, b };
}

// Start, appends with a dead letter and rotations, settles and deletion, MARK, a clean end;
// a start, more of all, power loss; a start.
const scenario: readonly HistoryStep[] = [
  ...[step('pass', 200), step('append', 7, 5_900), step('append', 22, 1), step('pass', 200)],
  ...[step('append', 3, 4_000), step('append', 3, 5_000), step('settle-old', 0, 12)],
  ...[step('pass', 600), step('settle', 3, 2), step('close', 0, 38), step('append', 3, 3_000)],
  ...[step('settle-old', 0, 12), step('pass', 600), step('append', 6, 2_500), step('crash', 5, 25)],
  ...[step('append', 2, 2_000), step('pass', 300)],
];

function run(faults?: CallFaultsPlan): VaultHistory {
  const history = new VaultHistory(options, faults);
  for (const action of scenario) history.run(action);
  return history;
}

function everyCall(
  seed: number,
  injection: Injection,
  plan: { readonly count: number; readonly isTotal: boolean },
): number {
  const { callCount } = run().disk;
  // All in CI; else one of ten, another one with each seed.
  const every = Math.max(1, Math.round(ciFactor / vaultFactor));
  let runs = 0;
  for (let wait = seed % every; wait < callCount; wait += every) {
    const isOfOneKind = plan.count > 1;
    try {
      run({ wait, ...plan, injection, isOfOneKind }).end();
    } catch (error) {
      const { message } = error instanceof Error ? error : { message: String(error) };
      const what = JSON.stringify(injection);
      throw new Error(`call ${wait + 1} with ${what}, ${plan.count}: ${message}`, { cause: error });
    }
    runs += 1;
  }
  assert.ok(callCount > 250, `${callCount} calls`);
  return runs;
}

const faults = [
  IoFault.Medium,
  IoFault.NoSpace,
  IoFault.Quota,
  IoFault.ReadOnly,
  IoFault.NoDescriptor,
  IoFault.NoMemory,
  IoFault.Interrupted,
  IoFault.Short,
] as const;

const injections: readonly Injection[] = [
  ...faults.map((fault) => ({ kind: 'fault', fault, writtenBytes: 4_096 }) as const),
  { kind: 'crash' },
];

// Scenario: each call of the scenario fails once, but for reads of the medium at a start.
// Guarantees: V1, V2, V3, V8, V9, V10, V13: whatever was acknowledged is there at the end.
test('a vault keeps what it acknowledged whichever call fails', (context) => {
  const seed = testSeed(context);
  let runs = 0;
  for (const injection of injections)
    runs += everyCall(seed, injection, { count: 1, isTotal: false });
  context.diagnostic(`${runs} runs`);
});

// Scenario: from one call on, all of its kind fail, until the disk is mended at the end.
// Guarantees: the same.
test('a vault keeps what it acknowledged whichever kind of call fails for good', (context) => {
  const seed = testSeed(context);
  let runs = 0;
  for (const injection of injections.slice(0, -1))
    runs += everyCall(seed, injection, { count: 10 ** 9, isTotal: false });
  context.diagnostic(`${runs} runs`);
});

// Scenario: a call says that it worked and did nothing; or any call fails with EIO, also a read.
// Guarantees: V2, V8 and V13: the vault opens or is refused with a reason, and replays nothing that
// was not handed over.
test('a vault invents nothing on a disk that lies', (context) => {
  const seed = testSeed(context);
  const medium: Injection = { kind: 'fault', fault: IoFault.Medium };
  const lost: Injection = { kind: 'lost' };
  let runs = 0;
  for (const injection of [medium, lost])
    for (const count of [1, 10 ** 9]) runs += everyCall(seed, injection, { count, isTotal: true });
  context.diagnostic(`${runs} runs`);
});
