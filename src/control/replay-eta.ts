// How much waits in the vault and how long that will take, for everybody who shows it.

import { ConsumerWord, type VaultPage, VaultWord } from '../memory/vault-page.ts';
import type { DestinationView } from './engine-view.ts';

/** Batches for the destination that is furthest behind. */
export function waitingBatches(
  page: VaultPage,
  destinations: readonly Pick<DestinationView, 'consumerIndex'>[],
): number {
  const waiting = destinations.map(({ consumerIndex }) =>
    consumerIndex === undefined ? 0 : page.consumer(consumerIndex).get(ConsumerWord.Unsettled),
  );
  return Math.max(0, ...waiting);
}

/** Ms until nothing waits, at the pace of the last seconds; undefined: not known. */
export function replayEtaMs(
  page: VaultPage,
  destinations: readonly Pick<DestinationView, 'consumerIndex'>[],
): number | undefined {
  if (waitingBatches(page, destinations) === 0) return 0;
  const etaMs = page.get(VaultWord.ReplayEtaMs);
  return etaMs > 0 ? etaMs : undefined;
}
