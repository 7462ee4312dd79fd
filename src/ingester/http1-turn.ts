// When one HTTP/1.1 connection of which nothing waits for memory may be read although the landing
// pool has no room for it, and for what its client counts there. Only who reads it knows whether
// its client has sent anything: an idle one takes its place, or a turn, as well.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { type LandingPool, landingRoomBytesMin } from '../memory/landing-pool.ts';
import type { RoomWait } from '../memory/room-line.ts';

/** What it needs of the pool. */
export type Http1Landing = Pick<
  LandingPool,
  'firstRoomBytes' | 'whenFirstRoom' | 'newcomers' | 'late'
>;

export class Http1Turn {
  readonly #identity: string;
  readonly #landing: Http1Landing;
  readonly #clock: Clock;
  readonly #came: () => void;
  #wait: RoomWait | undefined;
  #waitsAsNewcomer = false;
  #lateWait: RoomWait | undefined;
  /** It came late and is read: what its client has sent arrives before this. */
  #look: NodeJS.Immediate | undefined;
  /** Among those of whom something waits in the pool. */
  #isCounted = false;
  /** Where it has a place while something of it is held. */
  #place: 'newcomers' | 'late' | undefined;

  /** `came`: it is to try again. */
  constructor(identity: string, landing: Http1Landing, clock: Clock, came: () => void) {
    this.#identity = identity;
    this.#landing = landing;
    this.#clock = clock;
    this.#came = came;
  }

  /** It is read only for a moment. */
  get isLooking(): boolean {
    return this.#look !== undefined;
  }

  /** Whether something of it waits for memory. An idle client takes a place when it has sent. */
  weigh(holds: boolean): void {
    if (holds === this.#isCounted || this.isLooking) return;
    const { newcomers } = this.#landing;
    this.#isCounted = holds;
    if (!holds) this.#leave();
    else if (!this.#hasRoom && newcomers.take(this.#identity)) this.#place = 'newcomers';
    else newcomers.hold(this.#identity);
  }

  /** Who waits in a line does not overtake it. */
  mayRead(): boolean {
    if (this.isLooking) return true;
    if (this.#wait !== undefined) return false;
    return this.#hasRoom || this.#landing.newcomers.mayTake(this.#identity);
  }

  wait(): void {
    const { newcomers, late } = this.#landing;
    const isNew = newcomers.isNew(this.#identity);
    if (this.#waitsAsNewcomer !== isNew) this.#wait?.cancel();
    if (this.#waitsAsNewcomer !== isNew) this.#wait = undefined;
    this.#waitsAsNewcomer = isNew;
    const came = () => {
      this.#wait = undefined;
      this.#came();
    };
    this.#wait ??= isNew ? newcomers.wait(came) : this.#landing.whenFirstRoom(came);
    this.#lateWait ??= late.wait(this.#clock, () => this.#cameLate());
  }

  stopWaiting(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#lateWait?.cancel();
    this.#lateWait = undefined;
  }

  /** Gives everything back. */
  close(): void {
    this.stopWaiting();
    clearImmediate(this.#look);
    this.#look = undefined;
    this.weigh(false);
  }

  get #hasRoom(): boolean {
    return this.#landing.firstRoomBytes >= landingRoomBytesMin;
  }

  #cameLate(): void {
    const { late } = this.#landing;
    this.stopWaiting();
    assert(!this.#isCounted && late.take(this.#identity), 'came late without a place');
    this.#isCounted = true;
    this.#place = 'late';
    this.#look = setImmediate(() => {
      this.#look = undefined;
      this.#came();
      if (this.#place === undefined) late.passed(this.#clock);
    });
    this.#came();
  }

  #leave(): void {
    if (this.#place === undefined) this.#landing.newcomers.release(this.#identity);
    else this.#landing[this.#place].leave(this.#identity);
    this.#place = undefined;
  }
}
