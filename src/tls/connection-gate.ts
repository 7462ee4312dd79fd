// Who may start TLS. A connection beyond the bounds is neither refused nor read: it is parked,
// unread, and starts when a place is free, oldest first. A socket that waits costs a few kilobytes,
// one that has begun TLS some hundred.

import { assert } from '../assert.ts';

export interface GateBounds {
  /** Connections that have begun TLS, whether or not they have finished it. */
  readonly placesMax: number;
  /**
   * TLS handshakes under way: a storm of new connections must not take the CPU from the old ones.
   */
  readonly handshakesMax: number;
  readonly parkedMax: number;
}

export interface GateExits<Socket> {
  /**
   * TLS starts. Every admitted socket is answered by one handshakeEnded() and, later or without it,
   * one left().
   */
  admit(socket: Socket): void;
  /** The park is full. The last resort, and counted: nothing else bounds a flood of connections. */
  refuse(socket: Socket): void;
}

export class ConnectionGate<Socket> {
  readonly #bounds: GateBounds;
  readonly #exits: GateExits<Socket>;
  readonly #parked = new Set<Socket>(); // in order of arrival
  readonly #handshaking = new Set<Socket>();
  readonly #placed = new Set<Socket>();

  constructor(bounds: GateBounds, exits: GateExits<Socket>) {
    assert(bounds.placesMax > 0 && bounds.handshakesMax > 0, 'a gate lets somebody in');
    this.#bounds = bounds;
    this.#exits = exits;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  get placedCount(): number {
    return this.#placed.size;
  }

  isHandshaking(socket: Socket): boolean {
    return this.#handshaking.has(socket);
  }

  arrived(socket: Socket): void {
    if (this.#isOpen()) {
      this.#admit(socket);
    } else if (this.#parked.size < this.#bounds.parkedMax) {
      this.#parked.add(socket);
    } else {
      this.#exits.refuse(socket);
    }
  }

  /** TLS is established or has failed. */
  handshakeEnded(socket: Socket): void {
    if (this.#handshaking.delete(socket)) this.#admitParked();
  }

  /** The connection is gone, whichever state it was in. */
  left(socket: Socket): void {
    this.#parked.delete(socket);
    this.#handshaking.delete(socket);
    if (this.#placed.delete(socket)) this.#admitParked();
  }

  /** Hands out what is parked, for a listener that ends. */
  takeParked(): Socket[] {
    const parked = [...this.#parked];
    this.#parked.clear();
    return parked;
  }

  #isOpen(): boolean {
    const { placesMax, handshakesMax } = this.#bounds;
    return this.#placed.size < placesMax && this.#handshaking.size < handshakesMax;
  }

  #admitParked(): void {
    while (this.#isOpen()) {
      const [oldest] = this.#parked;
      if (oldest === undefined) return;
      this.#parked.delete(oldest);
      this.#admit(oldest);
    }
  }

  #admit(socket: Socket): void {
    this.#placed.add(socket);
    this.#handshaking.add(socket);
    this.#exits.admit(socket);
  }
}
