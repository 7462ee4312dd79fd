// One watch of a client, as Connect reads it: value by value, the next one only when the one before
// has left. What is kept for a reader that is slow has a bound. It ends with the signal of its
// call, because a reader that is gone may never ask for the end.

import { ConnectError } from '@connectrpc/connect';
import { assert } from '../assert.ts';

export interface WatchStreamOptions<T> {
  /** Of the call: aborted when the client has gone, its deadline has passed, or all is told. */
  readonly signal: AbortSignal;
  /** What the reader gets before anything else; called once, if there is room for the watch. */
  first(): readonly T[];
  /** So many wait for the reader, apart from the first. */
  readonly unreadMax: number;
  /** Once, whatever ends it. */
  ended(): void;
}

export class WatchStream<T> implements AsyncIterableIterator<T> {
  readonly #options: WatchStreamOptions<T>;
  #unread: T[];
  /** Of the unread: the first ones, which have no part in the bound. */
  #firstCount: number;
  #reader: PromiseWithResolvers<IteratorResult<T>> | undefined;
  #isOpen = true;
  /** What the reader has yet to be told. */
  #fault: ConnectError | undefined;
  readonly #aborted = () => this.end(faultOf(this.#options.signal.reason));

  constructor(options: WatchStreamOptions<T>) {
    const { signal } = options;
    this.#options = options;
    this.#unread = [...options.first()];
    this.#firstCount = this.#unread.length;
    signal.addEventListener('abort', this.#aborted, { once: true });
    // No event comes any more; whoever makes the watch must have it before it ends.
    if (signal.aborted) queueMicrotask(this.#aborted);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The reader is not there for another value: its last one is still on the way. */
  get isBusy(): boolean {
    return this.#reader === undefined;
  }

  /** Values that are kept for the reader. */
  get unreadCount(): number {
    return this.#unread.length;
  }

  /** False: no room, or nobody reads any more. */
  push(value: T): boolean {
    if (!this.#isOpen) return false;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value });
      return true;
    }
    if (this.#unread.length - this.#firstCount >= this.#options.unreadMax) return false;
    this.#unread.push(value);
    return true;
  }

  /** The reader gets nothing of what it has not read. */
  end(fault?: ConnectError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#unread = [];
    this.#firstCount = 0;
    this.#options.signal.removeEventListener('abort', this.#aborted);
    this.#options.ended();
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) {
      this.#fault = fault;
    } else if (fault === undefined) {
      reader.resolve({ done: true, value: undefined });
    } else {
      // A reader that no longer waits for its answer must not end the process with it.
      reader.promise.catch(() => {});
      reader.reject(fault);
    }
  }

  next(): Promise<IteratorResult<T>> {
    assert(this.#reader === undefined, 'a watch has one reader');
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) return Promise.reject(fault);
    if (!this.#isOpen) return Promise.resolve({ done: true, value: undefined });
    if (this.#unread.length > 0) {
      this.#firstCount = Math.max(0, this.#firstCount - 1);
      const value = this.#unread.shift() as T; // there is one
      return Promise.resolve({ done: false, value });
    }
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A deadline or the end of the server; a client that has gone needs no word. */
function faultOf(reason: unknown): ConnectError | undefined {
  return reason instanceof ConnectError ? reason : undefined;
}
