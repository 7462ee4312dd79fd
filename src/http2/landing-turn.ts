// When one connection may be read although the landing pool has no room, and in which of the pool's
// lines it waits until it may. Only for a connection that can wait: one with a message on its way
// is read in any case (connection-input.ts).

import { unreachable } from '../assert.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import type { ConnectionCore } from './connection-core.ts';
import { heldShareBytes, streamWindowSizeBytes } from './stream-window.ts';

/** Of a client of whom nothing is there; of a connection that holds nothing; of all. */
type LineName = 'newcomers' | 'first' | 'any';

export class LandingTurn {
  readonly #core: ConnectionCore;
  readonly #came: () => void;
  #wait: { cancel(): void } | undefined;
  #line: LineName = 'any';
  #lateWait: { cancel(): void } | undefined;
  /** It has waited so long that it is read as if its client were a newcomer. */
  #isLate = false;
  /** Where it has a place while something of it is held. */
  #place: 'newcomers' | 'late' | undefined;
  /** What it may still send that has to find room. */
  #expectedBytes = 0;

  /** `came`: it is to try again. */
  constructor(core: ConnectionCore, came: () => void) {
    this.#core = core;
    this.#came = came;
  }

  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** True: it waits where it should wait now. */
  get isInLine(): boolean {
    return this.#line === this.#lineNow;
  }

  /** May take a place. */
  mayRead(): boolean {
    const { landing } = this.#core.parts;
    const isLate = this.#isLate;
    this.#isLate = false;
    if (this.#isFirst && landing.firstRoomBytes >= landingRoomBytesMin) return true;
    if (this.#place !== undefined) return true;
    if (landing.newcomers.take(this.#identity)) this.#place = 'newcomers';
    else if (isLate && landing.late.take(this.#identity)) this.#place = 'late';
    return this.#place !== undefined;
  }

  wait(): void {
    if (this.#wait !== undefined) return;
    const { landing } = this.#core.parts;
    const came = () => {
      this.stopWaiting();
      this.#came();
    };
    this.#line = this.#lineNow;
    if (this.#line !== 'newcomers') this.#waitUntilLate(came);
    switch (this.#line) {
      case 'newcomers':
        this.#wait = landing.newcomers.wait(came);
        break;
      case 'first':
        this.#wait = landing.whenFirstRoom(came);
        break;
      case 'any':
        this.#wait = landing.whenRoom(came);
        break;
      default:
        unreachable(this.#line, 'line for room');
    }
  }

  stopWaiting(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#lateWait?.cancel();
    this.#lateWait = undefined;
  }

  /** What is held or promised may have changed: gives the place back once nothing is held. */
  weigh(): void {
    const { credit, streams, nowMs } = this.#core;
    const { heldBytes, promisedBytes } = credit;
    if (this.#place !== undefined && heldBytes === 0) this.#leave(this.#place);
    // As soon as a message of it has memory it has to be read, and may spend on any of its streams
    // what was promised to that one, also on streams that it has yet to open: a client that has had
    // eight at once lately will have eight again, and as a rule when memory is short. But for one
    // connection nobody keeps more than its share.
    // What was promised counts as come with the head of its frame.
    const isOnItsWay = () => streams.some((stream) => stream.isOnItsWay);
    const isBusy = heldBytes > 0 || promisedBytes > 0 || isOnItsWay();
    const wholeBytes = isBusy ? streams.mostOpenCount(nowMs) * streamWindowSizeBytes : 0;
    const shareBytes = heldShareBytes(this.#core.parts.landing.sizeBytes);
    this.#expect(Math.max(0, Math.min(wholeBytes, shareBytes) - heldBytes));
  }

  close(): void {
    this.stopWaiting();
    if (this.#place !== undefined) this.#leave(this.#place);
    this.#expect(0);
  }

  #expect(sizeBytes: number): void {
    const before = this.#expectedBytes;
    if (sizeBytes === before) return;
    const { landing } = this.#core.parts;
    this.#expectedBytes = sizeBytes;
    // Or each connection of a client would be its first one, as soon as the one before has memory.
    if (before === 0) landing.newcomers.expect(this.#identity);
    if (sizeBytes === 0) landing.newcomers.expectNoMore(this.#identity);
    landing.expect(sizeBytes - before);
  }

  /**
   * Nothing of it is held, and it knows how little it may send: what a client sends before it has
   * read our SETTINGS can be all that the protocol gives, and needs as much room.
   */
  get #isFirst(): boolean {
    return this.#core.credit.heldBytes === 0 && !this.#core.isEarly;
  }

  get #lineNow(): LineName {
    if (this.#isNew) return 'newcomers';
    return this.#isFirst ? 'first' : 'any';
  }

  get #isNew(): boolean {
    return this.#core.parts.landing.newcomers.isNew(this.#identity);
  }

  get #identity(): string {
    return this.#core.identity.peerSubject;
  }

  /** Who holds something waits for its memory, and needs not be read for that. */
  #waitUntilLate(came: () => void): void {
    const { clock, landing } = this.#core.parts;
    if (this.#core.credit.heldBytes > 0) return;
    this.#lateWait = landing.late.wait(clock, () => {
      this.#isLate = true;
      came();
    });
  }

  #leave(place: 'newcomers' | 'late'): void {
    this.#place = undefined;
    this.#core.parts.landing[place].leave(this.#identity);
  }
}
