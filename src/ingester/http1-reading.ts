// Whether an HTTP/1.1 connection is read: the room that its own requests leave, that of the landing
// pool, and that of all open requests of the shard.

import type { TLSSocket } from 'node:tls';
import type { Timer } from '../clock.ts';
import { type OpenRequests, requestsOpenOfAll } from '../http2/open-requests.ts';
import { KiB } from '../limits.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import type { Http1Stream } from './http1-stream.ts';
import { SocketReading } from './socket-reading.ts';

export interface ReadingRoom {
  /** Where bodies wait for memory: below landingRoomBytesMin nobody reads on. */
  readonly landing: LandingRoom;
  /** Of the shard. While they are full, who has several open does not read for another. */
  readonly openRequests: OpenRequests;
}

/** The part of memory/landing-pool.ts that a transport looks at. */
export interface LandingRoom {
  readonly roomBytes: number;
  whenRoom(callback: () => void): Timer;
}

export class Http1Reading {
  readonly #socket: SocketReading;
  readonly #room: ReadingRoom;
  readonly #roomCame: () => void;
  #landingWait: Timer | undefined;
  #requestsWait: Timer | undefined;

  /** For a socket that node:http has already. After `roomCame` it wants to be minded. */
  constructor(socket: TLSSocket, room: ReadingRoom, roomCame: () => void) {
    this.#socket = new SocketReading(socket);
    this.#room = room;
    this.#roomCame = roomCame;
  }

  get isStopped(): boolean {
    return this.#socket.isStopped;
  }

  /**
   * Reads or does not, as it stands now. `open` are the requests in order of arrival, of which only
   * the newest can be incomplete; `takesMore` says whether another may follow.
   */
  mind(open: readonly Http1Stream[], takesMore: boolean): void {
    const newest = open.at(-1);
    const isOnItsWay = newest?.isOnItsWay === true;
    const inBody = newest?.requestComplete === false;
    // Nothing is made of what comes, and only who reads notices that the client leaves.
    if (!takesMore && !inBody) this.#goOn();
    else if (hasTooMuchUnread(open)) this.#stop();
    // Others may be waiting for the memory that this body has: it is read to its end, however full
    // it is elsewhere, and whatever the older requests wait for.
    else if (isOnItsWay) this.#goOn();
    else if (open.length >= requestsOpenMax || open.some(isHolding)) this.#stop();
    else if (!this.#hasLandingRoom()) this.#waitForLanding();
    else if (!inBody && !this.#hasRoomAfter(open.length)) this.#waitForRequests();
    else this.#goOn();
  }

  /** Whatever is in the way. */
  release(): void {
    this.#goOn();
  }

  /** The socket is gone. */
  ended(): void {
    this.#cancelWaits();
  }

  /** Who waits in a line does not overtake it. */
  #hasLandingRoom(): boolean {
    return this.#landingWait === undefined && this.#room.landing.roomBytes >= landingRoomBytesMin;
  }

  #hasRoomAfter(openCount: number): boolean {
    // A client that does not pipeline leaves and comes back, and a socket that is not read does not
    // notice that.
    if (openCount < requestsOpenOfAll) return true;
    return this.#requestsWait === undefined && !this.#room.openRequests.isFull;
  }

  #waitForLanding(): void {
    this.#socket.stop();
    this.#landingWait ??= this.#room.landing.whenRoom(() => {
      this.#landingWait = undefined;
      this.#roomCame();
    });
  }

  #waitForRequests(): void {
    this.#socket.stop();
    this.#requestsWait ??= this.#room.openRequests.whenRoom(() => {
      this.#requestsWait = undefined;
      this.#roomCame();
    });
  }

  #stop(): void {
    this.#cancelWaits();
    this.#socket.stop();
  }

  #goOn(): void {
    this.#cancelWaits();
    this.#socket.goOn();
  }

  #cancelWaits(): void {
    this.#landingWait?.cancel();
    this.#landingWait = undefined;
    this.#requestsWait?.cancel();
    this.#requestsWait = undefined;
  }
}

function hasTooMuchUnread(open: readonly Http1Stream[]): boolean {
  let sizeBytes = 0;
  for (const { unreadSizeBytes } of open) sizeBytes += unreadSizeBytes;
  return sizeBytes > unreadSizeBytesMax;
}

function isHolding({ isHolding }: Http1Stream): boolean {
  return isHolding;
}

/** No client pipelines as deep; further requests wait in the socket. */
const requestsOpenMax = 64;
const unreadSizeBytesMax = 64 * KiB;
