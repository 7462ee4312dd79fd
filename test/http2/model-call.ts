// One call of a model client: what it still has to send, and what became of it.

import assert from 'node:assert/strict';
import { Http2Error } from '../../src/http2/frame-format.ts';
import { streamWindowSizeBytes } from '../../src/http2/stream-window.ts';

export interface ModelRequest {
  readonly headers: Uint8Array;
  /** As it goes over the wire. */
  readonly body: Buffer;
  /** What the engine should get. */
  readonly message: Buffer;
  readonly isCompressed: boolean;
  /** END_STREAM comes in a frame of its own. */
  readonly endsApart: boolean;
  /** RST_STREAM as soon as the stream has got credit of its own. */
  readonly cancelsAtGrant: boolean;
}

export class ModelCall {
  readonly id: number;
  readonly request: ModelRequest;
  windowBytes: number = streamWindowSizeBytes;
  sentBytes = 0;
  /** END_STREAM was sent. */
  hasEnded = false;
  isCancelled = false;
  isCutOff = false;
  #isOver = false;
  #fields = new Map<string, string>();

  constructor(id: number, request: ModelRequest) {
    this.id = id;
    this.request = request;
  }

  get restBytes(): number {
    return this.request.body.length - this.sentBytes;
  }

  get isOver(): boolean {
    return this.#isOver || this.isCancelled;
  }

  get isOk(): boolean {
    const grpcStatus = this.#fields.get('grpc-status');
    return grpcStatus === undefined ? this.#fields.get(':status') === '200' : grpcStatus === '0';
  }

  take(sizeBytes: number): Buffer {
    const part = this.request.body.subarray(this.sentBytes, this.sentBytes + sizeBytes);
    this.sentBytes += part.length;
    this.windowBytes -= part.length;
    return part;
  }

  answered(fields: readonly (readonly [string, string])[], ends: boolean): void {
    for (const [name, value] of fields) this.#fields.set(name, value);
    if (!ends) return;
    this.#isOver = true;
    if (!this.isCutOff && !this.isCancelled) this.#checkAnswer();
  }

  reset(errorCode: number): void {
    const isPolite = errorCode === Http2Error.NoError && this.#isOver;
    const isDeserved = errorCode === Http2Error.ProtocolError && this.isCutOff;
    assert.ok(isPolite || isDeserved || this.isCancelled, `RST_STREAM ${errorCode}`);
    this.#isOver = true;
  }

  /** Success, or what a producer sends again. */
  #checkAnswer(): void {
    const grpcStatus = this.#fields.get('grpc-status');
    if (grpcStatus === undefined) {
      const status = this.#fields.get(':status');
      const isRetryable = status === '503' && this.#fields.has('retry-after');
      assert.ok(status === '200' || isRetryable, JSON.stringify([...this.#fields]));
      return;
    }
    const isRetryable = ['4', '14'].includes(grpcStatus);
    const saysWhen = this.#fields.has('grpc-status-details-bin');
    assert.ok(grpcStatus === '0' || (isRetryable && saysWhen), JSON.stringify([...this.#fields]));
  }
}
