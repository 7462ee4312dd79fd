// The streams of one connection: those that are open, and what is still known of those that are
// not. A frame on a closed stream is an error or just late, which depends on how it was closed
// (RFC 9113 section 5.1).

import type { Http2Stream } from './http2-stream.ts';

export const StreamState = {
  /** Never used; its turn may come. */
  Idle: 1,
  Open: 2,
  /** We closed it before the peer had ended it: what was under way by then may still come. */
  Silenced: 3,
  /** Both sides have ended it, or it was passed over, or it is so long ago that nobody knows. */
  Closed: 4,
} as const;
export type StreamState = (typeof StreamState)[keyof typeof StreamState];

export class StreamTable {
  /** In order of their identifiers, and few: a Map would make itself anew every few streams. */
  readonly #open: Http2Stream[] = [];
  readonly #silenced: number[] = [];
  readonly #ended: number[] = [];
  #lastId = 0;
  #usedCount = 0;
  /** At the same time, in this period and in the one before. */
  #mostOpenCount = 0;
  #mostOpenCountBefore = 0;
  #periodStartMs = 0;

  get openCount(): number {
    return this.#open.length;
  }

  /** As many as this have been open at the same time, not longer ago than two periods. */
  mostOpenCount(nowMs: number): number {
    this.#turnPeriod(nowMs);
    return Math.max(this.#mostOpenCount, this.#mostOpenCountBefore);
  }

  /** The highest that the peer has used. */
  get lastId(): number {
    return this.#lastId;
  }

  /** How many the peer has used; it may pass over any number of identifiers. */
  get usedCount(): number {
    return this.#usedCount;
  }

  /** The peer has used this identifier; those below can be idle no more. */
  use(id: number): void {
    this.#lastId = id;
    this.#usedCount += 1;
  }

  add(stream: Http2Stream): void {
    this.#turnPeriod(stream.openedMs);
    this.#open.push(stream);
    this.#mostOpenCount = Math.max(this.#mostOpenCount, this.#open.length);
  }

  get(id: number): Http2Stream | undefined {
    // From the end: who is written to is mostly the newest.
    for (let at = this.#open.length - 1; at >= 0; at -= 1) {
      const stream = this.#open[at]!; // inside: at is below the length
      if (stream.id === id) return stream;
    }
    return undefined;
  }

  some(isSought: (stream: Http2Stream) => boolean): boolean {
    return this.#open.some(isSought);
  }

  /** A copy: what is done to one may close another. */
  open(): Http2Stream[] {
    return [...this.#open];
  }

  /** For an identifier that is not zero. Even ones are for servers to use, which we never do. */
  stateOf(id: number): StreamState {
    if (id > this.#lastId || id % 2 === 0) return StreamState.Idle;
    if (this.get(id) !== undefined) return StreamState.Open;
    return this.#silenced.includes(id) ? StreamState.Silenced : StreamState.Closed;
  }

  /** Whether the peer itself opened and ended it, as far back as we remember. */
  wasEnded(id: number): boolean {
    return this.#ended.includes(id);
  }

  close(stream: Http2Stream): void {
    const at = this.#open.indexOf(stream);
    if (at >= 0) this.#open.splice(at, 1);
    remember(stream.requestEnded ? this.#ended : this.#silenced, stream.id);
  }

  /** Refused before it was opened. */
  silence(id: number): void {
    remember(this.#silenced, id);
  }

  /** The peer has ended a stream that we had closed: nothing of it is under way any more. */
  endSilenced(id: number): void {
    this.#silenced.splice(this.#silenced.indexOf(id), 1);
    remember(this.#ended, id);
  }

  #turnPeriod(nowMs: number): void {
    const periods = Math.floor((nowMs - this.#periodStartMs) / mostOpenPeriodMs);
    if (periods < 1) return;
    this.#mostOpenCountBefore = periods === 1 ? this.#mostOpenCount : this.#open.length;
    this.#mostOpenCount = this.#open.length;
    this.#periodStartMs = nowMs;
  }
}

/** Longer than a client under load takes to come back with as many. */
const mostOpenPeriodMs = 10_000;

// Nothing of a stream comes more than a round trip after its end, and in that time a peer can not
// have opened more streams than this, by SETTINGS_MAX_CONCURRENT_STREAMS.
const rememberedMax = 512;

function remember(ids: number[], id: number): void {
  ids.push(id);
  if (ids.length > 2 * rememberedMax) ids.splice(0, rememberedMax);
}
