// What an operator can ask of the replay, and what is answered: plain data, for the way from thread
// to thread.

import type { LetterCommand, LetterOutcome } from './letter-command.ts';
import type { PaceLimits } from './replay-pace.ts';

export type ReplayCommand =
  /** Hands nothing out until resume, a plan, or until the vault is nearly full. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** From now on this one, whole, and no pause. */
  | { readonly kind: 'plan'; readonly plan: ReplayPlan }
  /** What the configuration says now; what a plan says of order and rate is over. */
  | { readonly kind: 'configure'; readonly limits: PaceLimits; readonly order: ReplayOrderName }
  /** While it is on, everything goes as configured, whatever is planned or paused. */
  | { readonly kind: 'drain'; readonly isOn: boolean }
  /**
   * Counts what consumers would be sent. Answered with `counting` every second, and with `estimate`
   * when the log has been read through.
   */
  | { readonly kind: 'dry-run'; readonly key: number; readonly range: TimeRange | undefined }
  /** Ends the dry run of this key, which is answered with what it has. */
  | { readonly kind: 'end-dry-run'; readonly key: number }
  | { readonly kind: 'status' }
  | LetterCommand;

export type ReplayOrderName = 'oldest' | 'newest';

/** What an operator sets; undefined: as configured. */
export interface ReplayPlan {
  readonly order: ReplayOrderName | undefined;
  /** In Green. Yellow is no faster. */
  readonly rateBytesPerSecond: number | undefined;
  /** Only what was received then; undefined: everything. */
  readonly range: TimeRange | undefined;
}

export const noPlan: ReplayPlan = {
  order: undefined,
  rateBytesPerSecond: undefined,
  range: undefined,
};

/** Unix ns, [fromNs, toNs). */
export interface TimeRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export type ReplayAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly why: RefusalKind; readonly message: string }
  /** So far; more follows. */
  | { readonly kind: 'counting'; readonly estimate: ReplayEstimate }
  | {
      readonly kind: 'estimate';
      readonly estimate: ReplayEstimate;
      /** False: it was ended before. */
      readonly isComplete: boolean;
    }
  | { readonly kind: 'status'; readonly status: ReplayStatus }
  /** Of a LetterCommand, every second until it is over. */
  | { readonly kind: 'letters'; readonly outcome: LetterOutcome; readonly isOver: boolean };

/** `busy`: at another time; `conflict`: not as things are; `invalid`: never. */
export type RefusalKind = 'busy' | 'conflict' | 'invalid';

export interface ReplayEstimate {
  /** Files of the log that have something of it. */
  readonly segments: number;
  /** Acknowledged and unreadable, as far as this run has met them. */
  readonly lostEntries: number;
  /** In their order. */
  readonly consumers: readonly ConsumerEstimate[];
}

export interface ConsumerEstimate {
  readonly entries: number;
  /** Bodies as they were received: a compressed one counts with its compressed size. */
  readonly bodyBytes: number;
  /** At least so many: entries that were not counted on arrival have none here. */
  readonly recordsMin: number;
  readonly uncountedEntries: number;
}

export interface ReplayStatus {
  /** By command; a zone may hold the replay as well. */
  readonly paused: boolean;
  readonly draining: boolean;
  /** What an operator set, and has not ended since. */
  readonly plan: ReplayPlan;
  /** Those that act. */
  readonly order: ReplayOrderName;
  readonly limits: PaceLimits;
  /** In Green, without a plan. */
  readonly configuredRateBytesPerSecond: number;
  /** What zone, disk and limits allow now. */
  readonly rateBytesPerSecond: number;
  /** Others wait for the disk as well. */
  readonly isDiskBusy: boolean;
  readonly usePercent: number;
  /** Everything of the plan's range was handed out and answered. */
  readonly isRangeDone: boolean;
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
