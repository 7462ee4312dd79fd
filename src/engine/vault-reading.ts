// One answer about the vault's files as its caller reads it: part by part, the next one only when
// the one before has left. Ends the thread that makes it as soon as nobody needs it any more: the
// caller has gone, takes nothing, or the engine needs its memory.

import { assert } from '../assert.ts';
import type { Clock, Timer } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { vaultAnswerMsMax, vaultPartMsMax } from '../limits.ts';
import type { FromVaultFiles } from './vault-files-messages.ts';

export interface FilesThread {
  /** A part has left for the caller. */
  taken(): void;
  /** Resolves when its memory is free, whether or not it was still at work. */
  end(): Promise<void>;
}

export interface FilesThreadListener {
  said(message: FromVaultFiles): void;
  /** Nothing comes any more. */
  died(cause: Error): void;
}

export interface VaultReadingParts {
  readonly clock: Clock;
  /** Of the call. */
  readonly signal: AbortSignal;
  /** In words, why no files may be read now; undefined: they may. */
  whyPaused(): string | undefined;
  start(listener: FilesThreadListener): FilesThread;
  /** Once, whatever ends it; from then on another question may be asked. */
  ended(threadEnded: Promise<void>): void;
}

const lookIntervalMs = 1_000;

export class VaultReading<Part> implements AsyncIterableIterator<Part> {
  readonly #parts: VaultReadingParts;
  readonly #thread: FilesThread;
  readonly #startedMs: number;
  #arrived: Part[] = [];
  #reader: PromiseWithResolvers<IteratorResult<Part>> | undefined;
  /** The reader has a part, and has not asked for the next one. */
  #isPartOut = false;
  #lastTakenMs: number;
  #isOver = false;
  /** What the reader has yet to be told. */
  #fault: { readonly error: unknown } | undefined;
  #timer: Timer;
  readonly #aborted = () => this.#end({ error: this.#parts.signal.reason });

  constructor(parts: VaultReadingParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock.nowMs();
    this.#lastTakenMs = this.#startedMs;
    this.#thread = parts.start({
      said: (message) => this.#said(message),
      died: (cause) => this.#end({ error: cause }),
    });
    this.#timer = this.#wait();
    parts.signal.addEventListener('abort', this.#aborted, { once: true });
    if (parts.signal.aborted) queueMicrotask(this.#aborted);
  }

  get ageMs(): number {
    return this.#parts.clock.nowMs() - this.#startedMs;
  }

  next(): Promise<IteratorResult<Part>> {
    assert(this.#reader === undefined, 'an answer has one reader');
    this.#lastTakenMs = this.#parts.clock.nowMs();
    if (this.#isPartOut) {
      this.#isPartOut = false;
      this.#thread.taken();
    }
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) return Promise.reject(fault.error);
    const part = this.#arrived.shift();
    if (part !== undefined) return Promise.resolve(this.#give(part));
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<Part>> {
    this.#end(undefined);
    this.#arrived = [];
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #said(message: FromVaultFiles): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'part':
        this.#take(message.part as Part); // of the kind that was asked for: vault-answer.ts
        break;
      case 'end':
        this.#end(undefined);
        break;
      case 'fault':
        this.#end({ error: new GopherShipError(message.code, message.message) });
        break;
    }
  }

  #take(part: Part): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#arrived.push(part);
    else reader.resolve(this.#give(part));
  }

  #give(value: Part): IteratorResult<Part> {
    this.#isPartOut = true;
    return { done: false, value };
  }

  #wait(): Timer {
    return this.#parts.clock.after(lookIntervalMs, () => {
      this.#timer = this.#wait();
      this.#look();
    });
  }

  #look(): void {
    const paused = this.#parts.whyPaused();
    if (paused !== undefined) {
      this.#end({ error: new GopherShipError('CONTROL_READS_PAUSED', paused) });
      return;
    }
    const restedMs = this.#parts.clock.nowMs() - this.#lastTakenMs;
    if (this.#reader === undefined && restedMs > vaultPartMsMax) {
      const text = `no part of the answer was taken for ${vaultPartMsMax / 1_000} s`;
      this.#end({ error: new GopherShipError('CONTROL_BUSY', text) });
    } else if (this.ageMs > vaultAnswerMsMax) {
      const text = `the answer is not out after ${vaultAnswerMsMax / 3_600_000} hours`;
      this.#end({ error: new GopherShipError('CONTROL_BUSY', text) });
    }
  }

  /** With a fault, the reader gets nothing of what it has not read. */
  #end(fault: { readonly error: unknown } | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#parts.signal.removeEventListener('abort', this.#aborted);
    this.#parts.ended(this.#thread.end());
    if (fault !== undefined) this.#arrived = [];
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) {
      this.#fault = fault;
    } else if (fault === undefined) {
      reader.resolve({ done: true, value: undefined });
    } else {
      // A reader that no longer waits for its answer must not end the process with it.
      reader.promise.catch(() => {});
      reader.reject(fault.error);
    }
  }
}
