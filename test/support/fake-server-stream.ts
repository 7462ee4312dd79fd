// A stream without a network: what the ingester answers is recorded, what a client would send is
// fed in.

import { assert } from '../../src/assert.ts';
import type {
  AcceptStream,
  HeaderFields,
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
}

export const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const fakeConnection: ServerConnection = { peerSubject: 'CN=fake', remoteAddress: '127.0.0.1' };

export class FakeServerStream implements ServerStream {
  readonly connection: ServerConnection;
  readonly method: string;
  readonly path: string;
  readonly headerListSizeBytes: number;
  readonly answers: RecordedAnswer[] = [];
  paused = false;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #handler: StreamHandler;
  readonly #held: (Uint8Array | 'end')[] = [];
  #closed = false;

  constructor(accept: AcceptStream, request: FakeRequest = {}) {
    this.connection = request.connection ?? fakeConnection;
    this.method = request.method ?? 'POST';
    this.path = request.path ?? exportPath;
    this.headerListSizeBytes = request.headerListSizeBytes ?? 300;
    this.#headers = { 'content-type': 'application/grpc', te: 'trailers', ...request.headers };
    this.#handler = accept(this);
  }

  /** Like a socket's buffer, the chunk is overwritten once the call is over. */
  send(chunk: Uint8Array): void {
    this.#deliver(Buffer.from(chunk));
  }

  end(): void {
    this.#deliver('end');
  }

  /** The client resets the stream, or its connection ends; or everything is over. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.closed();
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

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    while (!this.paused) {
      const held = this.#held.shift();
      if (held === undefined) return;
      this.#deliver(held);
    }
  }

  respondHeadersOnly(fields: HeaderFields): void {
    this.answers.push({ fields: Object.fromEntries(fields), body: undefined });
  }

  respond(fields: HeaderFields, body: Uint8Array, trailers: HeaderFields = []): void {
    this.answers.push({ fields: Object.fromEntries([...fields, ...trailers]), body });
  }

  reset(errorCode: number): void {
    this.answers.push({ fields: { reset: String(errorCode) }, body: undefined });
  }

  #deliver(piece: Uint8Array | 'end'): void {
    if (this.#closed || this.answers.length > 0) return;
    if (this.paused) {
      this.#held.push(piece);
      return;
    }
    if (piece === 'end') {
      this.#handler.end();
      return;
    }
    assert(piece.length > 0, 'the transport delivers no empty chunks');
    this.#handler.data(piece);
    piece.fill(0xee);
  }
}
