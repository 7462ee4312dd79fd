// Whether an HTTP/1.1 connection is read: the room that its own requests leave, that of the landing
// pool, and that of all open requests of the shard.

import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { type OpenRequests, requestsOpenOfAll } from '../http2/open-requests.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';
import type { Http1Stream } from './http1-stream.ts';
import { type Http1Landing, Http1Turn } from './http1-turn.ts';
import { SocketReading } from './socket-reading.ts';

export interface ReadingRoom {
  /**
   * Where bodies wait for memory: below landingRoomBytesMin nobody reads on but newcomers, for whom
   * there are places, and who comes late.
   */
  readonly landing: Http1Landing;
  /** Of the shard. While they are full, who has several open does not read for another. */
  readonly openRequests: OpenRequests;
  readonly clock: Clock;
  /** A connection was not read for so long. */
  wasUnread(forMs: number): void;
}

export class Http1Reading {
  readonly #socket: SocketReading;
  readonly #room: ReadingRoom;
  readonly #turn: Http1Turn;
  readonly #roomCame: () => void;
  #requestsWait: Timer | undefined;

  /** For a socket that node:http has already. After `roomCame` it wants to be minded. */
  constructor(
    socket: TLSSocket,
    { peerSubject }: ServerConnection,
    room: ReadingRoom,
    roomCame: () => void,
  ) {
    this.#socket = new SocketReading(socket, room.clock, (forMs) => room.wasUnread(forMs));
    this.#turn = new Http1Turn(peerSubject, room.landing, room.clock, roomCame);
    this.#room = room;
    this.#roomCame = roomCame;
  }

  /** Also while it is read only for a moment. */
  get isStopped(): boolean {
    return this.#socket.isStopped || this.#turn.isLooking;
  }

  /**
   * Reads or does not, as it stands now. `open` are the requests in order of arrival, of which only
   * the newest can be incomplete; `takesMore` says whether another may follow.
   */
  mind(open: readonly Http1Stream[], takesMore: boolean): void {
    const newest = open.at(-1);
    const isOnItsWay = newest?.isOnItsWay === true;
    const inBody = newest?.requestComplete === false;
    const holds = open.some(isHolding);
    this.#turn.weigh(holds);
    // Nothing is made of what comes, and only who reads notices that the client leaves.
    if (!takesMore && !inBody) this.#goOn();
    else if (hasTooMuchUnread(open)) this.#stop();
    // Others may be waiting for the memory that this body has: it is read to its end, however full
    // it is elsewhere, and whatever the older requests wait for.
    else if (isOnItsWay) this.#goOn();
    else if (open.length >= requestsOpenMax || holds) this.#stop();
    else if (!this.#turn.mayRead()) this.#waitForLanding();
    else if (!inBody && !this.#hasRoomAfter(open.length)) this.#waitForRequests();
    else this.#goOn();
  }

  /** Whatever is in the way: nothing is made of what comes any more. */
  end(): void {
    this.#goOn();
    this.#turn.close();
  }

  #hasRoomAfter(openCount: number): boolean {
    // A client that does not pipeline leaves and comes back, and a socket that is not read does not
    // notice that.
    if (openCount < requestsOpenOfAll) return true;
    return this.#requestsWait === undefined && !this.#room.openRequests.isFull;
  }

  #waitForLanding(): void {
    this.#socket.stop();
    this.#turn.wait();
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
    this.#turn.stopWaiting();
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
