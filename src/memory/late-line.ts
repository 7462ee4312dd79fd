// Nobody waits for ever for room that is kept for others. What is expected of them is the most that
// they can send, mostly they send less, and a connection that has always a message under way keeps
// it expected for as long as it likes. So who has waited longest is read even so: one at a time and
// seldom, since what each brings may find no room.

import { assert } from '../assert.ts';
import type { Clock, Timer } from '../clock.ts';
import type { NewcomerPlaces } from './newcomer-places.ts';
import type { RoomWait } from './room-line.ts';

/** What the landing pool says of itself. */
export interface LateRoom {
  /** For what one connection may send before it is told to stop. */
  hasRoom(): boolean;
  /** What others are expected to bring will probably find room beside one more. */
  isCalm(): boolean;
}

interface LateWait {
  readonly sinceMs: number;
  readonly callback: () => void;
}

export class LateLine {
  readonly #newcomers: NewcomerPlaces;
  readonly #room: LateRoom;
  /** In order of arrival. */
  readonly #waits = new Set<LateWait>();
  #lookedMs = -Infinity;
  #timer: Timer | undefined;
  #isTaken = false;

  /** `newcomers`: counts who holds something. */
  constructor(newcomers: NewcomerPlaces, room: LateRoom) {
    this.#newcomers = newcomers;
    this.#room = room;
  }

  /** Calls back once, after lateMsMin or longer, when the place is free. */
  wait(clock: Clock, callback: () => void): RoomWait {
    const wait = { sinceMs: clock.nowMs(), callback };
    this.#waits.add(wait);
    this.#watch(clock);
    return { cancel: () => void this.#waits.delete(wait) };
  }

  /**
   * True: a connection of this client may be read until it leaves. It is the only one, and takes no
   * place of a newcomer: those would wait for its message to have memory.
   */
  take(identity: string): boolean {
    if (!this.isFree) return false;
    this.#isTaken = true;
    this.#newcomers.hold(identity);
    return true;
  }

  /** What it came with is in memory, or there was nothing. */
  leave(identity: string): void {
    assert(this.#isTaken, 'left a place that nobody had');
    this.#isTaken = false;
    this.#newcomers.release(identity);
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
    return this.isFree && waitedMs >= (this.#room.isCalm() ? lateMsMin : lateMsMax);
  }

  /** Nobody comes late now, and there is room for one. */
  get isFree(): boolean {
    return !this.#isTaken && this.#room.hasRoom();
  }
}

/** Longer than who waits for a few messages of others. */
const lateMsMin = 250;
/**
 * While it is not calm messages of others may be refused for who is read, but after this time his
 * own are lost in any case: SDKs give up after 10 s. To wait so long whenever anything waited for
 * memory, or 100 ms from one to the next, made the slowest hundredth of 64 connections wait for
 * 9.7 s in a flood (1.2 like this), and of 400 for 10.6 (6.5).
 */
const lateMsMax = 8_000;
/** Each brings what one read does: they come no faster than it is looked at. */
const apartMs = 4;
