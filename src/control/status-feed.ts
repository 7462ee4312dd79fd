// What live views get, and how often: less while the host is under pressure, since nobody's log
// depends on it. The newest state or nothing; a view that is slow misses some, and none is kept for
// it. Without views there is no timer.

import { assert } from '../assert.ts';
import type { Clock, Timer } from '../clock.ts';
import { watchStreamsMax } from '../limits.ts';
import { Zone } from '../memory/zone-word.ts';

export interface StatusFeedParts<T> {
  readonly clock: Clock;
  /** In Green a view gets the state this often. */
  readonly intervalMs: number;
  zone(): Zone;
  /** Called at most once an interval, and only if some view takes what it returns. */
  read(): T;
}

export interface StatusListener<T> {
  snapshot(value: T): void;
  /** Instead of the state, while that is paused: the view is still connected. */
  heartbeat(zone: Zone): void;
  /** What it got before is still on its way: it is left out. Absent: never. */
  isBusy?(): boolean;
}

export interface Subscription {
  close(): void;
}

/** In Yellow, of those in Green: one in so many. */
const yellowIntervals = 5;
const heartbeatMs = 5_000;

interface Subscriber<T> {
  readonly listener: StatusListener<T>;
  /** Since it got anything; counted, because timers come a little early and late. */
  intervals: number;
  /** Of the last interval. */
  zone: Zone;
}

export class StatusFeed<T> {
  readonly #parts: StatusFeedParts<T>;
  readonly #subscribers = new Set<Subscriber<T>>();
  readonly #heartbeatIntervals: number;
  #timer: Timer | undefined;

  constructor(parts: StatusFeedParts<T>) {
    assert(parts.intervalMs > 0, 'interval is not a time');
    this.#parts = parts;
    this.#heartbeatIntervals = Math.max(1, Math.round(heartbeatMs / parts.intervalMs));
  }

  /**
   * The first comes within one interval. Who closes gets nothing more. At most watchStreamsMax at
   * a time: who subscribes for others counts them.
   */
  subscribe(listener: StatusListener<T>): Subscription {
    assert(this.#subscribers.size < watchStreamsMax, 'more views than may be');
    const intervals = Number.POSITIVE_INFINITY;
    const subscriber = { listener, intervals, zone: this.#parts.zone() };
    this.#subscribers.add(subscriber);
    if (this.#timer === undefined) this.#wait();
    return { close: () => this.#close(subscriber) };
  }

  #close(subscriber: Subscriber<T>): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    const { clock, intervalMs } = this.#parts;
    this.#timer = clock.after(intervalMs, () => {
      this.#wait();
      this.#tell();
    });
  }

  #tell(): void {
    const zone = this.#parts.zone();
    let state: { readonly value: T } | undefined;
    // Some may close, and others come, while they are told.
    for (const subscriber of [...this.#subscribers]) {
      if (!this.#subscribers.has(subscriber) || !this.#isDue(subscriber, zone)) continue;
      subscriber.intervals = 0;
      if (zone === Zone.Red) {
        subscriber.listener.heartbeat(zone);
        continue;
      }
      state ??= { value: this.#parts.read() };
      subscriber.listener.snapshot(state.value);
    }
  }

  /** Who was busy when it was due is asked again after every interval. */
  #isDue(subscriber: Subscriber<T>, zone: Zone): boolean {
    // What a view shows is out of date at once when the state is paused, or no longer.
    const isChanged = (zone === Zone.Red) !== (subscriber.zone === Zone.Red);
    subscriber.zone = zone;
    if (isChanged) subscriber.intervals = Number.POSITIVE_INFINITY;
    subscriber.intervals += 1;
    return subscriber.intervals >= this.#due(zone) && subscriber.listener.isBusy?.() !== true;
  }

  #due(zone: Zone): number {
    if (zone === Zone.Red) return this.#heartbeatIntervals;
    return zone === Zone.Yellow ? yellowIntervals : 1;
  }
}
