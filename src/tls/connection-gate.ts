// Who may start TLS. A connection beyond the bounds is neither refused nor read: it is parked,
// unread, and starts when a place is free, oldest first. A socket that waits costs a few kilobytes,
// one that has begun TLS some hundred. One gate serves all listeners of a shard: places and
// handshakes count together, and each listener is asked for its own sockets only.

import { assert } from '../assert.ts';

export interface GateBounds {
  /** Connections that have begun TLS, whether or not they have finished it. */
  readonly placesMax: number;
  /**
   * TLS handshakes under way: a storm of new connections must not take the CPU from the old ones.
   */
  readonly handshakesMax: number;
  /** Of those that take long, beside the others: they wait for their peers and cost no CPU. */
  readonly slowHandshakesMax: number;
  readonly parkedMax: number;
}

/** One listener's side of the gate. */
export interface GateExits<Socket> {
  /**
   * TLS starts. Every admitted socket is answered by one handshakeEnded() and, later or without it,
   * one left().
   */
  admit(socket: Socket): void;
  /**
   * Somebody is parked. True: this handshake has had its time, and is over now or lets others by.
   */
  hurry(socket: Socket): boolean;
  /** The park is full. The last resort, and counted: nothing else bounds a flood of connections. */
  refuse(socket: Socket): void;
}

interface Parked<Socket> {
  readonly exits: GateExits<Socket>;
  readonly sinceMs: number;
}

export class ConnectionGate<Socket> {
  /** Of all listeners that share the gate: those that are read in long pieces. */
  readonly wide = new Set<Socket>();
  readonly #bounds: GateBounds;
  /** In order of arrival. */
  readonly #parked = new Map<Socket, Parked<Socket>>();
  /** In order of their start. */
  readonly #handshaking = new Map<Socket, GateExits<Socket>>();
  /** Handshakes that have had their time, and do not count as such any more. */
  readonly #slow = new Set<Socket>();
  readonly #placed = new Set<Socket>();

  constructor(bounds: GateBounds) {
    assert(bounds.placesMax > 0 && bounds.handshakesMax > 0, 'a gate lets somebody in');
    this.#bounds = bounds;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  get placedCount(): number {
    return this.#placed.size;
  }

  /**
   * How many of the parked would start at once if connections left. None while handshakes are what
   * they wait for: who has shown no certificate gets nobody's place beyond those.
   */
  get lackingPlaceCount(): number {
    const { placesMax, handshakesMax } = this.#bounds;
    if (this.#placed.size < placesMax) return 0;
    return Math.min(this.#parked.size, handshakesMax - this.#handshaking.size);
  }

  /** For how long the oldest has been parked; 0: nobody is. */
  parkedForMs(nowMs: number): number {
    const [oldest] = this.#parked.values();
    return oldest === undefined ? 0 : nowMs - oldest.sinceMs;
  }

  /** Somebody who leaves would make room. */
  get isFull(): boolean {
    return this.#placed.size >= this.#bounds.placesMax;
  }

  isParked(socket: Socket): boolean {
    return this.#parked.has(socket);
  }

  isHandshaking(socket: Socket): boolean {
    return this.#handshaking.has(socket);
  }

  /** `nowMs` on any clock that parkedForMs() is asked with, too. */
  arrived(socket: Socket, exits: GateExits<Socket>, nowMs: number): void {
    if (this.#isOpen()) {
      this.#admit(socket, exits);
    } else if (this.#parked.size < this.#bounds.parkedMax) {
      this.#parked.set(socket, { exits, sinceMs: nowMs });
      this.#hurryOldest();
    } else {
      exits.refuse(socket);
    }
  }

  /**
   * A handshake that takes long may go on without keeping others from theirs, as long as they have
   * places. False: it may not.
   */
  letOthersBy(socket: Socket): boolean {
    if (this.isFull || this.#slow.size >= this.#bounds.slowHandshakesMax) return false;
    if (!this.#handshaking.delete(socket)) return false;
    this.#slow.add(socket);
    this.#admitParked();
    return true;
  }

  /** TLS is established or has failed. */
  handshakeEnded(socket: Socket): void {
    this.#slow.delete(socket);
    if (this.#handshaking.delete(socket)) this.#admitParked();
  }

  /** The connection is gone, whichever state it was in. */
  left(socket: Socket): void {
    this.#parked.delete(socket);
    this.#handshaking.delete(socket);
    this.#slow.delete(socket);
    if (this.#placed.delete(socket)) this.#admitParked();
  }

  /** Hands out what is parked for a listener that ends. */
  takeParked(exits: GateExits<Socket>): Socket[] {
    const taken = [...this.#parked]
      .filter(([, of]) => of.exits === exits)
      .map(([socket]) => socket);
    for (const socket of taken) this.#parked.delete(socket);
    return taken;
  }

  #isOpen(): boolean {
    const { placesMax, handshakesMax } = this.#bounds;
    return this.#placed.size < placesMax && this.#handshaking.size < handshakesMax;
  }

  /** Of those that have had their time. */
  #hurryOldest(): void {
    for (const [socket, exits] of this.#handshaking) if (exits.hurry(socket)) return;
  }

  #admitParked(): void {
    while (this.#isOpen()) {
      const [oldest] = this.#parked;
      if (oldest === undefined) return;
      const [socket, { exits }] = oldest;
      this.#parked.delete(socket);
      this.#admit(socket, exits);
    }
  }

  #admit(socket: Socket, exits: GateExits<Socket>): void {
    this.#placed.add(socket);
    this.#handshaking.set(socket, exits);
    exits.admit(socket);
  }
}
