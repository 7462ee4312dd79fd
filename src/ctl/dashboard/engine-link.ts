// The way of the dashboard to the engine: one connection for all tabs, in the role of whoever runs
// gs-ctl, opened when somebody asks and opened again after the engine was away. Bodies are passed
// on as they are, as JSON of the Connect protocol.

import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { type Clock, systemClock } from '../../clock.ts';
import { GopherShipError } from '../../errors.ts';
import { dashboardAnswerSizeBytesMax } from '../../limits.ts';
import { connectionFault } from '../connection-fault.ts';
import { CtlError } from '../ctl-error.ts';
import type { EngineSession } from '../engine-session.ts';
import { type AnswerCode, type Refusal, refusal, refusalText } from './page-answer.ts';

export interface EngineLinkParts {
  /** host:port, for messages. */
  readonly address: string;
  /** For one answer, and for the connection. */
  readonly timeoutMs: number;
  /** A new connection; reads the certificates as they are now. */
  connect(): Promise<EngineSession>;
  readonly clock?: Clock;
}

/** As the engine has it: JSON, be it the answer or an error. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** After an attempt that failed; the page's own pauses are longer. */
const retryMs = 250;

export class EngineLink {
  readonly #parts: EngineLinkParts;
  readonly #clock: Clock;
  #session: EngineSession | undefined;
  #keptAlive: EngineSession | undefined;
  #connecting: Promise<EngineSession> | undefined;
  #failed: { readonly error: unknown; readonly atMs: number } | undefined;

  constructor(parts: EngineLinkParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  get address(): string {
    return this.#parts.address;
  }

  /**
   * Rejects with a LinkFault.
   * @param procedure `package.Service/Method`, one that is known: it becomes a path
   */
  async call(procedure: string, body: Buffer, left: AbortSignal): Promise<EngineAnswer> {
    const { timeoutMs } = this.#parts;
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {}); // nobody may wait for it any more
    let stream: ClientHttp2Stream | undefined;
    const timer = this.#clock.after(timeoutMs, () => {
      late.reject(new LinkFault(lateAnswer(this.address, timeoutMs)));
      stream?.close(cancelCode);
    });
    const answered = async () => {
      const session = await this.#connected();
      if (left.aborted) throw new LinkFault(gone);
      const headers = head(procedure, 'application/json');
      stream = await this.#request(session, { ...headers, 'connect-timeout-ms': `${timeoutMs}` });
      left.addEventListener('abort', () => stream?.close(cancelCode), { once: true });
      stream.end(body);
      return this.#answerOf(stream, session, await this.#headersOf(stream, session));
    };
    try {
      return await Promise.race([answered(), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Resolves when the engine answers with messages, which it does with the first of them: some
   * streams have nothing to say for hours, so that only the connection has a deadline. Its refusal
   * is a LinkFault. Whoever takes the stream reads it.
   */
  async open(procedure: string, envelope: Buffer, left: AbortSignal): Promise<ClientHttp2Stream> {
    const session = await this.#connected();
    if (left.aborted) throw new LinkFault(gone);
    this.#keepAlive(session);
    const stream = await this.#request(session, head(procedure, 'application/connect+json'));
    left.addEventListener('abort', () => stream.close(cancelCode), { once: true });
    stream.end(envelope);
    const { timeoutMs } = this.#parts;
    let isLate = false;
    const timer = this.#clock.after(timeoutMs, () => {
      if (session.hasSpoken) return;
      isLate = true;
      session.close();
    });
    try {
      const headers = await this.#headersOf(stream, session);
      if (headers['content-type'] === 'application/connect+json') return stream;
      const { status, body } = await this.#answerOf(stream, session, headers);
      throw new LinkFault({ ...unavailable(`${this.address} answered ${status}`), status, body });
    } catch (error) {
      throw isLate ? new LinkFault(lateAnswer(this.address, timeoutMs)) : error;
    } finally {
      timer.cancel();
    }
  }

  /** Why a stream of open() has ended without an end, in words for the page. */
  async brokenBy(): Promise<Refusal> {
    return this.#faultOf(this.#session);
  }

  close(): void {
    this.#session?.close();
  }

  async #connected(): Promise<EngineSession> {
    if (this.#session?.isAlive === true) return this.#session;
    const failed = this.#failed;
    if (failed !== undefined && this.#clock.nowMs() - failed.atMs < retryMs) {
      throw new LinkFault(refusalOf(failed.error, this.address));
    }
    this.#connecting ??= this.#connect();
    try {
      return await this.#connecting;
    } catch (error) {
      throw new LinkFault(refusalOf(error, this.address));
    }
  }

  async #connect(): Promise<EngineSession> {
    try {
      const session = await this.#parts.connect();
      this.#session = session;
      void session.ended.then(() => {
        if (!session.hasSpoken) this.#remember(session.reason());
      });
      return session;
    } catch (error) {
      this.#remember(error);
      throw error;
    } finally {
      this.#connecting = undefined;
    }
  }

  /** Once for each connection: it goes on by itself. */
  #keepAlive(session: EngineSession): void {
    if (this.#keptAlive === session) return;
    this.#keptAlive = session;
    session.keepAlive();
  }

  #remember(error: unknown): void {
    this.#failed = { error, atMs: this.#clock.nowMs() };
  }

  async #request(session: EngineSession, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    try {
      return session.request(headers);
    } catch {
      // The connection has ended since it was looked at, and says why.
      throw new LinkFault(await this.#faultOf(session));
    }
  }

  #headersOf(stream: ClientHttp2Stream, session: EngineSession): Promise<IncomingHttpHeaders> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>();
    stream.on('error', () => {}); // 'close' follows
    stream.once('response', resolve);
    stream.once('close', () => {
      void this.#faultOf(session).then((fault) => reject(new LinkFault(fault)));
    });
    return promise;
  }

  async #answerOf(
    stream: ClientHttp2Stream,
    session: EngineSession,
    headers: IncomingHttpHeaders,
  ): Promise<EngineAnswer> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stream.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      chunks.push(chunk);
      if (sizeBytes <= dashboardAnswerSizeBytesMax) return;
      stream.close(cancelCode);
      reject(new LinkFault(tooLarge(this.address)));
    });
    // What was cut off ends as well, and only then says that it was.
    stream.once('close', () => {
      if (stream.rstCode === 0 && stream.readableEnded) resolve();
      else void this.#faultOf(session).then((fault) => reject(new LinkFault(fault)));
    });
    await promise;
    const status = Number(headers[':status']);
    const body = Buffer.concat(chunks);
    // What the port itself refuses is plain text.
    if (headers['content-type'] === 'application/json') return { status, body };
    const message = body.toString('utf8').trim().slice(0, 500);
    const refused = refusal(status, codeOf(status), message);
    return { status: status === 200 ? 502 : status, body: Buffer.from(refusalText(refused)) };
  }

  /** Why a stream of this connection was closed. */
  async #faultOf(session: EngineSession | undefined): Promise<Refusal> {
    const fault = await session?.fault();
    if (fault !== undefined) return refusalOf(fault, this.address);
    return unavailable(`${this.address} ended the call without an answer`);
  }
}

