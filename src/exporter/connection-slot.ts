// One place for a connection of a gRPC destination: opens it, and replaces it when it fails, is
// sent away or gets old. The replacement is ready before the old one leaves, as far as the server
// lets us choose.

import type { Clock, Timer } from '../clock.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/** What the slot asks of a connection; GrpcConnection has this shape. */
export interface ChannelConnection {
  /** True: takes requests. */
  readonly isReady: boolean;
  /** A server has answered on it: it is not one that accepts and resets. */
  readonly isProven: boolean;
  readonly inFlight: number;
  /** No new requests; closes when those under way have ended. */
  leave(): void;
  destroy(): void;
}

export interface ConnectionEvents {
  readonly onReady: () => void;
  readonly onLeaving: (tooManyPings: boolean) => void;
  readonly onClosed: (reason: string) => void;
}

export interface SlotOwner<Connection> {
  readonly clock: Clock;
  readonly random: () => number;
  /**
   * Where the next connection goes, looked up again. Takes the slot's own address and its failures.
   */
  readonly nextAddress: (own: string | undefined, failures: number) => Promise<string>;
  /** Opens a connection; rejects when there is no TLS material for it. */
  readonly connect: (address: string, events: ConnectionEvents) => Promise<Connection>;
  readonly onReady: () => void;
  readonly onTooManyPings: () => void;
  /**
   * The slot has no connection and will try again. True: at once, because the next address is
   * another one.
   */
  readonly onFailure: (reason: string) => boolean;
  /** Somebody waits for a connection. */
  readonly isWaitedFor: () => boolean;
  /** Replaced connections, until their last request has ended. */
  readonly leaving: Set<Connection>;
}

const ageMsMax = 30 * 60_000;
const ageJitter = 0.1;

export class ConnectionSlot<Connection extends ChannelConnection> {
  /** Undefined for pick_first, which takes the next address each time one fails. */
  readonly address: string | undefined;
  readonly #owner: SlotOwner<Connection>;
  #connection: Connection | undefined;
  /** Connecting; takes the place of `connection` when it is ready. */
  #successor: Connection | undefined;
  #opening = false;
  /** Connections since the last one that brought an answer. */
  #failures = 0;
  #unreachable = false;
  #retryTimer: Timer | undefined;
  #ageTimer: Timer | undefined;
  #removed = false;

  constructor(address: string | undefined, owner: SlotOwner<Connection>) {
    this.address = address;
    this.#owner = owner;
  }

  get ready(): Connection | undefined {
    return this.#connection?.isReady ? this.#connection : undefined;
  }

  /** The last attempt brought no connection, and the next one is not due. */
  get isUnreachable(): boolean {
    return this.#unreachable;
  }

  /** A connection that was closed in order is opened again when somebody needs it, not before. */
  connectIdle(): void {
    const idle = this.#connection === undefined && this.#retryTimer === undefined;
    if (idle) void this.#open();
  }

  /** The requests under way end first, if it is to leave. */
  remove(how: 'leave' | 'destroy'): void {
    this.#removed = true;
    this.#retryTimer?.cancel();
    this.#ageTimer?.cancel();
    this.#successor?.destroy();
    if (this.#connection === undefined) return;
    if (how === 'destroy') this.#connection.destroy();
    else this.#leave(this.#connection);
  }

  async #open(): Promise<void> {
    if (this.#opening || this.#successor !== undefined || this.#removed) return;
    this.#opening = true;
    let opened: Connection | undefined;
    try {
      const address = await this.#owner.nextAddress(this.address, this.#failures);
      opened = await this.#owner.connect(address, {
        onReady: () => this.#onReady(),
        onLeaving: (tooManyPings) => this.#onLeaving(opened, tooManyPings),
        onClosed: (reason) => this.#onClosed(opened, reason),
      });
    } catch (error) {
      this.#opening = false;
      this.#unreachable = this.#connection === undefined;
      this.#retryLater(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#opening = false;
    this.#successor = opened;
    if (this.#removed) opened.destroy();
  }

  #onReady(): void {
    const { clock, random, onReady } = this.#owner;
    const previous = this.#connection;
    this.#connection = this.#successor;
    this.#successor = undefined;
    this.#unreachable = false;
    if (previous?.isProven) this.#failures = 0;
    if (previous !== undefined) this.#leave(previous);
    this.#ageTimer?.cancel();
    const ageMs = ageMsMax * (1 + ageJitter * (2 * random() - 1));
    this.#ageTimer = clock.after(ageMs, () => void this.#open());
    onReady();
  }

  #onLeaving(connection: Connection | undefined, tooManyPings: boolean): void {
    if (tooManyPings) this.#owner.onTooManyPings();
    if (connection === undefined || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#ageTimer?.cancel();
    this.#leave(connection);
    if (connection.isProven) {
      this.#failures = 0;
      void this.#open();
    } else {
      this.#retryLater('the server sent us away');
    }
  }

  #onClosed(connection: Connection | undefined, reason: string): void {
    if (connection === undefined) return;
    const { leaving, isWaitedFor } = this.#owner;
    leaving.delete(connection);
    if (this.#successor === connection) {
      this.#successor = undefined;
      this.#unreachable = this.#connection === undefined;
      this.#retryLater(reason);
    } else if (this.#connection === connection) {
      this.#connection = undefined;
      this.#ageTimer?.cancel();
      if (connection.isProven) this.#failures = 0;
      // Closed without harm, as servers do with idle connections: the next request opens another.
      const harmless = connection.isProven && connection.inFlight === 0 && !isWaitedFor();
      if (!harmless) this.#retryLater(reason);
    }
  }

  #retryLater(reason: string): void {
    if (this.#removed) return;
    const { clock, random, onFailure } = this.#owner;
    let delayMs = 0;
    if (!onFailure(reason)) {
      this.#failures += 1;
      delayMs = reconnectDelayMs(this.#failures, random());
    }
    this.#retryTimer?.cancel();
    this.#retryTimer = clock.after(delayMs, () => {
      this.#retryTimer = undefined;
      this.#unreachable = false;
      void this.#open();
    });
  }

  #leave(connection: Connection): void {
    this.#owner.leaving.add(connection);
    connection.leave();
  }
}
