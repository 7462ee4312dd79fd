// One request of node:http and its response as a ServerStream. Knows Node's peculiarities of both,
// so that nobody else has to; what concerns the connection it asks of its owner.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { assert } from '../assert.ts';
import type { FieldBlock } from '../http2/field-block.ts';
import type {
  AcceptStream,
  ServerConnection,
  ServerStream,
  StreamHandler,
} from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';
import { readBodyType } from './http-headers.ts';
import { forgetFields, forgetTrailers, type Http1Head, readHead, readPath } from './http1-head.ts';
import { type Refusal, refusalBlock, refusalBody } from './http1-refusal.ts';
import type { BodyType } from './ingest-call.ts';

export interface StreamOwner {
  readonly connection: ServerConnection;
  /** The connection is not read. */
  readonly isStopped: boolean;
  /**
   * The answer of this stream is about to be written. True: it says that the connection closes;
   * asked for with `mustClose`.
   */
  answering(stream: Http1Stream, mustClose: boolean): boolean;
  /** The body waits for memory. */
  holding(): void;
  /** It does not any more, or is complete, or is thrown away. */
  readingChanged(): void;
  /** The answer is written, or nobody waits for one any more. Once, last. */
  gone(stream: Http1Stream): void;
  destroy(): void;
}

export class Http1Stream implements ServerStream {
  readonly head: Http1Head;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #owner: StreamOwner;
  #handler: StreamHandler | undefined;
  #type: BodyType | undefined;
  #receivedBytes = 0;
  #continued = false;
  #answered = false;
  /** What the handler said last. */
  #memory: 'none' | 'holding' | 'admitted' = 'none';
  #refused = false;
  #gone = false;
  #answerSizeBytes = 0;

  constructor(request: IncomingMessage, response: ServerResponse, owner: StreamOwner) {
    this.#request = request;
    this.#response = response;
    this.#owner = owner;
    this.head = readHead(request);
    request.on('error', () => {}); // the socket's 'close' follows and ends the stream
    response.on('error', () => {});
    response.on('close', () => this.end());
    request.on('data', (chunk: Buffer) => this.#received(chunk));
    request.on('end', () => {
      forgetTrailers(request);
      if (!this.#answered && !this.#gone) this.#handler?.end();
      this.#owner.readingChanged();
    });
  }

  /** Gives the stream to `accept`, or says why not. */
  start(accept: AcceptStream, refused: Refusal | undefined): void {
    this.#type = readBodyType(this.header('content-type') ?? '');
    if (refused === undefined) this.#handler = accept(this);
    else this.refuse(refused);
    forgetFields(this.#request);
    if (this.#gone) this.#handler?.closed(); // it was reset before there was a handler
  }

  get connection(): ServerConnection {
    return this.#owner.connection;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get path(): string {
    return readPath(this.#request);
  }

  get headerFieldCount(): number {
    return this.head.fieldCount;
  }

  /** HTTP/1.1 sends one body after the other. */
  get connectionBytes(): number {
    return this.#receivedBytes;
  }

  get isRead(): boolean {
    return !this.#owner.isStopped;
  }

  get headerListSizeBytes(): number {
    return this.head.listSizeBytes;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Of an answer that is not written yet; 0 before there is one. */
  get unreadSizeBytes(): number {
    return this.#answerSizeBytes;
  }

  /** The whole request has been parsed. */
  get requestComplete(): boolean {
    return this.#request.complete;
  }

  /** The handler has memory for it, and it is not complete: others may wait for that memory. */
  get isOnItsWay(): boolean {
    return this.#memory === 'admitted' && !this.#answered && !this.requestComplete;
  }

  /** What came of it waits for memory. */
  get isHolding(): boolean {
    return this.#memory === 'holding' && !this.#answered && !this.#gone;
  }

  /** Bytes of the body that have not come; Infinity when nobody knows. */
  get restSizeBytes(): number {
    return this.requestComplete ? 0 : this.head.bodySizeBytes - this.#receivedBytes;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  hold(): boolean {
    this.#memory = 'holding';
    if (this.isHolding) this.#owner.holding();
    return true;
  }

  expect(): void {
    if (this.#answered || this.#gone) return;
    this.#memory = 'admitted';
    if (this.head.expectsContinue && !this.#continued && this.#receivedBytes === 0) {
      this.#continued = true;
      this.#response.writeContinue();
    }
    this.#owner.readingChanged();
  }

  respond({ fields }: FieldBlock, body?: Uint8Array, trailers?: FieldBlock): void {
    assert(trailers === undefined, 'an HTTP/1.1 answer with trailers');
    const [status, ...others] = fields;
    assert(status?.[0] === ':status', 'an answer starts with its status');
    if (this.#answered || this.#gone) return;
    this.#answered = true;
    const lines = others.flat();
    if (!others.some(([name]) => name === 'content-length')) {
      lines.push('content-length', String(body?.length ?? 0));
    }
    this.#answerSizeBytes = (body?.length ?? 0) + headSizeBytes;
    if (this.#owner.answering(this, this.#mustClose())) lines.push('connection', 'close');
    this.#response.sendDate = false;
    this.#response.writeHead(Number(status[1]), lines);
    this.#response.end(body);
    this.#owner.readingChanged(); // what still comes of the body is thrown away
  }

  /** HTTP/1.1 has no other way to take back a request. */
  reset(): void {
    this.#owner.destroy();
  }

  /** What came is no request after all; unless it has its answer already. */
  refuse(of: Refusal): void {
    const body = refusalBody(of, this.#type);
    this.#refused = true;
    this.respond(refusalBlock(of, body, this.#type), body);
  }

  /** The answer is written, or the connection is gone. */
  end(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#answerSizeBytes = 0;
    this.#handler?.closed();
    this.#owner.gone(this);
  }

  #received(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (!this.#answered && !this.#gone) this.#handler?.data(chunk, 0, chunk.length);
  }

  /**
   * A client that waits for its 100 may or may not send the body after this answer, so what comes
   * next on the connection cannot be told. A long rest is not worth reading.
   */
  #mustClose(): boolean {
    if (this.#refused) return true;
    if (this.requestComplete) return false;
    const waits = this.head.expectsContinue && !this.#continued;
    return waits || this.restSizeBytes > discardSizeBytesMax;
  }
}

/** What is left of a body after its answer is read up to this, to keep the connection. */
const discardSizeBytesMax = 64 * KiB;

/** Status line and fields, about. */
const headSizeBytes = 150;
