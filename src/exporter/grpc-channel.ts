// The connections of a gRPC destination: which addresses there are, one connection to each (or to one of
// them), and what replaces a connection that fails, is sent away or gets old.

import type { Clock, Timer } from '../clock.ts';
import type { EndpointResolver } from './endpoint-resolver.ts';
import type { GrpcConnection } from './grpc-connection.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

export interface ConnectionEvents {
  readonly onReady: () => void;
  readonly onLeaving: (tooManyPings: boolean) => void;
  readonly onClosed: (reason: string) => void;
}

export interface GrpcChannelOptions {
  readonly resolver: EndpointResolver;
  readonly balancer: 'round_robin' | 'pick_first';
  readonly clock: Clock;
  readonly random: () => number;
  /** Opens a connection; rejects when there is no TLS material for it. */
  readonly connect: (
    address: string,
    silenceMsMax: number,
    events: ConnectionEvents,
  ) => Promise<GrpcConnection>;
  /** A connection can take requests. */
  readonly onReady: () => void;
}

/** One place for a connection. */
interface Slot {
  /** Undefined for pick_first, which takes the next address each time one fails. */
  readonly address: string | undefined;
  connection: GrpcConnection | undefined;
  /** Connecting; takes the place of `connection` when it is ready. */
  successor: GrpcConnection | undefined;
  opening: boolean;
  /** Connections since the last one that brought an answer. */
  failures: number;
  retryTimer: Timer | undefined;
  ageTimer: Timer | undefined;
  removed: boolean;
}

interface Waiter {
  readonly resolve: (connection: GrpcConnection | undefined) => void;
}

const addressesMax = 16;
const lookupIntervalMs = 60_000;
const ageMsMax = 30 * 60_000;
const ageJitter = 0.1;
const silenceMsMax = 10_000;
const silenceMsLimit = 10 * 60_000;

export class GrpcChannel {
  readonly #options: GrpcChannelOptions;
  #slots: Slot[] = [];
  #turn = 0;
  /** Of pick_first: which address is next. */
  #addressTurn = 0;
  #addressCount = 1;
  #silenceMsMax = silenceMsMax;
  #lookupTimer: Timer | undefined;
  #started = false;
  #closed = false;
  #lastFailure = 'no connection yet';
  readonly #waiters = new Set<Waiter>();
  /** Replaced ones, until their last request has ended. */
  readonly #leaving = new Set<GrpcConnection>();

  constructor(options: GrpcChannelOptions) {
    this.#options = options;
  }

