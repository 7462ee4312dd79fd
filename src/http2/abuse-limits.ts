// What one connection may do to us before it counts as an attack. The numbers are far above what
// any well-behaved client does; each row has a counter (memory/state-page.ts) and a test that
// reaches it (test/http2/limits.test.ts).

import { KiB } from '../limits.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { Allowance, type AllowanceBounds } from './allowance.ts';

/** Rates, per connection. */
const allowances = {
  /** RST_STREAM on a stream younger than youngStreamMs, and stream errors (CVE-2023-44487). */
  [ConnectionAbuse.RapidReset]: { burst: 200, perSecond: 20 },
  [ConnectionAbuse.SettingsFlood]: { burst: 100, perSecond: 1 },
  /** Beyond one for each frame of ours. */
  [ConnectionAbuse.PingFlood]: { burst: 100, perSecond: 100 },
  /** DATA, HEADERS or CONTINUATION that carry nothing and end nothing. */
  [ConnectionAbuse.EmptyFrames]: { burst: 100, perSecond: 10 },
  /** Beyond windowUpdatesPerFrame for each frame of ours. */
  [ConnectionAbuse.WindowUpdateFlood]: { burst: 1_000, perSecond: 100 },
  /** Beyond idleFramesPerStream for each stream, as the next. */
  [ConnectionAbuse.PriorityFlood]: { burst: 200, perSecond: 20 },
  [ConnectionAbuse.UnknownFrames]: { burst: 200, perSecond: 20 },
  /** Streams above the limit. A client may open some before it has read our SETTINGS. */
  [ConnectionAbuse.RefusedStreamFlood]: { burst: 1_000, perSecond: 100 },
} as const satisfies Partial<Record<ConnectionAbuse, AllowanceBounds>>;

export type RatedAbuse = keyof typeof allowances;

/** A stream that lived longer did cost its client something. */
export const youngStreamMs = 1_000;
export const windowUpdatesPerFrame = 10;
export const idleFramesPerStream = 2;

/** Of one header block. */
export const continuationFramesMax = 8;
export const headerBlockSizeBytesMax = 64 * KiB;
/** Also of every frame that we keep until it is whole, which is all but DATA. */
export const headerBlockMsMax = 10_000;

/** DATA below smallDataSizeBytes that does not end its stream, per stream. */
export const smallDataSizeBytes = 64;
export const smallDataFramesMax = 1_000;
/** Per stream. */
export const paddingSizeBytesMax = 64 * KiB;

/** From our SETTINGS to the peer's acknowledgement. */
export const settingsAckMsMax = 30_000;

/** Answers that a peer does not read: we stop reading from it, and close after slowReaderMsMax. */
export const unreadAnswersSizeBytesMax = 64 * KiB;
export const slowReaderMsMax = 30_000;

/** The allowances of one connection, made when first needed: most connections never need one. */
export class AbuseLimits {
  readonly #allowances = new Map<RatedAbuse, Allowance>();

  /** False: this is one too many. */
  spend(abuse: RatedAbuse, nowMs: number): boolean {
    return this.#allowance(abuse, nowMs).spend(nowMs);
  }

  /** Spends in any case. Milliseconds until what was spent too much has come in again. */
  borrow(abuse: RatedAbuse, nowMs: number): number {
    const allowance = this.#allowance(abuse, nowMs);
    allowance.borrow(nowMs);
    return allowance.waitMs(nowMs, 0);
  }

  #allowance(abuse: RatedAbuse, nowMs: number): Allowance {
    let allowance = this.#allowances.get(abuse);
    if (allowance === undefined) {
      allowance = new Allowance(allowances[abuse], nowMs);
      this.#allowances.set(abuse, allowance);
    }
    return allowance;
  }
}