/** What the page is told in place of the engine's answer. */
export class LinkFault extends Error {
  override readonly name = 'LinkFault';
  readonly refusal: Refusal;
  /** The engine's own words, as JSON. */
  readonly body: Buffer | undefined;

  constructor({ body, ...refused }: Refusal & { readonly body?: Buffer }) {
    super(refused.message);
    this.refusal = refused;
    this.body = body;
  }
}

const cancelCode = 8; // CANCEL, RFC 9113 section 7

/** Nothing of what the browser sent but the body. */
function head(procedure: string, contentType: string) {
  return {
    ':method': 'POST',
    ':path': `/${procedure}`,
    'content-type': contentType,
    'connect-protocol-version': '1',
    'user-agent': 'gs-ctl-dashboard',
  };
}

const gone = refusal(499, 'unavailable', 'UNREACHABLE: the page has gone');

function unavailable(text: string, hint = ''): Refusal {
  return refusal(503, 'unavailable', `UNREACHABLE: ${text}`, hint);
}

function lateAnswer(address: string, timeoutMs: number): Refusal {
  const text = `TIMEOUT: ${address}: no answer within ${timeoutMs / 1_000} s`;
  return refusal(504, 'deadline_exceeded', text);
}

function tooLarge(address: string): Refusal {
  const text = `ENGINE: ${address} sent more than ${dashboardAnswerSizeBytesMax} bytes`;
  return refusal(502, 'internal', text);
}

function refusalOf(error: unknown, address: string): Refusal {
  if (error instanceof CtlError || error instanceof GopherShipError) {
    const hint = error instanceof CtlError ? error.hint : '';
    return refusal(503, 'unavailable', `${error.code}: ${error.message}`, hint);
  }
  const fault = connectionFault(address, asError(error), portHint);
  return refusal(503, 'unavailable', `${fault.code}: ${fault.message}`, fault.hint);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

const portHint = 'the engine has stopped or restarts; the page asks again by itself';

function codeOf(status: number): AnswerCode {
  if (status === 403) return 'permission_denied';
  if (status === 404) return 'not_found';
  return status === 429 ? 'resource_exhausted' : 'unavailable';
}
