// One stream between its connection and its handler: passes everything on, and keeps count of what
// the handler holds and expects.

import assert from 'node:assert/strict';
import type { FieldBlock } from '../../src/http2/field-block.ts';
import type { Http2Stream } from '../../src/http2/http2-stream.ts';
import type {
  ServerConnection,
  ServerStream,
  StreamHandler,
} from '../../src/http2/server-stream.ts';

export interface StreamLedger {
  readonly streams: Set<WatchedStream>;
  check(): void;
  allow(surplusBytes: number): void;
  change(apply: () => void): void;
}

export class WatchedStream implements ServerStream, StreamHandler {
  handler: StreamHandler | undefined;
  heldBytes = 0;
  /** Said with expect(), and not delivered since. */
  expectedBytes = 0;
  deliveredBytes = 0;
  requestEnded = false;
  isAnswered = false;
  readonly #stream: Http2Stream;
  /** Of what was delivered last. */
  #unexpectedPartBytes = 0;
  readonly #ledger: StreamLedger;

  constructor(stream: Http2Stream, ledger: StreamLedger) {
    this.#stream = stream;
    this.#ledger = ledger;
  }

  get isRead(): boolean {
    return this.#stream.isRead;
  }

  /** Of the DATA frame under way, as far as anybody wants it. */
  get frameLeftBytes(): number {
    return this.isAnswered ? 0 : this.#stream.frameLeftBytes;
  }

  get id(): number {
    return this.#stream.id;
  }

  // ServerStream

  get connection(): ServerConnection {
    return this.#stream.connection;
  }

  get method(): string {
    return this.#stream.method;
  }

  get connectionBytes(): number {
    return this.#stream.connectionBytes;
  }

  get path(): string {
    return this.#stream.path;
  }

  get headerFieldCount(): number {
    return this.#stream.headerFieldCount;
  }

  get headerListSizeBytes(): number {
    return this.#stream.headerListSizeBytes;
  }

  header(name: string): string | undefined {
    return this.#stream.header(name);
  }

  hold(sizeBytes: number): boolean {
    // The byte with which a message of unknown length asks for a longer slab was expected, and has
    // to be held when there is none.
    const brokenBytes = Math.max(0, sizeBytes - this.#unexpectedPartBytes);
    assert.ok(brokenBytes <= 1, 'held what there was room for');
    if (!this.#stream.hold(sizeBytes)) return false;
    if (!this.isAnswered) {
      this.heldBytes += sizeBytes;
      this.#ledger.allow(brokenBytes);
    }
    return true;
  }

  expect(sizeBytes: number): void {
    if (!this.isAnswered) this.#owe(this.requestEnded ? 0 : sizeBytes);
    this.#stream.expect(sizeBytes);
  }

  respond(headers: FieldBlock, body?: Uint8Array, trailers?: FieldBlock): void {
    assert.equal(this.isAnswered, false, 'answered twice');
    this.isAnswered = true;
    this.#owe(0);
    this.#stream.respond(headers, body, trailers);
  }

  reset(errorCode: number): void {
    this.#stream.reset(errorCode);
  }

  // StreamHandler

  data(source: Uint8Array, fromBytes: number, toBytes: number): void {
    const sizeBytes = toBytes - fromBytes;
    this.deliveredBytes += sizeBytes;
    const expectedPartBytes = Math.min(this.expectedBytes, sizeBytes);
    this.#unexpectedPartBytes = sizeBytes - expectedPartBytes;
    this.expectedBytes -= expectedPartBytes;
    this.handler?.data(source, fromBytes, toBytes);
    this.#ledger.check();
  }

  end(): void {
    this.requestEnded = true;
    const { heldBytes } = this;
    this.#ledger.change(() => {
      this.expectedBytes = 0; // what is held stays so
    });
    assert.equal(this.heldBytes, heldBytes);
    this.handler?.end();
  }

  closed(): void {
    this.#owe(0);
    this.#ledger.streams.delete(this);
    this.handler?.closed();
  }

  /** Nothing is held any more. */
  #owe(expectedBytes: number): void {
    this.#ledger.change(() => {
      this.heldBytes = 0;
      this.expectedBytes = expectedBytes;
    });
  }
}
