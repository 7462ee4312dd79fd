// The replay as the control plane sees it: what it asks the replay thread, and what that answers
// (replayer/replay-command.ts has the same shapes).

/** All of them reject with a GopherShipError for what cannot be done, or not now. */
export interface ReplayView {
  status(): Promise<ReplayStatusView>;
  start(plan: ReplayPlanView): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** `counting` is called every second; the signal ends it, with what was counted until then. */
  estimate(
    range: TimeRangeView | undefined,
    counting: (soFar: ReplayEstimateView) => void,
    signal: AbortSignal,
  ): Promise<{ readonly estimate: ReplayEstimateView; readonly isComplete: boolean }>;
  /** Called when what an operator had set is over by itself. */
  onEnded(listener: (what: ReplayEndView, usePercent: number) => void): void;
}

/** A pause, or what was planned: because the vault is nearly full, or by a new configuration. */
export type ReplayEndView = 'pause' | 'full' | 'configured';

/** What an operator sets; undefined: as configured. */
export interface ReplayPlanView {
  readonly order: 'oldest' | 'newest' | undefined;
  readonly rateBytesPerSecond: number | undefined;
  readonly range: TimeRangeView | undefined;
}

/** Unix ns, [fromNs, toNs). */
export interface TimeRangeView {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export interface ReplayEstimateView {
  readonly segments: number;
  readonly lostEntries: number;
  /** In their order, as consumerIndex of a destination counts them. */
  readonly consumers: readonly {
    readonly entries: number;
    readonly bodyBytes: number;
    readonly recordsMin: number;
    readonly uncountedEntries: number;
  }[];
}

export interface ReplayStatusView {
  readonly paused: boolean;
  readonly draining: boolean;
  readonly plan: ReplayPlanView;
  /** Those that act. */
  readonly order: 'oldest' | 'newest';
  readonly limits: {
    readonly rateBytesPerSecond: number;
    readonly yellowRateBytesPerSecond: number;
  };
  /** In Green, without a plan. */
  readonly configuredRateBytesPerSecond: number;
  /** What zone, disk and limits allow now. */
  readonly rateBytesPerSecond: number;
  readonly isDiskBusy: boolean;
  readonly usePercent: number;
  readonly isRangeDone: boolean;
  readonly consumers: readonly {
    readonly unsettled: number;
    readonly held: number;
    readonly outstanding: number;
    readonly deadLetterFull: boolean;
  }[];
}
