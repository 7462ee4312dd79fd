// Nobody waits for ever for room that is kept for others. What is expected of them is the most that
// they can send, mostly they send less, and a connection that has always a message under way keeps
// it expected for as long as it likes. So who has waited longest is read even so: one at a time and
// seldom, since what each brings may find no room.

import type { Clock, Timer } from '../clock.ts';
import type { NewcomerPlaces } from './newcomer-places.ts';
import type { RoomWait } from './room-line.ts';

interface LateWait {
  readonly sinceMs: number;
  readonly callback: () => void;
}

export class LateLine {
  readonly #newcomers: NewcomerPlaces;
  readonly #isCalm: () => boolean;
  /** In order of arrival. */
  readonly #waits = new Set<LateWait>();
  #lookedMs = -Infinity;
  #timer: Timer | undefined;

  /** `isCalm`: what others are expected to bring will probably find room beside one more. */
  constructor(newcomers: NewcomerPlaces, isCalm: () => boolean) {
    this.#newcomers = newcomers;
    this.#isCalm = isCalm;
  }

  /**
   * Calls back once, after lateMsMin or longer, when a place for newcomers may be taken under
   * lateName.
   */
  wait(clock: Clock, callback: () => void): RoomWait {
    const wait = { sinceMs: clock.nowMs(), callback };
    this.#waits.add(wait);
    this.#watch(clock);
    return { cancel: () => void this.#waits.delete(wait) };
  }

  /** Whose turn it was had nothing to bring: the next may come at once. */
  passed(clock: Clock): void {
    this.#lookedMs = -Infinity;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#watch(clock);
  }

  #watch(clock: Clock): void {
    const [first] = this.#waits;
    if (this.#timer !== undefined || first === undefined) return;
    const lookMs = Math.max(first.sinceMs + lateMsMin, this.#lookedMs + apartMs);
    this.#timer = clock.after(lookMs - clock.nowMs(), () => {
      this.#timer = undefined;
      this.#look(clock.nowMs());
      this.#watch(clock);
    });
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    const [first] = this.#waits;
    if (first === undefined || !this.#mayCome(nowMs - first.sinceMs)) return;
    this.#waits.delete(first);
    first.callback();
  }

  #mayCome(waitedMs: number): boolean {
    if (waitedMs < (this.#isCalm() ? lateMsMin : lateMsMax)) return false;
    return this.#newcomers.mayTake(lateName);
  }
}

/** No subject of a certificate. Of those who come late one has a place at a time. */
export const lateName = '\0late';

/** Longer than who waits for a few messages of others. */
const lateMsMin = 250;
/**
 * While it is not calm messages of others may be refused for who is read, but after this time his
 * own are lost in any case: SDKs give up after 10 s. To wait so long whenever anything waited for
 * memory, or 100 ms from one to the next, made the slowest hundredth of 64 connections wait for
 * 9.7 s in a flood (2.0 like this), and of 400 for 10.6 (6.1).
 */
const lateMsMax = 8_000;
/** Each brings what one read does: they come no faster than it is looked at. */
const apartMs = 4;
