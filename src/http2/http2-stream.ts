// One stream: what is known of the request, what the peer may still send on it and we on it, and
// the handler that wants its body. The connection moves it from state to state.

import type { FieldBlock } from './field-block.ts';
import { RequestHead } from './request-head.ts';
import type { ServerConnection, ServerStream, StreamHandler } from './server-stream.ts';

/** What a stream asks of its connection. */
export interface StreamOwner {
  readonly identity: ServerConnection;
  readonly credit: { readonly receivedBytes: number };
  /** The connection is read. */
  readonly isRead: boolean;
  hold(stream: Http2Stream, sizeBytes: number): boolean;
  expect(stream: Http2Stream, sizeBytes: number): void;
  respond(stream: Http2Stream, answer: StreamAnswer): void;
  reset(stream: Http2Stream, errorCode: number): void;
}

export interface StreamAnswer {
  readonly headers: FieldBlock;
  readonly body: Uint8Array | undefined;
  readonly trailers: FieldBlock | undefined;
}

const noHead = new RequestHead();

export class Http2Stream implements ServerStream {
  readonly id: number;
  readonly openedMs: number;
  readonly contentLengthBytes: number | undefined;
  #head: RequestHead;
  /** Undefined only until the request was accepted. */
  handler: StreamHandler | undefined;
  /** END_STREAM was received. */
  requestEnded: boolean;
  /** When the answer began to wait for credit. */
  blockedMs = 0;
  /** respond() was called; the answer may still wait for credit. */
  answer: StreamAnswer | undefined;
  /** Of the answer's body. */
  sentBytes = 0;
  closed = false;

  /** The peer's credit on this stream, and ours. Ours can be negative (RFC 9113 section 6.9.2). */
  receiveWindowBytes: number;
  sendWindowBytes: number;
  /** Parts of the connection's sums in receive-credit.ts. */
  heldBytes = 0;
  promisedBytes = 0;
  /** The handler has said hold() and not expect() since. */
  waits = false;
  /** The handler has said expect() and not hold() since: it has memory for the message. */
  admitted = false;

  /** Of the body, whole frames as soon as they begin. */
  receivedBytes = 0;
  /** Of the DATA frame under way, not delivered yet. */
  frameLeftBytes = 0;
  /** How many of its last bytes nobody has promised room for. */
  frameUnpromisedBytes = 0;
  paddingBytes = 0;
  smallFrameCount = 0;

  readonly #owner: StreamOwner;

  constructor(
    owner: StreamOwner,
    id: number,
    head: RequestHead,
    openedMs: number,
    receiveWindowBytes: number,
    sendWindowBytes: number,
    requestEnded: boolean,
  ) {
    this.#owner = owner;
    this.id = id;
    this.#head = head;
    this.contentLengthBytes = head.contentLengthBytes;
    this.openedMs = openedMs;
    this.receiveWindowBytes = receiveWindowBytes;
    this.sendWindowBytes = sendWindowBytes;
    this.requestEnded = requestEnded;
  }

  get connection(): ServerConnection {
    return this.#owner.identity;
  }

  get method(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.path;
  }

  get headerFieldCount(): number {
    return this.#head.fieldCount;
  }

  get headerListSizeBytes(): number {
    return this.#head.listSizeBytes;
  }

  /**
   * The request was accepted, and nobody reads its fields any more: they can be many times as large
   * as the stream.
   */
  forgetHead(): void {
    this.#head = noHead;
  }

  get connectionBytes(): number {
    return this.#owner.credit.receivedBytes;
  }

  get isRead(): boolean {
    return this.#owner.isRead;
  }

  /** It has memory, and more of it is to come. */
  get isOnItsWay(): boolean {
    return this.admitted && !this.requestEnded && this.answer === undefined;
  }

  header(name: string): string | undefined {
    return this.#head.header(name);
  }

  hold(sizeBytes: number): boolean {
    return this.#owner.hold(this, sizeBytes);
  }

  expect(sizeBytes: number): void {
    this.#owner.expect(this, sizeBytes);
  }

  respond(headers: FieldBlock, body?: Uint8Array, trailers?: FieldBlock): void {
    this.#owner.respond(this, { headers, body, trailers });
  }

  reset(errorCode: number): void {
    this.#owner.reset(this, errorCode);
  }
}
