// A client for every way in which OTLP comes to the engine: gRPC, and HTTP/1.1 and HTTP/2 with
// protobuf or JSON. One connection each, kept: whoever asks sees whether it is still the first.

import { once } from 'node:events';
import http2 from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { testCertificates } from '../support/certificates.ts';
import { exportPath } from '../support/fake-server-stream.ts';

export const httpForms = [
  'HTTP/1.1 protobuf',
  'HTTP/1.1 JSON',
  'HTTP/2 protobuf',
  'HTTP/2 JSON',
] as const;
export const forms = ['gRPC', ...httpForms] as const;
export type Form = (typeof forms)[number];

export interface Ports {
  readonly grpc: number;
  readonly http: number;
}

/** What differs from a good request of the form. */
export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** HTTP/1.1: chunked. HTTP/2 never says a length. */
  readonly withoutLength?: boolean;
  /** The request is not ended. */
  readonly stalls?: boolean;
}

/** An answer as it came. */
export interface RawReply {
  readonly httpStatus: number;
  /** Header and trailer fields. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export class OtlpClient {
  readonly #ports: Ports;
  readonly #tls: ConnectionOptions;
  readonly #agent: Agent;
  readonly #sessions = new Map<number, http2.ClientHttp2Session>();
  /** Connections made until now, over all forms. */
  connectionCount = 0;

  static async create(ports: Ports): Promise<OtlpClient> {
    const { caPem, client } = await testCertificates();
    const pair = { cert: client.certPem, key: client.keyPem };
    return new OtlpClient(ports, { ca: caPem, ...pair, servername: 'localhost' });
  }

  private constructor(ports: Ports, tls: ConnectionOptions) {
    this.#ports = ports;
    this.#tls = tls;
    // Socket.setTimeout and friends are left alone: the engine decides when a connection ends.
    const options = { ...tls, keepAlive: true, maxSockets: 1, ALPNProtocols: ['http/1.1'] };
    this.#agent = new Agent(options as ConstructorParameters<typeof Agent>[0]); // `exactOptional`
  }

  /** Rejects when the connection or the stream ends without an answer. */
  exchange(form: Form, request: Request): Promise<RawReply> {
    if (form === 'gRPC') return this.#http2(this.#ports.grpc, exportPath, grpcHeaders, request);
    const headers = { 'content-type': contentTypeOf(form) };
    if (form.startsWith('HTTP/2')) {
      return this.#http2(this.#ports.http, logsPath, headers, request);
    }
    return this.#http1(headers, request);
  }

  /** A connection of its own for bytes that no library would send; reads until it ends. */
  async http1Bytes(bytes: string | Uint8Array): Promise<string> {
    const socket = await this.socket(this.#ports.http, ['http/1.1']);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.write(bytes);
    await once(socket, 'close');
    return text;
  }

  /** Without TLS, on a connection of its own, until that ends. */
  async plainBytes(port: number, bytes: string | Uint8Array): Promise<void> {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {}); // a reset is an end too
    socket.resume();
    socket.write(bytes);
    await once(socket, 'close');
  }

  async socket(port: number, alpn: string[], more: ConnectionOptions = {}): Promise<TLSSocket> {
    const options = { ...this.#tls, ...more, ALPNProtocols: alpn };
    const socket = connect({ host: '127.0.0.1', port, ...options });
    await once(socket, 'secureConnect');
    socket.on('error', () => {}); // 'close' follows
    return socket;
  }

  /** The code with which a connection fails that the engine should not take. */
  async alert(port: number, options: ConnectionOptions): Promise<string> {
    const all = { ALPNProtocols: ['h2'], ...this.#tls, ...options };
    const socket = connect({ host: '127.0.0.1', port, ...all });
    socket.resume();
    let code = 'none';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message;
    });
    await new Promise((resolve) => socket.on('close', resolve));
    return code;
  }

  close(): void {
    this.#agent.destroy();
    for (const session of this.#sessions.values()) session.destroy();
  }

  #http1(headers: Record<string, string>, request: Request): Promise<RawReply> {
    const { method = 'POST', path = logsPath, body = nothing, withoutLength, stalls } = request;
    const length = withoutLength === true ? {} : { 'content-length': String(body.length) };
    const answer = Promise.withResolvers<RawReply>();
    const sent = httpsRequest({
      ...{ host: '127.0.0.1', port: this.#ports.http, agent: this.#agent, method, path },
      headers: { ...headers, ...length, ...request.headers },
    });
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', answer.reject);
      response.on('end', () => {
        const fields = plain(response.headers);
        const httpStatus = response.statusCode ?? 0;
        answer.resolve({ httpStatus, fields, body: Buffer.concat(chunks) });
        if (stalls === true) sent.destroy();
      });
    });
    sent.on('socket', (socket) => {
      if (socket.connecting) this.connectionCount += 1;
    });
    sent.on('error', answer.reject);
    if (withoutLength === true || stalls === true) sent.write(body);
    if (stalls !== true) sent.end(withoutLength === true ? undefined : body);
    return answer.promise;
  }

  #http2(
    port: number,
    path: string,
    headers: Record<string, string>,
    request: Request,
  ): Promise<RawReply> {
    const { method = 'POST', body = nothing, stalls = false } = request;
    const session = this.session(port);
    const answer = Promise.withResolvers<RawReply>();
    const stream = session.request({
      ...headers,
      ':method': method,
      ':path': request.path ?? path,
      ...request.headers,
    });
    let fields: Record<string, string> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      fields = { ...fields, ...plain(received) };
    });
    stream.on('trailers', (received) => {
      fields = { ...fields, ...plain(received) };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', answer.reject);
    stream.on('close', () => {
      if (fields[':status'] === undefined) answer.reject(new Error('closed without an answer'));
      const httpStatus = Number(fields[':status']);
      answer.resolve({ httpStatus, fields, body: Buffer.concat(chunks) });
    });
    if (body.length > 0) stream.write(body);
    if (!stalls) stream.end();
    return answer.promise;
  }

  /** The connection that all calls of the port share. */
  session(port: number): http2.ClientHttp2Session {
    const known = this.#sessions.get(port);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    this.connectionCount += 1;
    const session = http2.connect(`https://127.0.0.1:${port}`, {
      ...this.#tls,
      maxSessionMemory: 1_024, // or the client itself refuses answers once it has 10 MB to send
    });
    session.on('error', () => {}); // the calls report it
    this.#sessions.set(port, session);
    return session;
  }
}

export function isJson(form: Form): boolean {
  return form.endsWith('JSON');
}

function contentTypeOf(form: Form): string {
  return isJson(form) ? 'application/json' : 'application/x-protobuf';
}

const grpcHeaders = { 'content-type': 'application/grpc', te: 'trailers' };
const logsPath = '/v1/logs';
const nothing = new Uint8Array(0);

function plain(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
