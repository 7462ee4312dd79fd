// How long a connection may live: it is asked for a sign of life when it is silent, sent away
// politely when it is old or idle, and told when it does not do in time what it has to. One timer a
// connection, which looks at all of this when the first of it can come due.

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

/** What a peer has to do in time. */
export const Deadline = {
  /** From the end of the TLS handshake to the client's SETTINGS (RFC 9113 section 3.4). */
  Preface: 1,
  /** To acknowledge our SETTINGS. */
  SettingsAck: 2,
  /** To complete a header block that it has begun, or a frame other than DATA. */
  HeaderBlock: 3,
  /** To read answers, once many wait. */
  SlowReader: 4,
} as const;
export type Deadline = (typeof Deadline)[keyof typeof Deadline];

export interface LivingConnection {
  /** Everything read so far, PING answers included. */
  bytesRead(): number;
  openStreamCount(): number;
  ping(): void;
  /** GOAWAY: calls under way finish, the peer opens a new connection for others. */
  closeGracefully(): void;
  destroy(): void;
  /** Called once for each expect() that was not followed by met() in time. */
  overdue(deadline: Deadline): void;
}

export class ConnectionLife {
  readonly #connection: LivingConnection;
  readonly #bounds: LifeBounds;
  readonly #clock: Clock;
  readonly #agedMs: number;
  readonly #deadlinesMs = new Map<Deadline, number>();
  #bytesRead = 0;
  /**
   * Seen at a tick, so up to one tick late: a silent peer is found after timeMs to twice timeMs.
   */
  #lastReadMs: number;
  #lastStreamMs: number;
  #pingedMs: number | undefined;
  #closingMs: number | undefined;
  /** Since when nothing is read. */
  #stoppedMs: number | undefined;
  #ended = false;
  #timer: Timer;
  #tickMs = 0;

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
    const nowMs = clock.nowMs();
    this.#lastReadMs = nowMs;
    this.#lastStreamMs = nowMs;
    this.#agedMs = nowMs + bounds.connectionAgeMsMax * (0.9 + 0.2 * random());
    this.#timer = this.#schedule(nowMs);
  }

  /** Nothing changes when it is expected already. */
  expect(deadline: Deadline, withinMs: number): void {
    if (this.#deadlinesMs.has(deadline)) return;
    const nowMs = this.#clock.nowMs();
    this.#deadlinesMs.set(deadline, nowMs + withinMs);
    if (this.#tickMs <= nowMs + withinMs) return; // and looks again at everything
    this.#timer.cancel();
    this.#timer = this.#schedule(nowMs);
  }

  met(deadline: Deadline): void {
    this.#deadlinesMs.delete(deadline);
  }

  /** We do not read for now. What the peer has to send is not due until we have read on. */
  readingStopped(): void {
    this.#stoppedMs ??= this.#clock.nowMs();
  }

  /** For how long we had not read. */
  readingResumed(): number {
    if (this.#stoppedMs === undefined) return 0;
    const nowMs = this.#clock.nowMs();
    const stoppedForMs = nowMs - this.#stoppedMs;
    this.#stoppedMs = undefined;
    for (const [deadline, dueMs] of this.#deadlinesMs) {
      if (isSent(deadline)) this.#deadlinesMs.set(deadline, dueMs + stoppedForMs);
    }
    if (this.#deadlinesMs.size > 0 && !this.#ended) {
      this.#timer.cancel();
      this.#timer = this.#schedule(nowMs);
    }
    return stoppedForMs;
  }

  streamOpened(): void {
    this.#lastStreamMs = this.#clock.nowMs();
  }

  streamClosed(): void {
    if (this.#connection.openStreamCount() === 0) this.#lastStreamMs = this.#clock.nowMs();
  }

  /** For how long no stream has been open. */
  get idleMs(): number {
    return this.#connection.openStreamCount() > 0 ? 0 : this.#clock.nowMs() - this.#lastStreamMs;
  }

  /** Somebody else has begun to close the connection; the grace time runs. */
  closing(): void {
    this.#closingMs ??= this.#clock.nowMs();
  }

  ended(): void {
    this.#ended = true;
    this.#timer.cancel();
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#look(nowMs);
    for (const [deadline, dueMs] of this.#deadlinesMs) {
      if (nowMs < dueMs || !this.#runs(deadline)) continue;
      this.#deadlinesMs.delete(deadline);
      this.#connection.overdue(deadline);
    }
    if (this.#ended) return;
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
    if (bytesRead !== this.#bytesRead || this.#stoppedMs !== undefined) {
      this.#bytesRead = bytesRead;
      this.#lastReadMs = nowMs;
      this.#pingedMs = undefined;
    }
    if (this.#connection.openStreamCount() > 0) this.#lastStreamMs = nowMs;
  }

  #mustEnd(nowMs: number): boolean {
    return nowMs >= this.#silentMs() || nowMs >= this.#graceMs();
  }

  #schedule(nowMs: number): Timer {
    let deadlineMs = Infinity;
    for (const [deadline, dueMs] of this.#deadlinesMs) {
      if (this.#runs(deadline)) deadlineMs = Math.min(deadlineMs, dueMs);
    }
    const dueMs = Math.min(
      deadlineMs,
      this.#pingedMs === undefined ? this.#lastReadMs + this.#bounds.timeMs : this.#silentMs(),
      this.#closingMs === undefined ? Math.min(this.#agedMs, this.#idleMs()) : this.#graceMs(),
    );
    this.#tickMs = Math.max(dueMs, nowMs + tickMsMin);
    return this.#clock.after(this.#tickMs - nowMs, () => this.#tick());
  }

  #runs(deadline: Deadline): boolean {
    return this.#stoppedMs === undefined || !isSent(deadline);
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

/** What is due from the peer is either to send something or to read something. */
function isSent(deadline: Deadline): boolean {
  return deadline !== Deadline.SlowReader;
}
