// An Http1Server behind a SecureListener, with a clock that tests move and a handler that does what
// the test says; and clients that send bytes as they are.

import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { decodeStatus } from '../../src/grpc/retry-info.ts';
import { FieldBlock } from '../../src/http2/field-block.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import type { ServerStream, StreamHandler } from '../../src/http2/server-stream.ts';
import { Http1Server, type Http1ServerOptions } from '../../src/ingester/http1-server.ts';
import { KiB } from '../../src/limits.ts';
import { peerIdentity } from '../../src/tls/peer-identity.ts';
import { ScriptedLanding } from './scripted-landing.ts';
import { closeOf, type DialOptions, SecurePort } from './secure-port.ts';

/** A request as the handler sees it. */
export class SeenRequest implements StreamHandler {
  readonly stream: ServerStream;
  readonly path: string;
  body = '';
  ended = false;
  closedCount = 0;
  /** What happens with the next part of the body, beside keeping it. */
  onData: (sizeBytes: number) => void = () => {};
  onEnd: () => void = () => {};

  constructor(stream: ServerStream) {
    this.stream = stream;
    this.path = stream.path;
  }

  data(source: Uint8Array, fromBytes: number, toBytes: number): void {
    this.body += Buffer.from(source.subarray(fromBytes, toBytes)).toString('latin1');
    this.onData(toBytes - fromBytes);
  }

  end(): void {
    this.ended = true;
    this.onEnd();
  }

  closed(): void {
    this.closedCount += 1;
  }

  answer(text: string, status = 200): void {
    const body = Buffer.from(text);
    const fields = new FieldBlock([
      [':status', String(status)],
      ['content-type', 'text/plain'],
      ['content-length', String(body.length)],
    ]);
    this.stream.respond(fields, body);
  }
}

export type Script = (request: SeenRequest) => void;

/** Answers with the path and the body when the request is complete. */
export const echo: Script = (request) => {
  request.onEnd = () => request.answer(`${request.path} ${request.body}`);
};

export async function openHttp1(
  context: TestContext,
  options: Partial<Http1ServerOptions> = {},
): Promise<Http1Port> {
  const port = await Http1Port.start(options);
  context.after(() => port.stop());
  return port;
}

export class Http1Port {
  readonly secure: SecurePort;
  readonly server: Http1Server;
  readonly requests: SeenRequest[] = [];
  readonly events: string[] = [];
  /** Of all connections, in sum. */
  unreadMs = 0;
  readonly landing = new ScriptedLanding(512 * KiB);
  readonly openRequests: OpenRequests;
  readonly sockets: TLSSocket[] = [];
  /** What a request that comes from now on does. */
  script: Script = echo;

  static async start(options: Partial<Http1ServerOptions> = {}): Promise<Http1Port> {
    let port: Http1Port | undefined;
    const secure = await SecurePort.start({
      alpnProtocols: ['h2', 'http/1.1'],
      secured: (socket, remoteAddress) => port?.serve(socket, remoteAddress),
    });
    port = new Http1Port(secure, options);
    return port;
  }

  private constructor(secure: SecurePort, options: Partial<Http1ServerOptions>) {
    this.secure = secure;
    this.openRequests = options.openRequests ?? new OpenRequests();
    this.server = new Http1Server({
      accept: (stream) => {
        const request = new SeenRequest(stream);
        this.requests.push(request);
        this.script(request);
        return request;
      },
      clock: secure.clock,
      random: () => 0.5,
      connectionAgeMsMax: 3_600_000,
      connectionAgeGraceMs: 30_000,
      idleTimeoutMs: 600_000,
      landing: this.landing,
      openRequests: this.openRequests,
      wasUnread: (forMs) => {
        this.unreadMs += forMs;
      },
      events: {
        refused: (code) => this.events.push(code),
        headersLate: () => this.events.push('headers late'),
        slowReader: () => this.events.push('slow reader'),
        tooManyRequests: (bound) => this.events.push(`too many requests: ${bound}`),
      },
      ...options,
    });
  }

  serve(socket: TLSSocket, remoteAddress: string): void {
    this.sockets.push(socket);
    const peerSubject = peerIdentity(socket)?.subject ?? '';
    this.server.serve(socket, { peerSubject, remoteAddress });
  }

  client(options: DialOptions = {}): Http1Client {
    return new Http1Client(this.secure.dial({ ALPNProtocols: ['http/1.1'], ...options }));
  }

  async stop(): Promise<void> {
    this.server.destroyAll();
    await this.secure.stop();
  }
}

export interface Http1Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Writes bytes, reads answers. */
export class Http1Client {
  readonly socket: TLSSocket;
  #text = '';
  readonly #answers: Http1Answer[] = [];
  #changed: () => void = () => {};
  isClosed = false;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#parse();
      this.#changed();
    });
    socket.once('close', () => {
      this.isClosed = true;
      this.#changed();
    });
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** The next answer in order; undefined when the connection closed without one. */
  async answer(): Promise<Http1Answer | undefined> {
    while (this.#answers.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.#answers.shift();
  }

  async status(): Promise<number | undefined> {
    return (await this.answer())?.status;
  }

  /** Status and code of an error answer. */
  async refusal(): Promise<string> {
    const answer = await this.answer();
    if (answer === undefined) return 'none';
    const { fields, body, status } = answer;
    const code = decodeStatus(Buffer.from(body, 'latin1'))?.message.split(':')[0];
    return `${status} ${code} ${fields['content-type']} ${fields.connection}`;
  }

  /** Resolves when the server has closed; what was answered and not asked for. */
  async closed(): Promise<Http1Answer[]> {
    await closeOf(this.socket);
    return this.#answers;
  }

  #parse(): void {
    for (;;) {
      const endOfHead = this.#text.indexOf('\r\n\r\n');
      if (endOfHead < 0) return;
      const [statusLine, ...lines] = this.#text.slice(0, endOfHead).split('\r\n');
      const fields = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const end = endOfHead + 4 + Number(fields['content-length'] ?? 0);
      if (this.#text.length < end) return;
      const body = this.#text.slice(endOfHead + 4, end);
      this.#text = this.#text.slice(end);
      this.#answers.push({ status: Number(statusLine?.split(' ')[1]), fields, body });
    }
  }
}

export function post(path: string, body: string, fields = ''): string {
  return `POST ${path} HTTP/1.1\r\nhost: a\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`;
}

/** Turns of the event loop until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
