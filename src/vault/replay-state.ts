// The word ReplayState of the vault's page: what the replay does, and which consumers it sends
// nothing because their dead letter takes no more.

import { assert } from '../assert.ts';
import { consumersMax } from './hand-over.ts';

export const ReplayState = {
  /** Hands out what there is, at the rate of the zone. */
  Running: 0,
  /** By command. */
  Paused: 1,
  /** By the zone, or a rate of 0. */
  Held: 2,
  Stopped: 3,
} as const;
export type ReplayState = (typeof ReplayState)[keyof typeof ReplayState];

const maskFactor = 256;

/** Consumers are bits of the mask. */
export function replayStateWord(state: ReplayState, deadLetterFullMask: number): number {
  assert(deadLetterFullMask >>> consumersMax === 0, 'mask of more consumers than there are');
  return state + maskFactor * deadLetterFullMask;
}

export function replayStateOf(word: number): ReplayState {
  return (word % maskFactor) as ReplayState; // the word is made by replayStateWord()
}

export function deadLetterFullMaskOf(word: number): number {
  return Math.floor(word / maskFactor);
}
