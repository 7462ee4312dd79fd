// What a key asks for that is not just another look at the screen: the loop does it.

import type { MutationPlan } from '../show-plan.ts';
import type { zonesByWord } from '../zone-text.ts';

export type Effect =
  | { readonly kind: 'quit' }
  /** Until the shell brings it back. */
  | { readonly kind: 'suspend' }
  /** Something else has written to the terminal. */
  | { readonly kind: 'repaint' }
  | { readonly kind: 'ledger' }
  /** Asks the engine what it would mean. */
  | { readonly kind: 'plan'; readonly wanted: Wanted }
  | { readonly kind: 'apply'; readonly wanted: Wanted; readonly plan: MutationPlan };

/** What an operator may change from here. */
export type Wanted =
  | {
      readonly kind: 'override';
      readonly zone: keyof typeof zonesByWord;
      readonly ttlMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'override-end'; readonly reason: string }
  | { readonly kind: 'replay-pause'; readonly reason: string }
  | { readonly kind: 'replay-resume'; readonly reason: string };
