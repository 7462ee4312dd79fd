// Sends answers as far as the peer's credit reaches (RFC 9113 section 6.9). Almost all of them are
// a few bytes and go at once; what does not fit waits here until the peer grants more.

import type { Clock } from '../clock.ts';
import {
  framePayloadSizeBytesMax,
  windowSizeBytesInitial,
  windowSizeBytesMax,
} from './frame-format.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Http2Stream, StreamAnswer } from './http2-stream.ts';

export class AnswerSender {
  readonly #writer: FrameWriter;
  readonly #clock: Clock;
  readonly #sent: (stream: Http2Stream) => void;
  /** In the order in which they began to wait. */
  readonly #blocked = new Set<Http2Stream>();
  #windowBytes = windowSizeBytesInitial;

  /** `sent` is called for every stream whose answer is complete. */
  constructor(writer: FrameWriter, clock: Clock, sent: (stream: Http2Stream) => void) {
    this.#writer = writer;
    this.#clock = clock;
    this.#sent = sent;
  }

  /** Answers that wait for credit. */
  get blockedCount(): number {
    return this.#blocked.size;
  }

  /** When the one that waits longest began to; Infinity when none waits. */
  get blockedSinceMs(): number {
    const [oldest] = this.#blocked;
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.blockedMs;
  }

  send(stream: Http2Stream, answer: StreamAnswer): void {
    stream.answer = answer;
    this.#writer.headers(stream.id, answer.headers, answer.body === undefined);
    if (answer.body === undefined) this.#sent(stream);
    else this.#sendBody(stream, answer.body, answer);
  }

  /** False: the window would be larger than a window can be. */
  grantConnection(sizeBytes: number): boolean {
    this.#windowBytes += sizeBytes;
    if (this.#windowBytes > windowSizeBytesMax) return false;
    this.#sendBlocked();
    return true;
  }

  /** False as above. Negative sizes come from SETTINGS. */
  grantStream(stream: Http2Stream, sizeBytes: number): boolean {
    stream.sendWindowBytes += sizeBytes;
    if (stream.sendWindowBytes > windowSizeBytesMax) return false;
    if (this.#blocked.has(stream)) this.#resume(stream);
    return true;
  }

  /** The stream is closed. */
  forget(stream: Http2Stream): void {
    if (this.#blocked.size > 0) this.#blocked.delete(stream);
  }

  #block(stream: Http2Stream): void {
    if (this.#blocked.has(stream)) return;
    stream.blockedMs = this.#clock.nowMs();
    this.#blocked.add(stream);
  }

  #sendBlocked(): void {
    for (const stream of this.#blocked) {
      if (this.#windowBytes <= 0) return;
      this.#resume(stream);
    }
  }

  #resume(stream: Http2Stream): void {
    const { answer } = stream;
    if (answer?.body !== undefined) this.#sendBody(stream, answer.body, answer);
  }

  #sendBody(stream: Http2Stream, body: Uint8Array, { trailers }: StreamAnswer): void {
    do {
      const leftBytes = body.length - stream.sentBytes;
      const sizeBytes = Math.min(
        leftBytes,
        framePayloadSizeBytesMax,
        Math.max(0, Math.min(stream.sendWindowBytes, this.#windowBytes)),
      );
      if (sizeBytes === 0 && leftBytes > 0) {
        this.#block(stream);
        return;
      }
      const part =
        sizeBytes === body.length
          ? body
          : body.subarray(stream.sentBytes, stream.sentBytes + sizeBytes);
      stream.sentBytes += sizeBytes;
      stream.sendWindowBytes -= sizeBytes;
      this.#windowBytes -= sizeBytes;
      const isLast = stream.sentBytes === body.length;
      this.#writer.data(stream.id, part, isLast && trailers === undefined);
    } while (stream.sentBytes < body.length);
    this.forget(stream);
    if (trailers !== undefined) this.#writer.headers(stream.id, trailers, true);
    this.#sent(stream);
  }
}
