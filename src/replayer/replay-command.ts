// What an operator can ask of the replay, and what is answered: plain data, for the way from thread
// to thread.

import type { PaceLimits } from './replay-pace.ts';

export type ReplayCommand =
  /** Hands nothing out until resume, or until the vault is nearly full. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** Which entries go first from now on. */
  | { readonly kind: 'order'; readonly order: ReplayOrderName }
  /** How fast from now on. */
  | { readonly kind: 'limits'; readonly limits: PaceLimits }
  /** Hands out only what was received in this time from now on; undefined: everything again. */
  | { readonly kind: 'range'; readonly range: TimeRange | undefined }
  /** Counts what a consumer would be sent. Answered when the log has been read through. */
  | {
      readonly kind: 'dry-run';
      readonly consumer: number;
      readonly range: TimeRange | undefined;
    }
  | { readonly kind: 'status' };

export type ReplayOrderName = 'oldest' | 'newest';

/** Unix ns, [fromNs, toNs). */
export interface TimeRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export type ReplayAnswer =
  | { readonly kind: 'done' }
  /** No such consumer, or a dry run is under way. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'estimate'; readonly estimate: ReplayEstimate }
  | { readonly kind: 'status'; readonly status: ReplayStatus };

export interface ReplayEstimate {
  readonly entries: number;
  /** Bodies as they were received: a compressed one counts with its compressed size. */
  readonly bodyBytes: number;
  /** At least so many: entries that were not counted on arrival have none here. */
  readonly recordsMin: number;
  readonly uncountedEntries: number;
  /** Acknowledged and unreadable, as far as this run has met them. */
  readonly lostEntries: number;
}

export interface ReplayStatus {
  /** By command; a zone may hold the replay as well. */
  readonly paused: boolean;
  readonly order: ReplayOrderName;
  readonly range: TimeRange | undefined;
  readonly consumers: readonly ConsumerReplayStatus[];
}

export interface ConsumerReplayStatus {
  readonly unsettled: number;
  /** Held by shards that are sending them. */
  readonly held: number;
  /** Handed out, without an answer yet. */
  readonly outstanding: number;
  /** Its dead letter takes no more, so it is sent nothing. */
  readonly deadLetterFull: boolean;
  readonly watermark: number;
}
