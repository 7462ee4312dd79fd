// What a tab with a session asks of the engine: calls and streams, those of the table alone, and
// only so many at a time.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { controlBodySizeBytesMax, dashboardCallsMax, dashboardStreamsMax } from '../../limits.ts';
import { enveloped } from './connect-envelopes.ts';
import { type EngineLink, LinkFault } from './engine-link.ts';
import { answerJson, refusal, refuse } from './page-answer.ts';
import { type ProcedureKind, procedureKind } from './procedures.ts';
import { readBody } from './request-body.ts';
import type { Session, Sessions } from './sessions.ts';
import { streamLines } from './stream-lines.ts';

export interface PageCallsParts {
  readonly engine: EngineLink;
  readonly clock: Clock;
  readonly sessions: Sessions;
}

export class PageCalls {
  readonly #parts: PageCallsParts;
  #callCount = 0;
  #streamCount = 0;

  constructor(parts: PageCallsParts) {
    this.#parts = parts;
  }

  get streamCount(): number {
    return this.#streamCount;
  }

  /** @param path "/rpc/package.Service/Method" or "/stream/..." */
  async run(
    path: string,
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked = procedureAt(path);
    if (asked === undefined) return refuse(response, unknown);
    const isFull =
      asked.kind === 'call'
        ? this.#callCount >= dashboardCallsMax
        : this.#streamCount >= dashboardStreamsMax;
    if (isFull) return refuse(response, asked.kind === 'call' ? tooManyCalls : tooManyStreams);
    const left = new AbortController();
    response.once('close', () => left.abort());
    this.#count(asked.kind, session, 1);
    try {
      const body = await readBody(request, controlBodySizeBytesMax);
      if (body.kind === 'cut') return;
      if (body.kind === 'refused') return refuse(response, body.refusal);
      if (asked.kind === 'call') await this.#call(asked.name, body.bytes, response, left.signal);
      else await this.#stream(asked.name, body.bytes, response, left.signal);
    } catch (error) {
      if (!(error instanceof LinkFault)) throw error;
      if (error.body === undefined) refuse(response, error.refusal);
      else answerJson(response, error.refusal.status, error.body);
    } finally {
      this.#count(asked.kind, session, -1);
    }
  }

  async #call(
    name: string,
    body: Buffer,
    response: ServerResponse,
    left: AbortSignal,
  ): Promise<void> {
    const answer = await this.#parts.engine.call(name, body, left);
    if (!response.destroyed) answerJson(response, answer.status, answer.body);
  }

  async #stream(
    name: string,
    body: Buffer,
    response: ServerResponse,
    left: AbortSignal,
  ): Promise<void> {
    const { engine, clock } = this.#parts;
    const stream = await engine.open(name, enveloped(body), left);
    await streamLines(stream, response, { clock, brokenBy: () => engine.brokenBy() });
  }

  #count(kind: ProcedureKind, session: Session, amount: 1 | -1): void {
    if (kind === 'call') {
      this.#callCount += amount;
      return;
    }
    this.#streamCount += amount;
    if (amount === 1) this.#parts.sessions.streamOpened(session);
    else this.#parts.sessions.streamClosed(session);
  }
}

interface Asked {
  readonly kind: ProcedureKind;
  readonly name: string;
}

function procedureAt(path: string): Asked | undefined {
  const [, way = '', name = ''] = /^\/(rpc|stream)\/([\w.]+\/\w+)$/.exec(path) ?? [];
  const kind = procedureKind(name);
  const isAt = kind === (way === 'rpc' ? 'call' : 'stream');
  return kind !== undefined && isAt ? { kind, name } : undefined;
}

const unknown = refusal(404, 'not_found', 'NOT_FOUND: not a procedure for the page');
const tooManyCalls = refusal(429, 'resource_exhausted', 'CONTROL_BUSY: too many calls at once');
const tooManyStreams = refusal(
  429,
  'resource_exhausted',
  `CONTROL_BUSY: ${dashboardStreamsMax} streams are open, as many as may be`,
  'ask for the status again and again instead',
);
