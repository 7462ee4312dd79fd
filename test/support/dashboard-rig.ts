// A dashboard over an engine that a test scripts, and requests to it as a browser, or somebody who
// is none, may send them: byte by byte if need be.

import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { DashboardServer } from '../../src/ctl/dashboard/dashboard-server.ts';
import { EngineLink } from '../../src/ctl/dashboard/engine-link.ts';
import { pageFile } from '../../src/ctl/dashboard/page-files.ts';
import { FakeClock } from './fake-clock.ts';
import { type ScriptedEngine, startScriptedEngine } from './scripted-engine.ts';

export interface PageReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface PageRequest {
  readonly method?: string;
  readonly path: string;
  /** In place of those that a browser sends; undefined: not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
}

export const controlRpc = '/rpc/gophership.control.v1.ControlService';
export const controlStream = '/stream/gophership.control.v1.ControlService';

export class DashboardRig {
  readonly clock = new FakeClock();
  readonly engine: ScriptedEngine;
  readonly server: DashboardServer;
  readonly #open = new Set<ClientRequest | Socket>();

  static async start(context: TestContext): Promise<DashboardRig> {
    const engine = await startScriptedEngine();
    const clock = new FakeClock();
    const link = new EngineLink({
      ...{ address: 'engine:4319', timeoutMs: 5_000, clock },
      connect: () => engine.connect(),
    });
    const html = '<!doctype html><script>start()</script>';
    const server = await DashboardServer.listen({
      files: new Map([['/', pageFile(Buffer.from(html))]]),
      ...{ engine: link, clock, patience: { headersMs: 300, requestMs: 600 } },
    });
    const rig = new DashboardRig(clock, engine, server);
    context.after(async () => {
      for (const open of rig.#open) open.destroy();
      server.close();
      link.close();
      await engine.close();
    });
    return rig;
  }

  private constructor(clock: FakeClock, engine: ScriptedEngine, server: DashboardServer) {
    this.clock = clock;
    this.engine = engine;
    this.server = server;
  }

  get authority(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  /** What stands behind the "#" of a new link. */
  token(): string {
    return new URL(this.server.createLink()).hash.slice(1);
  }

  redeem(token: string, headers: PageRequest['headers'] = {}): Promise<PageReply> {
    const body = JSON.stringify({ token });
    return this.request({ method: 'POST', path: '/session', headers, body });
  }

  /** Headers of a tab that came with a link. */
  async tab(): Promise<Record<string, string>> {
    const { bearer } = JSON.parse((await this.redeem(this.token())).text);
    return { authorization: `Bearer ${bearer}` };
  }

  /** As fetch() of the page sends it, but for what is said otherwise. */
  async request(request: PageRequest): Promise<PageReply> {
    const response = await this.respond(request);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** The answer as soon as it begins. */
  async respond(request: PageRequest): Promise<IncomingMessage> {
    const sent = this.send(request);
    sent.end(request.body);
    const [response] = await once(sent, 'response');
    return response;
  }

  /** The head only; whoever asks sends the body. */
  send({ method = 'GET', path, headers = {} }: PageRequest): ClientRequest {
    const usual = {
      host: this.authority,
      ...(method === 'GET' || method === 'HEAD'
        ? {}
        : { origin: `http://${this.authority}`, 'content-type': 'application/json' }),
    };
    const fields = Object.entries({ ...usual, ...headers }).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    );
    const { port } = this.server;
    const to = { host: '127.0.0.1', port, path, method, setHost: false, agent: false };
    const sent = httpRequest({ ...to, headers: fields });
    sent.on('error', () => {}); // a test that waits for an answer gets none
    this.#keep(sent);
    return sent;
  }

  /** A connection that has sent this much so far. */
  async socket(text: string): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.server.port });
    socket.on('error', () => {}); // 'close' follows
    this.#keep(socket);
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  }

  #keep(open: ClientRequest | Socket): void {
    this.#open.add(open);
    open.once('close', () => this.#open.delete(open));
  }
}

/** Everything that comes until the other end closes. */
export async function untilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}
