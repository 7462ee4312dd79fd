// A client of the control port that owes nothing to the libraries behind it: plain requests over
// HTTP/1.1 and HTTP/2, and the Connect protocol in JSON, written by hand
// (connectrpc.com/docs/protocol).

import http2 from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from '../support/certificates.ts';
import { ConnectStream } from './connect-stream.ts';

export interface PlainReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `bytes` as text. */
  readonly body: string;
  readonly bytes: Buffer;
}

export interface PlainRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The message, or what the error says. */
export interface ConnectReply {
  readonly status: number;
  /** Of the protocol, as `permission_denied`; `ok`. */
  readonly code: string;
  readonly errorText: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
  readonly message: JsonValue;
}

/** As it was parsed: what is in it, tests find out by comparing. */
export type JsonValue = ReturnType<typeof JSON.parse>;

export interface SessionOptions {
  /** Credit that each stream gets at once. */
  readonly windowSizeBytes?: number;
}

export const controlPath = '/gophership.control.v1.ControlService';

/** A peer that says nothing for so long ends the test with an error. */
const silenceMsMax = 12_000;

export async function tlsOf(pair: PemPair): Promise<ConnectionOptions> {
  const { caPem } = await testCertificates();
  return { ca: caPem, cert: pair.certPem, key: pair.keyPem, servername: 'localhost' };
}

/** One request on an HTTP/1.1 connection of its own. */
export async function requestHttp1(
  port: number,
  pair: PemPair,
  { method = 'GET', path, headers = {}, body }: PlainRequest,
): Promise<PlainReply> {
  const tls = await tlsOf(pair);
  const { promise, resolve, reject } = Promise.withResolvers<PlainReply>();
  const request = httpsRequest(
    { host: '127.0.0.1', port, path, method, headers, ...tls, agent: false },
    async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(plainReply(response.statusCode ?? 0, response.headers, chunks));
    },
  );
  request.setTimeout(silenceMsMax, () => request.destroy(new Error('the control port is silent')));
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** One HTTP/2 connection. */
export class ControlClient {
  readonly session: http2.ClientHttp2Session;

  static async connect(
    port: number,
    pair: PemPair,
    { windowSizeBytes }: SessionOptions = {},
  ): Promise<ControlClient> {
    const settings = windowSizeBytes === undefined ? {} : { initialWindowSize: windowSizeBytes };
    const tls = await tlsOf(pair);
    const session = http2.connect(`https://127.0.0.1:${port}`, { ...tls, settings });
    session.on('error', () => {}); // each stream reports it
    session.setTimeout(silenceMsMax, () =>
      session.destroy(new Error('the control port is silent')),
    );
    return new ControlClient(session);
  }

  private constructor(session: http2.ClientHttp2Session) {
    this.session = session;
  }

  async request({ method = 'GET', path, headers = {}, body }: PlainRequest): Promise<PlainReply> {
    const stream = this.session.request({ ':method': method, ':path': path, ...headers });
    const { promise, resolve, reject } = Promise.withResolvers<PlainReply>();
    stream.on('error', reject);
    let fields: Record<string, string> = {};
    stream.on('response', (received) => {
      fields = plainHeaders(received);
    });
    stream.on('trailers', (received) => {
      fields = { ...fields, ...plainHeaders(received) };
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const settle = () => {
      const status = Number(fields[':status'] ?? 0);
      if (status === 0) reject(new Error(`no answer, reset ${stream.rstCode}`));
      else resolve(plainReply(status, fields, chunks));
    };
    // An answer may be whole before the request is; nobody takes the rest of that one.
    stream.on('end', () => {
      settle();
      stream.close();
    });
    stream.on('close', settle);
    stream.end(body);
    return promise;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<PlainReply> {
    return this.request({ path, headers });
  }

  /** A unary procedure; `path` where it is not one of ours. */
  async call(procedure: string, message: object = {}, path = controlPath): Promise<ConnectReply> {
    const reply = await this.request({
      method: 'POST',
      path: `${path}/${procedure}`,
      headers: { 'content-type': 'application/json', 'connect-protocol-version': '1' },
      body: JSON.stringify(message),
    });
    return connectReply(reply);
  }

  /** A procedure that streams. */
  watch(procedure: string, message: object = {}, path = controlPath): ConnectStream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': `${path}/${procedure}`,
      'content-type': 'application/connect+json',
      'connect-protocol-version': '1',
    });
    return new ConnectStream(stream, message);
  }

  close(): void {
    this.session.destroy();
  }
}

export function connectReply({ status, headers, body }: PlainReply): ConnectReply {
  const isJson = headers['content-type']?.startsWith('application/json') ?? false;
  const parsed = isJson ? JSON.parse(body) : {};
  if (status === 200) {
    return { status, code: isJson ? 'ok' : 'no JSON', errorText: '', details: [], message: parsed };
  }
  const { code = `http ${status}`, message: errorText = body, details = [] } = parsed;
  return { status, code, errorText, details, message: {} };
}

function plainReply(status: number, headers: object, chunks: readonly Buffer[]): PlainReply {
  const bytes = Buffer.concat(chunks);
  return { status, headers: plainHeaders(headers), body: bytes.toString(), bytes };
}

function plainHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
