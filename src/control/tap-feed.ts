// All taps of one engine: one look at what comes in for all of them, each with its own matches and
// its own bounds. Records are decoded here, on the main thread, so many a second; in Red none are,
// and a heartbeat says so.

import { create } from '@bufbuild/protobuf';
import type { Clock, Timer } from '../clock.ts';
import {
  type TapMatch,
  type TapResponse,
  TapResponseSchema,
} from '../generated/gophership/control/v1/tap_pb.js';
import { tapSampledPerSecondMax, tapShownPerSecondMax, tapUnreadMax } from '../limits.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import type { EngineView } from './engine-view.ts';
import { TapAllowance } from './tap-allowance.ts';
import { type RecordTest, recordTest } from './tap-match.ts';
import { tapRecord } from './tap-record.ts';
import { type TappedRecord, tappedRecords } from './tapped-records.ts';
import type { WatchStream } from './watch-stream.ts';
import type { WatchStreams } from './watch-streams.ts';
import { wireZone } from './zone-message.ts';

type TappedEngine = Pick<EngineView, 'statePage' | 'zonePage' | 'tap'>;

export interface TapFeedParts {
  readonly view: TappedEngine;
  readonly clock: Clock;
  readonly streams: WatchStreams;
}

const lookIntervalMs = 1_000;
const tellIntervalMs = 5_000;

export interface OpenTap {
  readonly stream: WatchStream<TapResponse>;
  /** What it has come to. */
  progress(): TapResponse;
}

export class TapFeed {
  readonly #parts: TapFeedParts;
  readonly #sampled: TapAllowance;
  readonly #taps = new Set<Tap>();
  #source: { close(): void } | undefined;
  #timer: Timer | undefined;

  constructor(parts: TapFeedParts) {
    this.#parts = parts;
    this.#sampled = new TapAllowance(parts.clock, tapSampledPerSecondMax, tapSampledPerSecondMax);
  }

  /** Throws CONTROL_BUSY when as many are open as may be. */
  open(matches: readonly TapMatch[], signal: AbortSignal): OpenTap {
    const { view, clock, streams } = this.#parts;
    const counts = new TapCounts(view);
    const stream = streams.open<TapResponse>({
      signal,
      first: () => [counts.message()],
      unreadMax: tapUnreadMax,
      ended: () => this.#left(tap),
    });
    const tap = new Tap(stream, counts, recordTest(matches), clock, this.#isRed);
    this.#taps.add(tap);
    if (this.#taps.size === 1) this.#start();
    return { stream, progress: () => counts.message() };
  }

  get #isRed(): boolean {
    return this.#parts.view.zonePage.zone.get() === Zone.Red;
  }

  #start(): void {
    this.#source = this.#parts.view.tap((body) => this.#take(body));
    this.#wait();
  }

  #left(tap: Tap): void {
    this.#taps.delete(tap);
    if (this.#taps.size > 0) return;
    this.#timer?.cancel();
    this.#source?.close();
  }

  #wait(): void {
    this.#timer = this.#parts.clock.after(lookIntervalMs, () => {
      this.#wait();
      for (const tap of this.#taps) tap.look(this.#isRed);
    });
  }

  #take(body: Uint8Array): void {
    // Copied before it turned Red.
    if (this.#isRed) return;
    // One that was paused hears that it goes on before it gets a record.
    for (const tap of this.#taps) tap.look(false);
    const records = tappedRecords(body);
    while (this.#sampled.take()) {
      const { value: tapped } = records.next();
      if (tapped === undefined) return;
      for (const tap of this.#taps) tap.offer(tapped);
    }
  }
}

class Tap {
  readonly #stream: WatchStream<TapResponse>;
  readonly #counts: TapCounts;
  readonly #test: RecordTest;
  readonly #clock: Clock;
  readonly #shown: TapAllowance;
  #wasRed: boolean;
  #toldMs: number;

  constructor(
    stream: WatchStream<TapResponse>,
    counts: TapCounts,
    test: RecordTest,
    clock: Clock,
    isRed: boolean,
  ) {
    this.#stream = stream;
    this.#counts = counts;
    this.#test = test;
    this.#clock = clock;
    this.#shown = new TapAllowance(clock, tapShownPerSecondMax, tapUnreadMax);
    this.#wasRed = isRed;
    this.#toldMs = clock.nowMs();
  }

  offer(tapped: TappedRecord): void {
    this.#counts.sampled += 1;
    if (!this.#test(tapped)) return;
    this.#counts.matched += 1;
    if (!this.#shown.take() || !this.#stream.push(recordMessage(tapped))) this.#counts.skipped += 1;
  }

  /** Says at once that it is paused, or no longer; how far it is, now and then. */
  look(isRed: boolean): void {
    const nowMs = this.#clock.nowMs();
    const isDue = isRed !== this.#wasRed || nowMs - this.#toldMs >= tellIntervalMs;
    // A slow client keeps its room for records, and is told when it has read them.
    if (!isDue || this.#stream.unreadCount > 0) return;
    this.#wasRed = isRed;
    this.#toldMs = nowMs;
    this.#stream.push(isRed ? pausedMessage : this.#counts.message());
  }
}

class TapCounts {
  sampled = 0;
  matched = 0;
  skipped = 0;
  readonly #view: TappedEngine;
  readonly #receivedBefore: number;

  constructor(view: TappedEngine) {
    this.#view = view;
    this.#receivedBefore = receivedRecords(view);
  }

  message(): TapResponse {
    const value = {
      sampledRecords: this.sampled,
      matchedRecords: this.matched,
      skippedRecords: this.skipped,
      receivedRecords: receivedRecords(this.#view) - this.#receivedBefore,
    };
    return create(TapResponseSchema, { event: { case: 'progress', value } });
  }
}

function receivedRecords({ statePage }: TappedEngine): number {
  return statePage.sum(ShardCounter.ReceivedRecords);
}

function recordMessage(tapped: TappedRecord): TapResponse {
  return create(TapResponseSchema, { event: { case: 'record', value: tapRecord(tapped) } });
}

const pausedMessage = create(TapResponseSchema, {
  event: { case: 'heartbeat', value: wireZone(Zone.Red) },
});
