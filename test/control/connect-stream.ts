// One call of the Connect protocol whose answer is a stream: messages in envelopes (a byte of
// flags, four of length, JSON), and an envelope at the end that says how it went.

import type { ClientHttp2Stream } from 'node:http2';
import type { JsonValue } from './control-client.ts';

const headSizeBytes = 5;
const endFlag = 2;

export interface StreamEnd {
  /** As `resource_exhausted`; `ok`; `cut` where the stream ended without saying how. */
  readonly code: string;
  readonly errorText: string;
}

export class ConnectStream {
  /** How it ended. */
  readonly ended: Promise<StreamEnd>;
  /** Messages that came, read or not. */
  receivedCount = 0;
  readonly #stream: ClientHttp2Stream;
  readonly #unread: JsonValue[] = [];
  #waiting: PromiseWithResolvers<JsonValue> | undefined;
  #bytes = Buffer.alloc(0);
  #end: StreamEnd | undefined;

  constructor(stream: ClientHttp2Stream, message: object) {
    this.#stream = stream;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    stream.on('error', () => {}); // 'close' follows
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('close', () => {
      const end = this.#end ?? { code: 'cut', errorText: `reset ${stream.rstCode}` };
      this.#end = end;
      this.#waiting?.reject(endedEarly(end));
      this.#waiting = undefined;
      resolve(end);
    });
    stream.end(envelope(message));
  }

  /** The next message; rejects when the stream ends before. One call at a time. */
  next(): Promise<JsonValue> {
    if (this.#unread.length > 0) return Promise.resolve(this.#unread.shift());
    if (this.#stream.closed && this.#end !== undefined) {
      return Promise.reject(endedEarly(this.#end));
    }
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** The first message, from the next one on, that matches. */
  async until(matches: (message: JsonValue) => boolean): Promise<JsonValue> {
    for (;;) {
      const message = await this.next();
      if (matches(message)) return message;
    }
  }

  /** The code that it ends with, or `ok` as soon as a message comes; then it is cancelled. */
  async outcome(): Promise<StreamEnd> {
    const first = this.next().then(
      () => ({ code: 'ok', errorText: '' }),
      () => this.ended,
    );
    const outcome = await first;
    this.cancel();
    return outcome;
  }

  cancel(): void {
    this.#stream.close(8); // CANCEL
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= headSizeBytes) {
      const endBytes = headSizeBytes + this.#bytes.readUInt32BE(1);
      if (this.#bytes.length < endBytes) return;
      const flags = this.#bytes.readUInt8(0);
      const parsed = JSON.parse(this.#bytes.toString('utf8', headSizeBytes, endBytes));
      this.#bytes = this.#bytes.subarray(endBytes);
      if ((flags & endFlag) !== 0) this.#end = streamEnd(parsed);
      else this.#deliver(parsed);
    }
  }

  #deliver(message: JsonValue): void {
    this.receivedCount += 1;
    if (this.#waiting === undefined) this.#unread.push(message);
    else this.#waiting.resolve(message);
    this.#waiting = undefined;
  }
}

function envelope(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(headSizeBytes);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

function streamEnd({ error }: JsonValue): StreamEnd {
  if (error === undefined) return { code: 'ok', errorText: '' };
  return { code: error.code, errorText: error.message ?? '' };
}

function endedEarly({ code, errorText }: StreamEnd): Error {
  return new Error(`the stream ended: ${code} ${errorText}`);
}
