// The replay as the control plane asks it, without a thread: does what it is told, and answers what
// a test wants.

import {
  noPlan,
  type ReplayEstimate,
  type ReplayPlan,
  type ReplayStatus,
  type TimeRange,
} from '../../src/replayer/replay-command.ts';

export class FakeReplay {
  readonly told: unknown[] = [];
  plan: ReplayPlan = noPlan;
  isPaused = false;
  isDraining = false;
  /** Thrown by the next one that changes something. */
  refusal: Error | undefined;
  changes: Partial<ReplayStatus> = {};
  /** The run that is open. */
  run:
    | {
        readonly range: TimeRange | undefined;
        readonly signal: AbortSignal;
        counting(soFar: ReplayEstimate): void;
        end(estimate: ReplayEstimate, isComplete: boolean): void;
        fail(error: Error): void;
      }
    | undefined;

  async status(): Promise<ReplayStatus> {
    const rateBytesPerSecond = this.plan.rateBytesPerSecond ?? 50_000_000;
    return {
      paused: this.isPaused,
      draining: this.isDraining,
      plan: this.plan,
      order: this.plan.order ?? 'oldest',
      limits: { rateBytesPerSecond, yellowRateBytesPerSecond: 1_000_000, minSharePercent: 10 },
      configuredRateBytesPerSecond: 50_000_000,
      rateBytesPerSecond: this.isPaused ? 0 : rateBytesPerSecond,
      isDiskBusy: false,
      usePercent: 12.5,
      isRangeDone: false,
      consumers: [7, 3].map((unsettled) => ({
        ...{ unsettled, held: 1, outstanding: 2, deadLetterFull: false, watermark: 0 },
      })),
      ...this.changes,
    };
  }

  async start(plan: ReplayPlan): Promise<void> {
    this.#may();
    this.told.push(plan);
    this.plan = plan;
    this.isPaused = false;
  }

  async pause(): Promise<void> {
    this.#may();
    this.told.push('pause');
    this.isPaused = true;
  }

  async resume(): Promise<void> {
    this.#may();
    this.told.push('resume');
    this.isPaused = false;
  }

  ended: ((what: 'pause' | 'full' | 'configured', usePercent: number) => void) | undefined;

  onEnded(listener: NonNullable<FakeReplay['ended']>): void {
    this.ended = listener;
  }

  drain(isOn: boolean): void {
    this.told.push(isOn ? 'drain' : 'end of drain');
    this.isDraining = isOn;
  }

  estimate(
    range: TimeRange | undefined,
    counting: (soFar: ReplayEstimate) => void,
    signal: AbortSignal,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly estimate: ReplayEstimate;
      readonly isComplete: boolean;
    }>();
    this.run = {
      ...{ range, signal, counting, fail: reject },
      end: (estimate, isComplete) => resolve({ estimate, isComplete }),
    };
    return promise;
  }

  #may(): void {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
  }
}
