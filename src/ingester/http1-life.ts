// How long an HTTP/1.1 connection may live: when it is old or idle its next answer says that it
// closes, and some time later it is closed without one.

import type { Clock, Timer } from '../clock.ts';

export interface Http1LifeBounds {
  readonly connectionAgeMsMax: number;
  readonly connectionAgeGraceMs: number;
  /** Longer than the pools of clients keep a connection, so that they close it first. */
  readonly idleTimeoutMs: number;
}

export interface LivingHttp1Connection {
  openRequestCount(): number;
  /** Idle or old. */
  closeSoon(): void;
  /** The grace time has passed as well. */
  close(): void;
}

export class Http1Life {
  readonly #connection: LivingHttp1Connection;
  readonly #bounds: Http1LifeBounds;
  readonly #clock: Clock;
  readonly #agedMs: number;
  #lastRequestMs: number;
  #closingMs: number | undefined;
  #timer: Timer;

  /** `random` gives numbers in [0, 1): connections opened together shall not come back together. */
  constructor(
    connection: LivingHttp1Connection,
    bounds: Http1LifeBounds,
    clock: Clock,
    random: () => number,
  ) {
    this.#connection = connection;
    this.#bounds = bounds;
    this.#clock = clock;
    this.#lastRequestMs = clock.nowMs();
    this.#agedMs = this.#lastRequestMs + bounds.connectionAgeMsMax * (0.9 + 0.2 * random());
    this.#timer = this.#schedule();
  }

  requestEnded(): void {
    this.#lastRequestMs = this.#clock.nowMs();
  }

  /** For how long no request has been open. */
  get idleMs(): number {
    return this.#connection.openRequestCount() > 0 ? 0 : this.#clock.nowMs() - this.#lastRequestMs;
  }

  ended(): void {
    this.#timer.cancel();
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#connection.openRequestCount() > 0) this.#lastRequestMs = nowMs;
    if (this.#closingMs !== undefined) {
      this.#connection.close();
      return;
    }
    if (nowMs >= this.#dueMs()) {
      this.#closingMs = nowMs;
      this.#connection.closeSoon();
    }
    this.#timer = this.#schedule();
  }

  #schedule(): Timer {
    const delayMs = Math.max(this.#dueMs() - this.#clock.nowMs(), tickMsMin);
    return this.#clock.after(delayMs, () => this.#tick());
  }

  #dueMs(): number {
    const { idleTimeoutMs, connectionAgeGraceMs } = this.#bounds;
    if (this.#closingMs !== undefined) return this.#closingMs + connectionAgeGraceMs;
    return Math.min(this.#agedMs, this.#lastRequestMs + idleTimeoutMs);
  }
}

// Keeps a configuration of tiny times from turning the timer into a busy loop.
const tickMsMin = 10;
