// How far a call has come, and what it holds there.

import type { InflationJob } from './inflation-job.ts';
import type { MessageBody } from './message-body.ts';
import type { MessageWait } from './message-wait.ts';

// Small calls come by ten thousands a second, hence no object for a phase that holds nothing.
export type CallPhase =
  /** It is not known yet how long the message is. */
  | { readonly kind: 'opening' }
  /** What arrives lands until there is a slab for it. */
  | MessageWait
  /** Reading the message into its slab, and after it the end of the request. */
  | MessageBody
  /** The slab is with the decompression. */
  | { readonly kind: 'inflating'; readonly job: InflationJob }
  /** The slab is with the engine, which owes the answer. */
  | { readonly kind: 'accepted' }
  /** Answered, or nobody is there to answer. */
  | { readonly kind: 'ended' };

export const opening: CallPhase = { kind: 'opening' };
export const accepted: CallPhase = { kind: 'accepted' };
export const ended: CallPhase = { kind: 'ended' };
