// How long a connection may live: it is asked for a sign of life when it is silent, sent away
// politely when it is old or idle, and closed when it never spoke HTTP/2. One timer a connection,
// which looks at all of this when the first of it can come due.

import type { Clock, Timer } from '../clock.ts';

/** The part of the receiver's configuration that matters here. */
export interface LifeBounds {
  readonly connectionAgeMsMax: number;
  readonly connectionAgeGraceMs: number;
  readonly connectionIdleMsMax: number;
  /** Silence after which the peer is pinged. */
  readonly timeMs: number;
  /** Silence after the ping that ends the connection. */
  readonly timeoutMs: number;
}

export interface LivingConnection {
  /** Everything read so far, PING answers included. */
  bytesRead(): number;
  openStreamCount(): number;
  ping(): void;
  /** GOAWAY: calls under way finish, the peer opens a new connection for others. */
  closeGracefully(): void;
  destroy(): void;
}

/** From the end of the TLS handshake to the client's SETTINGS (RFC 9113 section 3.4). */
export const prefaceTimeoutMs = 10_000;

export class ConnectionLife {
  readonly #connection: LivingConnection;
  readonly #bounds: LifeBounds;
  readonly #clock: Clock;
  readonly #openedMs: number;
  readonly #agedMs: number;
  #prefaceReceived = false;
  #bytesRead = 0;
  /**
   * Seen at a tick, so up to one tick late: a silent peer is found after timeMs to twice timeMs.
   */
  #lastReadMs: number;
  #lastStreamMs: number;
  #pingedMs: number | undefined;
  #closingMs: number | undefined;
  #timer: Timer;

  /** `random` gives numbers in [0, 1): connections opened together shall not come back together. */
  constructor(
    connection: LivingConnection,
    bounds: LifeBounds,
    clock: Clock,
    random: () => number,
  ) {
    this.#connection = connection;
    this.#bounds = bounds;
    this.#clock = clock;
    this.#openedMs = clock.nowMs();
    this.#lastReadMs = this.#openedMs;
    this.#lastStreamMs = this.#openedMs;
    this.#agedMs = this.#openedMs + bounds.connectionAgeMsMax * (0.9 + 0.2 * random());
    this.#timer = this.#schedule(this.#openedMs);
  }

  prefaceReceived(): void {
    this.#prefaceReceived = true;
  }

  streamOpened(): void {
    this.#lastStreamMs = this.#clock.nowMs();
  }

  /** Somebody else has begun to close the connection; the grace time runs. */
  closing(): void {
    this.#closingMs ??= this.#clock.nowMs();
  }

  ended(): void {
    this.#timer.cancel();
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#look(nowMs);
    if (this.#mustEnd(nowMs)) {
      this.#connection.destroy();
      return;
    }
    if (this.#pingedMs === undefined && nowMs >= this.#lastReadMs + this.#bounds.timeMs) {
      this.#pingedMs = nowMs;
      this.#connection.ping();
    }
    if (this.#closingMs === undefined && nowMs >= Math.min(this.#agedMs, this.#idleMs())) {
      this.#closingMs = nowMs;
      this.#connection.closeGracefully();
    }
    this.#timer = this.#schedule(nowMs);
  }

  #look(nowMs: number): void {
    const bytesRead = this.#connection.bytesRead();
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#lastReadMs = nowMs;
      this.#pingedMs = undefined;
    }
    if (this.#connection.openStreamCount() > 0) this.#lastStreamMs = nowMs;
  }

  #mustEnd(nowMs: number): boolean {
    return nowMs >= this.#prefaceMs() || nowMs >= this.#silentMs() || nowMs >= this.#graceMs();
  }

  #schedule(nowMs: number): Timer {
    const dueMs = Math.min(
      this.#prefaceMs(),
      this.#pingedMs === undefined ? this.#lastReadMs + this.#bounds.timeMs : this.#silentMs(),
      this.#closingMs === undefined ? Math.min(this.#agedMs, this.#idleMs()) : this.#graceMs(),
    );
    return this.#clock.after(Math.max(dueMs - nowMs, tickMsMin), () => this.#tick());
  }

  #prefaceMs(): number {
    return this.#prefaceReceived ? Infinity : this.#openedMs + prefaceTimeoutMs;
  }

  #silentMs(): number {
    return this.#pingedMs === undefined ? Infinity : this.#pingedMs + this.#bounds.timeoutMs;
  }

  #graceMs(): number {
    const closingMs = this.#closingMs;
    return closingMs === undefined ? Infinity : closingMs + this.#bounds.connectionAgeGraceMs;
  }

  #idleMs(): number {
    return this.#lastStreamMs + this.#bounds.connectionIdleMsMax;
  }
}

// Keeps a configuration of tiny times from turning the timer into a busy loop.
const tickMsMin = 10;
