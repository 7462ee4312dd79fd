// A request that its headers alone refuse. A short body is read to its end before the answer goes
// out: then the answer ends the exchange, nothing has to be reset, and what is wrong with the rest
// of the request is still noticed. Who waits for an answer first, or sends much, is answered at
// once.

import { type ErrorCode, errorTable } from '../errors.ts';
import type { ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { streamWindowSizeBytes } from '../http2/stream-window.ts';
import { type CallWatch, WatchedCall } from './call-watch.ts';

export class RefusedCall extends WatchedCall implements StreamHandler {
  readonly #watch: CallWatch;
  #answer: ((message: string) => void) | undefined;
  #message: string;
  #receivedBytes = 0;
  #untilMs: number | undefined;

  /**
   * `answer` is called once, unless the stream is gone before; at once for a code that is no fault
   * of the request.
   */
  constructor(
    watch: CallWatch,
    stream: ServerStream,
    code: ErrorCode,
    message: string,
    answer: (message: string) => void,
  ) {
    super();
    this.#watch = watch;
    this.#answer = answer;
    this.#message = message;
    const lengthBytes = Number(stream.header('content-length') ?? 0);
    const isUrgent = errorTable[code].retryable || stream.header('expect') !== undefined;
    if (isUrgent || !(lengthBytes <= readSizeBytesMax)) {
      this.#finish();
    } else {
      // It can be as long as the header list that it quotes. (slice() alone would keep all of
      // that.)
      this.#message = Buffer.from(message.slice(0, messageMax)).toString();
      watch.watch(this);
    }
  }

  data(_source: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#receivedBytes += toBytes - fromBytes;
    if (this.#receivedBytes >= readSizeBytesMax) this.#finish();
  }

  end(): void {
    this.#finish();
  }

  closed(): void {
    this.#answer = undefined;
    this.#watch.unwatch(this);
  }

  override check(nowMs: number): void {
    this.#untilMs ??= nowMs + waitMsMax;
    if (nowMs >= this.#untilMs) this.#finish();
  }

  override giveUp(): void {
    this.#finish();
  }

  #finish(): void {
    const answer = this.#answer;
    this.closed();
    answer?.(this.#message);
  }
}

// The credit that every stream has from the start, since none is granted here.
const readSizeBytesMax = streamWindowSizeBytes;
const waitMsMax = 1_000;
const messageMax = 256; // more than an answer takes
