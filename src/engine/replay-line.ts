// What a shard says to the replay thread, in order and never lost: what does not fit the ring waits
// here. It is bounded by the batches in flight, each of which says one thing for each consumer.

import type { Clock, Timer } from '../clock.ts';
import type { Doorbell } from '../memory/doorbell.ts';
import type { ThreadRing } from '../memory/thread-ring.ts';
import { type DoneKind, highWord, lowWord } from '../vault/hand-over.ts';

export interface ReplayLineParts {
  readonly clock: Clock;
  readonly ring: ThreadRing;
  readonly bell: Doorbell;
}

/** One record of the ring. */
export interface Done {
  readonly kind: DoneKind;
  /** Of the record `deliver` that it answers; 0 for what the shard sends of itself. */
  readonly token: number;
  readonly consumer: number;
  readonly entrySeq: number;
  readonly rejectedRecords: number;
  /** What the destination said; 0: not known. */
  readonly statusCode: number;
}

/** Nobody says when the ring has moved. */
const retryMs = 5;

export class ReplayLine {
  readonly #parts: ReplayLineParts;
  #waiting: Done[] = [];
  #retry: Timer | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: ReplayLineParts) {
    this.#parts = parts;
  }

  live(
    kind: typeof DoneKind.LiveSettled | typeof DoneKind.LiveReleased,
    consumer: number,
    entrySeq: number,
    rejectedRecords: number,
  ): void {
    this.say({ kind, token: 0, consumer, entrySeq, rejectedRecords, statusCode: 0 });
  }

  say(done: Done): void {
    if (this.#waiting.length > 0 || !this.#push(done)) {
      this.#waiting.push(done);
      this.#retry ??= this.#parts.clock.after(retryMs, () => this.#again());
    }
    this.#parts.bell.ring();
  }

  /** Resolves when everything is in the ring. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #push({ kind, token, consumer, entrySeq, rejectedRecords, statusCode }: Done): boolean {
    const [low, high] = [lowWord(entrySeq), highWord(entrySeq)];
    return this.#parts.ring.push(kind, token, consumer, low, high, rejectedRecords, statusCode);
  }

  #again(): void {
    this.#retry = undefined;
    const firstLeft = this.#waiting.findIndex((done) => !this.#push(done));
    this.#waiting = firstLeft === -1 ? [] : this.#waiting.slice(firstLeft);
    this.#parts.bell.ring();
    if (this.#waiting.length > 0) {
      this.#retry = this.#parts.clock.after(retryMs, () => this.#again());
    } else {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }
}
