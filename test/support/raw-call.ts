// The answer to one call of RawHttp2Client, put together from its frames.

import { FrameFlag, FrameType } from '../../src/http2/frame-format.ts';
import { contentOf, type RawFrame } from './raw-frames.ts';

export interface RawAnswer {
  /** Encoded; empty when there were none. */
  readonly headers: Buffer;
  readonly body: Buffer;
  /** Encoded. */
  readonly trailers: Buffer | undefined;
  /** Of an RST_STREAM that came before the end of the answer. */
  readonly resetCode: number | undefined;
}

/** The answer to one call, put together. */
export class RawCall {
  readonly answer: Promise<RawAnswer>;
  #ended = false;
  readonly #settle: PromiseWithResolvers<RawAnswer>;
  readonly #blocks: Buffer[] = [];
  readonly #body: Buffer[] = [];
  #blockOpen = false;

  constructor() {
    this.#settle = Promise.withResolvers();
    this.answer = this.#settle.promise;
    this.answer.catch(() => {}); // whoever awaits it hears of it
  }

  /** True: it was the last frame of the stream. */
  receive(frame: RawFrame): boolean {
    const { type, flags } = frame;
    const payload = contentOf(frame);
    if (type === FrameType.RstStream) this.#end(payload.readUInt32BE(0));
    else if (type === FrameType.Data) this.#body.push(payload);
    else if (type === FrameType.Headers || type === FrameType.Continuation) {
      const before = this.#blockOpen ? this.#blocks.pop() : undefined;
      this.#blocks.push(before === undefined ? payload : Buffer.concat([before, payload]));
      this.#blockOpen = (flags & FrameFlag.EndHeaders) === 0;
    }
    const carriesEnd = type === FrameType.Data || type === FrameType.Headers;
    if (carriesEnd && (flags & FrameFlag.EndStream) !== 0) this.#ended = true;
    if (this.#ended && !this.#blockOpen) this.#end(undefined);
    return this.#ended && !this.#blockOpen;
  }

  lost(error: Error): void {
    this.#ended = true;
    this.#settle.reject(error);
  }

  #end(resetCode: number | undefined): void {
    this.#ended = true;
    this.#blockOpen = false;
    const [headers = Buffer.alloc(0), trailers] = this.#blocks;
    this.#settle.resolve({
      headers,
      body: Buffer.concat(this.#body),
      trailers,
      resetCode,
    });
  }
}
