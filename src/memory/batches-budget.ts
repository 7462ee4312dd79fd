// What the defaults of the configuration are made from: how much of the arena a limit leaves for
// batches. The largest message and the arena depend on each other; here the knot is cut.

import { MiB, requestSizeBytesDefault } from '../limits.ts';
import { arenaBudgetBytes, arenaNeeds, type ProcessPlanInput } from './arena-needs.ts';
import { messageSizeBytesDefault, messageSizeBytesDefaultMax } from './arena-plan.ts';
import { arenaPageSizeBytes } from './region.ts';
import { vaultFixedSizeBytes } from './vault-regions.ts';

/**
 * What of the arena is there for batches on their way through: all of it without a vault. With one,
 * as if the largest message were the default for the result: each consumer has a place for one. The
 * default is the largest that leaves so much, since codecs take more for larger messages.
 */
export function batchesBudgetBytes(input: Omit<ProcessPlanInput, 'messageSizeBytesMax'>): number {
  let sizeBytes = messageSizeBytesDefaultMax;
  for (; sizeBytes > MiB; sizeBytes /= 2) {
    const sized = { ...input, messageSizeBytesMax: sizeBytes };
    const budgetBytes = batchesShareBytes(sized);
    const isDefault = messageSizeBytesDefault(budgetBytes) >= sizeBytes;
    if (isDefault && holdsUsual(sized, budgetBytes)) return budgetBytes;
    // With smaller messages there is more, but not so much that the larger ones would do.
  }
  return batchesShareBytes({ ...input, messageSizeBytesMax: sizeBytes });
}

/** A default must fit beside destinations as they are when nothing is said of them. */
function holdsUsual(input: ProcessPlanInput, budgetBytes: number): boolean {
  // A request and its compressed form.
  const exportBufferSizeBytes = 2 * requestSizeBytesDefault(budgetBytes);
  const usual = { id: '', exportBufferSizeBytes };
  const destinations = Array.from({ length: input.vault?.consumerCount ?? 1 }, () => usual);
  return arenaNeeds({ ...input, destinations }).sizeBytes <= arenaBudgetBytes(input);
}

function batchesShareBytes(input: ProcessPlanInput): number {
  const arenaSizeBytes = arenaBudgetBytes(input);
  const { vault, shardCount, messageSizeBytesMax } = input;
  const atMostBytes = messageSizeBytesMax * 16 - arenaPageSizeBytes;
  const shareBytes =
    vault === undefined
      ? arenaSizeBytes
      : ((arenaSizeBytes - vaultFixedSizeBytes(shardCount)) * 8) / (8 + vault.consumerCount);
  const bytes = Math.floor(shareBytes);
  return messageSizeBytesMax === messageSizeBytesDefaultMax ? bytes : Math.min(bytes, atMostBytes);
}
