// Room in the landing pool for clients of whom nothing is there. Whoever has messages on their way
// must be read, and may fill the rest of the pool with what else they send, again and again:
// without these places a client that comes later would never be read.

import { assert } from '../assert.ts';
import { RoomLine, type RoomWait } from './room-line.ts';

export class NewcomerPlaces {
  /** Connections that hold something, by client identity. */
  readonly #holders = new IdentityCounts();
  /** Those that may send more, whatever is held of them. */
  readonly #expected = new IdentityCounts();
  readonly #placesMax: number;
  readonly #hasRoom: () => boolean;
  readonly #line: RoomLine;
  #holderCount = 0;
  #takenCount = 0;

  /** `hasRoom`: for what a connection may send before it is told to stop. */
  constructor(placesMax: number, hasRoom: () => boolean) {
    assert(placesMax >= 1, 'no place for a newcomer');
    this.#placesMax = placesMax;
    this.#hasRoom = hasRoom;
    this.#line = new RoomLine(() => this.#freeCount);
  }

  /** Connections that hold something. */
  get holderCount(): number {
    return this.#holderCount;
  }

  /** One more connection of this client holds something. */
  hold(identity: string): void {
    this.#holders.add(identity);
    this.#holderCount += 1;
  }

  /** It holds nothing any more. */
  release(identity: string): void {
    this.#holders.remove(identity);
    this.#holderCount -= 1;
  }

  /** Of one more connection of this client so much is under way that it has to be read. */
  expect(identity: string): void {
    this.#expected.add(identity);
  }

  /** Not any more. */
  expectNoMore(identity: string): void {
    this.#expected.remove(identity);
  }

  /** True: take() would have a place for this client. */
  mayTake(identity: string): boolean {
    return this.#freeCount > 0 && this.isNew(identity);
  }

  /** True: a connection of this client, of which nothing is here, may be read until it leaves. */
  take(identity: string): boolean {
    if (!this.mayTake(identity)) return false;
    this.#takenCount += 1;
    this.hold(identity);
    return true;
  }

  /** What the place was for is in memory, or there was nothing. */
  leave(identity: string): void {
    assert(this.#takenCount > 0, 'left a place that nobody had');
    this.#takenCount -= 1;
    this.release(identity);
    this.serve();
  }

  /** Calls back once, later, when a place may be free: in order of arrival. */
  wait(callback: () => void): RoomWait {
    return this.#line.wait(callback);
  }

  /** Nothing of this client is here, or on its way. */
  isNew(identity: string): boolean {
    return !this.#holders.has(identity) && !this.#expected.has(identity);
  }

  /** There may be room. */
  serve(): void {
    this.#line.serve();
  }

  get #freeCount(): number {
    return this.#hasRoom() ? this.#placesMax - this.#takenCount : 0;
  }
}

/** Only of those with a count above 0. */
class IdentityCounts {
  readonly #counts = new Map<string, number>();

  has(identity: string): boolean {
    return this.#counts.has(identity);
  }

  add(identity: string): void {
    this.#counts.set(identity, (this.#counts.get(identity) ?? 0) + 1);
  }

  remove(identity: string): void {
    const count = this.#counts.get(identity);
    assert(count !== undefined, 'took back what was not counted');
    if (count === 1) this.#counts.delete(identity);
    else this.#counts.set(identity, count - 1);
  }
}
