// What one connection may owe its client in credit, worked out from what the handlers of its
// streams say and get, beside the books that the connection keeps itself.
//
//   target = max(0, 65,535 - held) + expected
//
// Outstanding credit above the target is a surplus: it appears only when a stream dies before all
// that was expected has come, and it only ever shrinks. Whoever grants one byte too much is found
// out at the next check.

import assert from 'node:assert/strict';
import { windowSizeBytesInitial } from '../../src/http2/frame-format.ts';
import { Http2Stream } from '../../src/http2/http2-stream.ts';
import type { AcceptStream, ServerStream } from '../../src/http2/server-stream.ts';
import { WatchedStream } from './watched-stream.ts';

export class CreditLedger {
  /** Those that are not closed. */
  readonly streams = new Set<WatchedStream>();
  readonly #outstandingBytes: () => number;
  #surplusBytes = 0;

  constructor(outstandingBytes: () => number) {
    this.#outstandingBytes = outstandingBytes;
  }

  get heldBytes(): number {
    return this.#sum((stream) => stream.heldBytes);
  }

  get expectedBytes(): number {
    return this.#sum((stream) => stream.expectedBytes);
  }

  /** The credit of a DATA frame is spent when it begins, whatever becomes of its bytes. */
  get targetBytes(): number {
    let keptBytes = 0;
    let promisedBytes = 0;
    for (const { heldBytes, expectedBytes, frameLeftBytes } of this.streams) {
      keptBytes += heldBytes + Math.max(0, frameLeftBytes - expectedBytes);
      promisedBytes += Math.max(0, expectedBytes - frameLeftBytes);
    }
    return Math.max(0, windowSizeBytesInitial - keptBytes) + promisedBytes;
  }

  get #overBytes(): number {
    return this.#outstandingBytes() - this.targetBytes;
  }

  /** Every stream goes through the ledger on its way to the receiver. */
  watch(accept: AcceptStream): AcceptStream {
    return (stream: ServerStream) => {
      assert.ok(stream instanceof Http2Stream);
      const watched = new WatchedStream(stream, this);
      this.streams.add(watched);
      watched.handler = accept(watched);
      return watched;
    };
  }

  check(): void {
    const overBytes = this.#overBytes;
    assert.ok(
      overBytes <= this.#surplusBytes,
      `${overBytes - this.#surplusBytes} too many granted`,
    );
    this.#surplusBytes = Math.max(0, Math.min(this.#surplusBytes, overBytes));
  }

  /** So much more surplus is in order. */
  allow(surplusBytes: number): void {
    this.#surplusBytes += surplusBytes;
  }

  /** The target is about to change in a way that credit cannot follow. */
  change(apply: () => void): void {
    this.check();
    apply();
    this.#surplusBytes = Math.max(0, this.#overBytes);
  }

  #sum(bytesOf: (stream: WatchedStream) => number): number {
    let sum = 0;
    for (const stream of this.streams) sum += bytesOf(stream);
    return sum;
  }
}
