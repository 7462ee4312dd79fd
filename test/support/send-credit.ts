// What an HTTP/2 client may send: RFC 9113 section 6.9.

import { windowSizeBytesInitial } from '../../src/http2/frame-format.ts';

export class SendCredit {
  #initialBytes = windowSizeBytesInitial;
  #connectionBytes = windowSizeBytesInitial;
  /** By stream: received credit less sent bytes, beyond the initial window. */
  readonly #streams = new Map<number, number>();
  #wanted: PromiseWithResolvers<void> | undefined;

  /** As much of `wantedBytes` as may be sent now, which then counts as sent. */
  take(streamId: number, wantedBytes: number): number {
    const offset = this.#streams.get(streamId) ?? 0;
    const size = Math.max(
      0,
      Math.min(wantedBytes, this.#connectionBytes, this.#initialBytes + offset),
    );
    this.#connectionBytes -= size;
    this.#streams.set(streamId, offset - size);
    return size;
  }

  add(streamId: number, sizeBytes: number): void {
    if (streamId === 0) this.#connectionBytes += sizeBytes;
    else this.#streams.set(streamId, (this.#streams.get(streamId) ?? 0) + sizeBytes);
    this.wake();
  }

  setInitial(sizeBytes: number): void {
    this.#initialBytes = sizeBytes;
    this.wake();
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
    this.wake();
  }

  /** Resolves when it is worth asking again. */
  more(): Promise<void> {
    this.#wanted ??= Promise.withResolvers<void>();
    return this.#wanted.promise;
  }

  wake(): void {
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }
}
