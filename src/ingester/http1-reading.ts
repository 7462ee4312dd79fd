// Whether an HTTP/1.1 connection is read: the room that its own requests leave, that of the landing
// pool, and that of all open requests of the shard.

import type { TLSSocket } from 'node:tls';
import type { Timer } from '../clock.ts';
import { type OpenRequests, requestsOpenOfAll } from '../http2/open-requests.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';
import { type LandingPool, landingRoomBytesMin } from '../memory/landing-pool.ts';
import type { RoomWait } from '../memory/room-line.ts';
import type { Http1Stream } from './http1-stream.ts';
import { SocketReading } from './socket-reading.ts';

export interface ReadingRoom {
  /**
   * Where bodies wait for memory: below landingRoomBytesMin nobody reads on but newcomers, for whom
   * there are places.
   */
  readonly landing: Pick<LandingPool, 'roomBytes' | 'whenRoom' | 'newcomers'>;
  /** Of the shard. While they are full, who has several open does not read for another. */
  readonly openRequests: OpenRequests;
}

export class Http1Reading {
  readonly #socket: SocketReading;
  readonly #room: ReadingRoom;
  readonly #identity: string;
  readonly #roomCame: () => void;
  #landingWait: RoomWait | undefined;
  #waitsAsNewcomer = false;
  /** By what its client counts among those of whom something waits in the landing pool. */
  #held: 'nothing' | 'room' | 'place' = 'nothing';
  #requestsWait: Timer | undefined;

  /** For a socket that node:http has already. After `roomCame` it wants to be minded. */
  constructor(
    socket: TLSSocket,
    { peerSubject }: ServerConnection,
    room: ReadingRoom,
    roomCame: () => void,
  ) {
    this.#socket = new SocketReading(socket);
    this.#identity = peerSubject;
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
    const holds = open.some(isHolding);
    this.#count(holds);
    // Nothing is made of what comes, and only who reads notices that the client leaves.
    if (!takesMore && !inBody) this.#goOn();
    else if (hasTooMuchUnread(open)) this.#stop();
    // Others may be waiting for the memory that this body has: it is read to its end, however full
    // it is elsewhere, and whatever the older requests wait for.
    else if (isOnItsWay) this.#goOn();
    else if (open.length >= requestsOpenMax || holds) this.#stop();
    else if (!this.#mayLand()) this.#waitForLanding();
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
    this.#count(false);
  }

  /** Nobody knows whether an idle client is about to send: it takes its place when it has sent. */
  #count(holds: boolean): void {
    if (holds === (this.#held !== 'nothing')) return;
    const { newcomers } = this.#room.landing;
    if (this.#held === 'place') newcomers.leave(this.#identity);
    else if (this.#held === 'room') newcomers.release(this.#identity);
    else if (!this.#hasRoom && newcomers.take(this.#identity)) {
      this.#held = 'place';
      return;
    } else newcomers.hold(this.#identity);
    this.#held = holds ? 'room' : 'nothing';
  }

  get #hasRoom(): boolean {
    return this.#room.landing.roomBytes >= landingRoomBytesMin;
  }

  /** Who waits in a line does not overtake it. */
  #mayLand(): boolean {
    if (this.#landingWait !== undefined) return false;
    return this.#hasRoom || this.#room.landing.newcomers.mayTake(this.#identity);
  }

  #hasRoomAfter(openCount: number): boolean {
    // A client that does not pipeline leaves and comes back, and a socket that is not read does not
    // notice that.
    if (openCount < requestsOpenOfAll) return true;
    return this.#requestsWait === undefined && !this.#room.openRequests.isFull;
  }

  #waitForLanding(): void {
    this.#socket.stop();
    const { landing } = this.#room;
    const isNew = landing.newcomers.isNew(this.#identity);
    if (this.#waitsAsNewcomer !== isNew) this.#stopWaitingForLanding();
    this.#waitsAsNewcomer = isNew;
    const roomCame = () => {
      this.#landingWait = undefined;
      this.#roomCame();
    };
    this.#landingWait ??= isNew ? landing.newcomers.wait(roomCame) : landing.whenRoom(roomCame);
  }

  #stopWaitingForLanding(): void {
    this.#landingWait?.cancel();
    this.#landingWait = undefined;
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
    this.#stopWaitingForLanding();
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