  /** Why there is no connection. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /** A connection that takes requests; undefined when none came up within `timeoutMs` or the channel closed. */
  acquire(timeoutMs: number): Promise<GrpcConnection | undefined> {
    this.#start();
    for (const slot of this.#slots) this.#connectIdle(slot);
    const ready = this.#pick();
    if (ready !== undefined || this.#closed) return Promise.resolve(ready);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        resolve: (connection) => {
          timer.cancel();
          this.#waiters.delete(waiter);
          resolve(connection);
        },
      };
      const timer = this.#options.clock.after(timeoutMs, () => waiter.resolve(undefined));
      this.#waiters.add(waiter);
    });
  }

  close(): void {
    this.#closed = true;
    this.#lookupTimer?.cancel();
    for (const waiter of [...this.#waiters]) waiter.resolve(undefined);
    for (const slot of this.#slots) this.#remove(slot, 'destroy');
    for (const connection of this.#leaving) connection.destroy();
    this.#slots = [];
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    if (this.#options.balancer === 'pick_first') this.#slots = [newSlot(undefined)];
    void this.#lookUp(0);
  }

  /** Makes the slots match the addresses, and asks again in a while. */
  async #lookUp(failures: number): Promise<void> {
    const { resolver, clock, random } = this.#options;
    let nextMs = lookupIntervalMs;
    try {
      this.#adopt(await resolver.addresses());
    } catch (error) {
      this.#lastFailure = messageOf(error);
      nextMs = reconnectDelayMs(failures + 1, random());
    }
    if (this.#closed || (!resolver.isName && nextMs === lookupIntervalMs)) return;
    const nextFailures = nextMs === lookupIntervalMs ? 0 : failures + 1;
    this.#lookupTimer = clock.after(nextMs, () => void this.#lookUp(nextFailures));
  }

  #adopt(addresses: readonly string[]): void {
    if (this.#closed) return;
    if (this.#options.balancer === 'pick_first') {
      for (const slot of this.#slots) this.#connectIdle(slot);
      return;
    }
    const wanted = [...new Set(addresses)].slice(0, addressesMax);
    const kept = this.#slots.filter((slot) => wanted.includes(slot.address ?? ''));
    for (const slot of this.#slots) {
      if (!kept.includes(slot)) this.#remove(slot, 'leave');
    }
    const known = new Set(kept.map((slot) => slot.address));
    const added = wanted.filter((address) => !known.has(address)).map(newSlot);
    this.#slots = [...kept, ...added];
    for (const slot of added) void this.#open(slot);
  }

  #pick(): GrpcConnection | undefined {
    const ready = this.#slots.filter((slot) => slot.connection?.isReady);
    if (ready.length === 0) return undefined;
    this.#turn = (this.#turn + 1) % ready.length;
    return ready[this.#turn]?.connection;
  }

  /** A slot whose connection was closed in order waits for somebody to need it again. */
  #connectIdle(slot: Slot): void {
    const idle = slot.connection === undefined && slot.successor === undefined && !slot.opening;
    if (idle && slot.retryTimer === undefined) void this.#open(slot);
  }

  async #open(slot: Slot): Promise<void> {
    if (slot.opening || slot.successor !== undefined || slot.removed) return;
    slot.opening = true;
    let opened: GrpcConnection | undefined;
    try {
      const address = await this.#addressOf(slot);
      opened = await this.#options.connect(address, this.#silenceMsMax, {
        onReady: () => this.#onReady(slot),
        onLeaving: (tooManyPings) => this.#onLeaving(slot, opened, tooManyPings),
        onClosed: (reason) => this.#onClosed(slot, opened, reason),
      });
    } catch (error) {
      slot.opening = false;
      this.#retryLater(slot, messageOf(error));
      return;
    }
    slot.opening = false;
    slot.successor = opened;
    if (slot.removed || this.#closed) opened.destroy();
  }

  /** Looked up again before every connection; the slot's own address as long as it is still there. */
  async #addressOf(slot: Slot): Promise<string> {
    const addresses = await this.#options.resolver.addresses();
    if (slot.address !== undefined) {
      if (slot.failures > 0) this.#adopt(addresses);
      return slot.address;
    }
    this.#addressCount = addresses.length;
    return addresses[this.#addressTurn % addresses.length]!; // resolvers give at least one address
  }

  #onReady(slot: Slot): void {
    const { clock, random, onReady } = this.#options;
    const previous = slot.connection;
    slot.connection = slot.successor;
    slot.successor = undefined;
    if (previous?.isProven) slot.failures = 0;
    if (previous !== undefined) this.#leave(previous);
    slot.ageTimer?.cancel();
    const ageMs = ageMsMax * (1 + ageJitter * (2 * random() - 1));
    slot.ageTimer = clock.after(ageMs, () => void this.#open(slot));
    for (const waiter of [...this.#waiters]) waiter.resolve(this.#pick());
    onReady();
  }

  #onLeaving(slot: Slot, connection: GrpcConnection | undefined, tooManyPings: boolean): void {
    if (tooManyPings) this.#silenceMsMax = Math.min(2 * this.#silenceMsMax, silenceMsLimit);
    if (connection === undefined || slot.connection !== connection) return;
    slot.connection = undefined;
    slot.ageTimer?.cancel();
    this.#leave(connection);
    if (connection.isProven) {
      slot.failures = 0;
      void this.#open(slot);
    } else {
      this.#retryLater(slot, 'the server sent us away');
    }
  }

  #onClosed(slot: Slot, connection: GrpcConnection | undefined, reason: string): void {
    if (connection !== undefined) this.#leaving.delete(connection);
    if (connection !== undefined && slot.successor === connection) {
      slot.successor = undefined;
    } else if (connection !== undefined && slot.connection === connection) {
      slot.connection = undefined;
      slot.ageTimer?.cancel();
      if (connection.isProven) {
        slot.failures = 0;
        // Closed without harm, as servers do with idle connections: the next request opens another.
        if (connection.inFlight === 0 && this.#waiters.size === 0) return;
      }
    } else {
      return; // replaced before
    }
    this.#retryLater(slot, reason);
  }

  #retryLater(slot: Slot, reason: string): void {
    this.#lastFailure = reason;
    if (slot.removed || this.#closed) return;
    const { clock, random } = this.#options;
    let delayMs = 0;
    this.#addressTurn += 1;
    // pick_first tries all addresses before it waits.
    if (slot.address !== undefined || this.#addressTurn % this.#addressCount === 0) {
      slot.failures += 1;
      delayMs = reconnectDelayMs(slot.failures, random());
    }
    slot.retryTimer?.cancel();
    slot.retryTimer = clock.after(delayMs, () => {
      slot.retryTimer = undefined;
      void this.#open(slot);
    });
  }

  #leave(connection: GrpcConnection): void {
    this.#leaving.add(connection);
    connection.leave();
  }

  #remove(slot: Slot, how: 'leave' | 'destroy'): void {
    slot.removed = true;
    slot.retryTimer?.cancel();
    slot.ageTimer?.cancel();
    slot.successor?.destroy();
    if (slot.connection === undefined) return;
    if (how === 'destroy') slot.connection.destroy();
    else this.#leave(slot.connection);
  }
}

function newSlot(address: string | undefined): Slot {
  return {
    address,
    connection: undefined,
    successor: undefined,
    opening: false,
    failures: 0,
    retryTimer: undefined,
    ageTimer: undefined,
    removed: false,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
