// A stream without a network: what the ingester answers is recorded, what a client would send is
// fed in, as far as the client has credit. Checks that the handler keeps to the rules of the seam.

import { assert } from '../../src/assert.ts';
import type { FieldBlock } from '../../src/http2/field-block.ts';
import type {
  AcceptStream,
  ServerConnection,
  ServerStream,
  StreamHandler,
} from '../../src/http2/server-stream.ts';

export interface RecordedAnswer {
  /** Headers, then trailers. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface FakeRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connection?: ServerConnection;
  readonly headerListSizeBytes?: number;
  readonly headerFieldCount?: number;
}

export const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const fakeConnection: ServerConnection = { peerSubject: 'CN=fake', remoteAddress: '127.0.0.1' };

/** What a peer may send without anybody having memory for it. */
export const freeCreditBytes = 65_535;

export class FakeServerStream implements ServerStream {
  readonly connection: ServerConnection;
  readonly method: string;
  readonly path: string;
  readonly headerListSizeBytes: number;
  /** Tests move it on for other streams of the connection. */
  connectionBytes = 0;
  readonly isRead = true;
  readonly headerFieldCount: number;
  readonly answers: RecordedAnswer[] = [];
  /** The blocks and body of the answer, for who cares which objects they are. */
  answeredWith: readonly unknown[] = [];
  /** With the handler, and without memory of its own. */
  heldBytes = 0;
  /** What the handler still has memory for. */
  expectedBytes = 0;
  /** What expect() was called with, in order. */
  readonly expectations: number[] = [];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #handler: StreamHandler;
  /** What the client has no credit for yet. */
  readonly #unsent: (Uint8Array | 'end')[] = [];
  /** Of the chunk that is being delivered: what could still be held. */
  #holdableBytes = 0;
  #delivering = false;
  #closed = false;

  constructor(accept: AcceptStream, request: FakeRequest = {}) {
    this.connection = request.connection ?? fakeConnection;
    this.method = request.method ?? 'POST';
    this.path = request.path ?? exportPath;
    this.headerListSizeBytes = request.headerListSizeBytes ?? 300;
    this.headerFieldCount = request.headerFieldCount ?? 8;
    this.#headers = { 'content-type': 'application/grpc', te: 'trailers', ...request.headers };
    this.#handler = accept(this);
  }

  send(chunk: Uint8Array): void {
    assert(chunk.length > 0, 'the transport delivers no empty chunks');
    this.#unsent.push(chunk);
    this.#deliver();
  }

  end(): void {
    this.#unsent.push('end');
    this.#deliver();
  }

  /** The client resets the stream, or its connection ends; or everything is over. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.closed();
  }

  /** Until no byte more may come. */
  get creditBytes(): number {
    return this.expectedBytes + freeCreditBytes - this.heldBytes;
  }

  /** The client has sent all that it was told to. */
  get isSent(): boolean {
    return this.#unsent.length === 0;
  }

  get isOver(): boolean {
    return this.#closed || this.answers.length > 0;
  }

  get answer(): RecordedAnswer | undefined {
    return this.answers[0];
  }

  /** `grpc-status` and the code in `grpc-message`, or the HTTP status. */
  get outcome(): string {
    if (this.answer === undefined) return 'none';
    const { fields } = this.answer;
    const status = fields['grpc-status'];
    if (status === undefined) return `http ${fields[':status']}`;
    return `${status} ${fields['grpc-message']?.split(':')[0] ?? ''}`.trim();
  }

  header(name: string): string | undefined {
    return this.#headers[name];
  }

  hold(sizeBytes: number): boolean {
    assert(sizeBytes <= this.#holdableBytes, 'held more than was just delivered');
    this.#holdableBytes -= sizeBytes;
    this.heldBytes += sizeBytes;
    return true;
  }

  /** Like a transport that has bytes of the body already, it delivers them at once. */
  expect(sizeBytes: number): void {
    assert(!this.isOver, 'expects a body after its answer');
    assert(Number.isInteger(sizeBytes) && sizeBytes >= 0, 'expects no number of bytes');
    this.expectedBytes = sizeBytes;
    this.expectations.push(sizeBytes);
    this.heldBytes = 0;
    this.#deliver();
  }

  respond(headers: FieldBlock, body?: Uint8Array, trailers?: FieldBlock): void {
    const fields = [...headers.fields, ...(trailers?.fields ?? [])];
    this.answeredWith = [headers, body, trailers];
    this.answers.push({ fields: Object.fromEntries(fields), body });
  }

  reset(errorCode: number): void {
    this.answers.push({ fields: { reset: String(errorCode) }, body: undefined });
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.isOver && this.#unsent.length > 0 && this.#deliverNext());
    this.#delivering = false;
  }

  /** False: there is no credit. */
  #deliverNext(): boolean {
    const next = this.#unsent[0];
    if (next === undefined) return false;
    if (next === 'end') {
      this.#unsent.shift();
      this.#handler.end();
      return true;
    }
    const sizeBytes = Math.min(next.length, this.creditBytes);
    if (sizeBytes <= 0) return false;
    if (sizeBytes === next.length) this.#unsent.shift();
    else this.#unsent[0] = next.subarray(sizeBytes);
    this.expectedBytes = Math.max(0, this.expectedBytes - sizeBytes);
    this.#deliverPart(next.subarray(0, sizeBytes));
    return true;
  }

  /** Somewhere in a socket's buffer, which is overwritten once the call is over. */
  #deliverPart(part: Uint8Array): void {
    const source = Buffer.alloc(part.length + 20, 0xdd);
    source.set(part, 13);
    this.#holdableBytes = part.length;
    this.#handler.data(source, 13, 13 + part.length);
    this.#holdableBytes = 0;
    source.fill(0xee);
  }
}
