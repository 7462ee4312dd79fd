// The connections of a gRPC destination: which addresses there are, one connection to each (or to
// one of them), and who gets which.

import type { Clock, Timer } from '../clock.ts';
import {
  type ChannelConnection,
  type ConnectionEvents,
  ConnectionSlot,
  type SlotOwner,
} from './connection-slot.ts';
import type { EndpointResolver } from './endpoint-resolver.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

export interface GrpcChannelOptions<Connection extends ChannelConnection> {
  readonly resolver: EndpointResolver;
  readonly balancer: 'round_robin' | 'pick_first';
  readonly clock: Clock;
  readonly random: () => number;
  /** Opens a connection; rejects when there is no TLS material for it. */
  readonly connect: (
    address: string,
    silenceMsMax: number,
    events: ConnectionEvents,
  ) => Promise<Connection>;
  /** A connection can take requests. */
  readonly onReady: () => void;
}

interface Waiter<Connection> {
  readonly resolve: (connection: Connection | undefined) => void;
}

const addressesMax = 16;
const lookupIntervalMs = 60_000;
const silenceMsMax = 10_000;
// A server that minds even this many pings is asked no more often; the request's timeout is the
// rest.
const silenceMsLimit = 10 * 60_000;

export class GrpcChannel<Connection extends ChannelConnection> {
  readonly #options: GrpcChannelOptions<Connection>;
  readonly #slotOwner: SlotOwner<Connection>;
  #slots: ConnectionSlot<Connection>[] = [];
  #turn = 0;
  /** Of pick_first: which address is next. */
  #addressTurn = 0;
  #addressCount = 1;
  #silenceMsMax = silenceMsMax;
  #lookupTimer: Timer | undefined;
  #started = false;
  #closed = false;
  #lastFailure = 'no connection yet';
  readonly #waiters = new Set<Waiter<Connection>>();
  readonly #leaving = new Set<Connection>();

  constructor(options: GrpcChannelOptions<Connection>) {
    this.#options = options;
    this.#slotOwner = {
      clock: options.clock,
      random: options.random,
      nextAddress: (address, failures) => this.#nextAddress(address, failures),
      connect: (address, events) => options.connect(address, this.#silenceMsMax, events),
      onReady: () => this.#onReady(),
      onTooManyPings: () => {
        this.#silenceMsMax = Math.min(2 * this.#silenceMsMax, silenceMsLimit);
      },
      onFailure: (reason) => this.#onFailure(reason),
      isWaitedFor: () => this.#waiters.size > 0,
      leaving: this.#leaving,
    };
  }

  /** Why there is no connection. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /**
   * A connection that takes requests; undefined when every address failed, none came up within
   * `timeoutMs`, or the channel closed.
   */
  acquire(timeoutMs: number): Promise<Connection | undefined> {
    this.#start();
    for (const slot of this.#slots) slot.connectIdle();
    const ready = this.#pick();
    if (ready !== undefined || this.#closed) return Promise.resolve(ready);
    return new Promise((resolve) => {
      const waiter: Waiter<Connection> = {
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
    for (const slot of this.#slots) slot.remove('destroy');
    for (const connection of this.#leaving) connection.destroy();
    this.#slots = [];
  }

  #start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    if (this.#options.balancer === 'pick_first') this.#slots = [this.#newSlot(undefined)];
    void this.#lookUp(0);
  }

  /** Makes the slots of round_robin match the addresses, and asks again in a while. */
  async #lookUp(failures: number): Promise<void> {
    const { resolver, clock, random } = this.#options;
    let nextMs = lookupIntervalMs;
    try {
      this.#adopt(await resolver.addresses());
    } catch (error) {
      this.#lastFailure = error instanceof Error ? error.message : String(error);
      this.#refuseWaiters();
      nextMs = reconnectDelayMs(failures + 1, random());
    }
    if (this.#closed || (!resolver.isName && nextMs === lookupIntervalMs)) return;
    const nextFailures = nextMs === lookupIntervalMs ? 0 : failures + 1;
    this.#lookupTimer = clock.after(nextMs, () => void this.#lookUp(nextFailures));
  }

  #adopt(addresses: readonly string[]): void {
    if (this.#closed || this.#options.balancer === 'pick_first') return;
    const wanted = [...new Set(addresses)].slice(0, addressesMax);
    const kept = this.#slots.filter(({ address }) => wanted.includes(address ?? ''));
    for (const slot of this.#slots) {
      if (!kept.includes(slot)) slot.remove('leave');
    }
    const known = new Set(kept.map(({ address }) => address));
    const added = wanted
      .filter((address) => !known.has(address))
      .map((address) => this.#newSlot(address));
    this.#slots = [...kept, ...added];
    for (const slot of added) slot.connectIdle();
  }

  #newSlot(address: string | undefined): ConnectionSlot<Connection> {
    return new ConnectionSlot(address, this.#slotOwner);
  }

  #pick(): Connection | undefined {
    const ready = this.#slots.map((slot) => slot.ready).filter((one) => one !== undefined);
    if (ready.length === 0) return undefined;
    this.#turn = (this.#turn + 1) % ready.length;
    return ready[this.#turn];
  }

  /**
   * Looked up again before every connection; the slot's own address as long as it is still there.
   */
  async #nextAddress(own: string | undefined, failures: number): Promise<string> {
    const addresses = await this.#options.resolver.addresses();
    if (own !== undefined) {
      if (failures > 0) this.#adopt(addresses);
      return own;
    }
    this.#addressCount = addresses.length;
    return addresses[this.#addressTurn % addresses.length]!; // resolvers give at least one address
  }

  #onReady(): void {
    for (const waiter of [...this.#waiters]) waiter.resolve(this.#pick());
    this.#options.onReady();
  }

  /** pick_first tries all addresses before it waits. */
  #onFailure(reason: string): boolean {
    this.#lastFailure = reason;
    this.#addressTurn += 1;
    const { balancer } = this.#options;
    const goesOn = balancer === 'pick_first' && this.#addressTurn % this.#addressCount !== 0;
    if (!goesOn) this.#refuseWaiters();
    return goesOn;
  }

  /** No address answers: who waits for a connection learns it now, not at the end of its time. */
  #refuseWaiters(): void {
    if (this.#slots.some((slot) => !slot.isUnreachable)) return;
    for (const waiter of [...this.#waiters]) waiter.resolve(undefined);
  }
}
