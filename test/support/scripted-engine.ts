// Something that listens like a control port and answers as a test says: HTTP/2 over mutual TLS,
// with everything that it was sent.

import {
  createSecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { EngineSession } from '../../src/ctl/engine-session.ts';
import { testCertificates } from './certificates.ts';

export interface EngineCall {
  /** With those that begin with a colon. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly stream: ServerHttp2Stream;
}

export interface ScriptedEngine {
  readonly port: number;
  readonly calls: readonly EngineCall[];
  /** What it does with a call from now on. */
  script: (call: EngineCall) => void;
  /** A connection as gs-ctl makes it. */
  connect: () => Promise<EngineSession>;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** @param port 0: any */
export async function startScriptedEngine(port = 0): Promise<ScriptedEngine> {
  const { caPem, server: own, client } = await testCertificates();
  const calls: EngineCall[] = [];
  const sessions = new Set<Http2Session>();
  const server = createSecureServer({
    ...{ ca: caPem, cert: own.certPem, key: own.keyPem, requestCert: true },
    minVersion: 'TLSv1.3',
  });
  const engine = {
    port: 0,
    calls,
    script: ({ stream }: EngineCall) => answerJson(stream, 200, {}),
    async connect() {
      const tls = { ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' };
      return new EngineSession('localhost', engine.port, { ...tls, ALPNProtocols: ['h2'] });
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const fields = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const call = { headers: Object.fromEntries(fields), body: Buffer.concat(chunks), stream };
    calls.push(call);
    engine.script(call);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  engine.port = (server.address() as AddressInfo).port; // it listens on TCP
  return engine;
}

export function answerJson(stream: ServerHttp2Stream, status: number, message: unknown): void {
  stream.respond({ ':status': status, 'content-type': 'application/json' });
  stream.end(JSON.stringify(message));
}

/** Begins an answer of messages. */
export function answerMessages(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/connect+json' });
}

/** @param flags 2: the end */
export function sendMessage(stream: ServerHttp2Stream, message: unknown, flags = 0): void {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(text.length, 1);
  stream.write(Buffer.concat([head, text]));
}
