// The pivot: what happens to one whole batch. Pure, so that its table can be tested row by row. It
// knows two ways out so far: export, or a retryable refusal; the vault joins them when it exists.

import type { Destination, Refusal } from '../exporter/destination.ts';

/**
 * Undefined: every required destination can take a batch of this size, and it goes to all of them.
 * Else the refusal to answer with, from the destination that needs the longest, and the batch goes
 * nowhere: a batch that only some could take would reach those twice when the producer sends it
 * again.
 */
export function pivot(
  destinations: readonly Destination[],
  bodyLengthBytes: number,
): Refusal | undefined {
  let longest: Refusal | undefined;
  for (const destination of destinations) {
    // One that is not required never holds back an answer; it makes room by losing its oldest.
    if (!destination.required) continue;
    const refusal = destination.refusal(bodyLengthBytes);
    if (refusal === undefined) continue;
    if (longest === undefined || refusal.retryDelayMs > longest.retryDelayMs) longest = refusal;
  }
  return longest;
}
