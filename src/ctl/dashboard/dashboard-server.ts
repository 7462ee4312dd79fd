// The loopback server of the dashboard: plain HTTP on 127.0.0.1 for one user's browser. It hands
// out the page to anybody, and what the engine says only to tabs that came with a one-time link.
// Everything that a stranger could hold open has an end: headers, bodies, answers, connections.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock, type Timer } from '../../clock.ts';
import { dashboardConnectionsMax, dashboardIdleMsMax, KiB } from '../../limits.ts';
import { http } from '../../node-http.ts';
import type { EngineLink } from './engine-link.ts';
import { OneTimeLinks } from './one-time-links.ts';
import { answerHeaders, answerJson, refusal, refuse } from './page-answer.ts';
import { PageCalls } from './page-calls.ts';
import type { PageFiles } from './page-files.ts';
import { readBody, textField } from './request-body.ts';
import { foreignRequest } from './request-guard.ts';
import { type Session, Sessions } from './sessions.ts';

export interface DashboardServerParts {
  readonly files: PageFiles;
  readonly engine: EngineLink;
  readonly clock?: Clock;
  /** Tests have less. */
  readonly patience?: ArrivalPatience;
}

/** For a request to arrive; a page's own come within milliseconds. */
export interface ArrivalPatience {
  readonly headersMs: number;
  readonly requestMs: number;
}

const arrivalPatience: ArrivalPatience = { headersMs: 5_000, requestMs: 10_000 };
/** For an answer to be taken, streams apart. */
const answerMsMax = 20_000;
const keepAliveMs = 30_000;
const idleCheckMs = 30_000;
const tokenBodySizeBytesMax = 1 * KiB;

export class DashboardServer {
  readonly port: number;
  /** Fulfilled when nobody has asked anything for dashboardIdleMsMax. */
  readonly idle: Promise<void>;
  readonly #authority: string;
  readonly #server: Server;
  readonly #files: PageFiles;
  readonly #engine: EngineLink;
  readonly #clock: Clock;
  readonly #links: OneTimeLinks;
  readonly #sessions: Sessions;
  readonly #calls: PageCalls;
  #usedMs: number;
  #idleTimer: Timer | undefined;

  /** On a port that the kernel chooses. */
  static async listen(parts: DashboardServerParts): Promise<DashboardServer> {
    const { headersMs, requestMs } = parts.patience ?? arrivalPatience;
    const server = http.createServer({
      maxHeaderSize: 8 * KiB,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: headersMs / 5,
      noDelay: true,
    });
    server.maxConnections = dashboardConnectionsMax;
    server.maxHeadersCount = 64;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    return new DashboardServer(parts, server);
  }

  private constructor(
    { files, engine, clock = systemClock }: DashboardServerParts,
    server: Server,
  ) {
    this.#files = files;
    this.#engine = engine;
    this.#clock = clock;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port; // it listens on TCP
    this.#authority = `127.0.0.1:${this.port}`;
    this.#links = new OneTimeLinks(clock);
    this.#sessions = new Sessions(clock);
    this.#calls = new PageCalls({ engine, clock, sessions: this.#sessions });
    this.#usedMs = clock.nowMs();
    const idle = Promise.withResolvers<void>();
    this.idle = idle.promise;
    this.#watchIdle(idle.resolve);
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('clientError', (_, socket) => void socket.destroy());
  }

  /** Of all tabs. */
  get streamCount(): number {
    return this.#calls.streamCount;
  }

  /** A link for one tab, valid for a minute. */
  createLink(): string {
    return `http://${this.#authority}/#${this.#links.create()}`;
  }

  close(): void {
    this.#idleTimer?.cancel();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A browser that goes away shows in 'close', and there is nobody to be told.
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      await this.#route(request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else refuse(response, refusal(500, 'internal', `INTERNAL_FAULT: ${String(error)}`));
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.#limitTime(path, response);
    const foreign = foreignRequest(request, this.#authority);
    if (foreign !== undefined) return refuse(response, foreign);
    if (request.method === 'GET' || request.method === 'HEAD') {
      return this.#file(path, request.method === 'HEAD', response);
    }
    if (request.method !== 'POST') return refuse(response, notAllowed);
    if (path === '/session') return this.#openSession(request, response);
    const session = this.#sessionOf(request);
    if (session === undefined) return refuse(response, noSession);
    this.#usedMs = this.#clock.nowMs();
    if (path !== '/link') return this.#calls.run(path, session, request, response);
    answerJson(response, 200, JSON.stringify({ path: `/#${this.#links.create()}` }));
  }

  #file(path: string, isHead: boolean, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (file === undefined) {
      refuse(response, notFound);
      return;
    }
    const { bytes, contentType, contentPolicy } = file;
    response.writeHead(200, {
      ...answerHeaders(contentPolicy),
      'content-type': contentType,
      'content-length': bytes.length,
    });
    response.end(isHead ? undefined : bytes);
  }

  async #openSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, tokenBodySizeBytesMax);
    if (body.kind === 'cut') return;
    if (body.kind === 'refused') return refuse(response, body.refusal);
    const token = textField(body.bytes, 'token');
    if (token === undefined) return refuse(response, noToken);
    if (!this.#links.redeem(token)) return refuse(response, spentLink);
    const bearer = this.#sessions.open();
    if (bearer === undefined) return refuse(response, tooManyTabs);
    this.#usedMs = this.#clock.nowMs();
    answerJson(response, 200, JSON.stringify({ bearer, engine: this.#engine.address }));
  }

  #sessionOf({ headers }: IncomingMessage): Session | undefined {
    const bearer = /^Bearer ([\w-]{22})$/.exec(headers.authorization ?? '')?.[1];
    return bearer === undefined ? undefined : this.#sessions.find(bearer);
  }

  /** Who does not take an answer is cut off; of streams each has a bound of its own. */
  #limitTime(path: string, response: ServerResponse): void {
    if (path.startsWith('/stream/')) return;
    const timer = this.#clock.after(answerMsMax, () => response.destroy());
    response.once('close', () => timer.cancel());
  }

  #watchIdle(ended: () => void): void {
    this.#idleTimer = this.#clock.after(idleCheckMs, () => {
      if (this.streamCount > 0) this.#usedMs = this.#clock.nowMs();
      if (this.#clock.nowMs() - this.#usedMs >= dashboardIdleMsMax) ended();
      else this.#watchIdle(ended);
    });
  }
}

const newLinkHint = '`gs-ctl dashboard` makes a new link';
const noSession = refusal(401, 'unauthenticated', 'DENIED: this tab has no session', newLinkHint);
const noToken = refusal(400, 'invalid_argument', 'USAGE: the body is not {"token": "..."}');
const spentLink = refusal(
  401,
  'unauthenticated',
  'DENIED: the link was used already, or is older than a minute',
  newLinkHint,
);
const tooManyTabs = refusal(429, 'resource_exhausted', 'CONTROL_BUSY: too many tabs are open');
const notFound = refusal(404, 'not_found', 'NOT_FOUND: there is no such path');
const notAllowed = refusal(405, 'invalid_argument', 'USAGE: only GET, HEAD and POST');
