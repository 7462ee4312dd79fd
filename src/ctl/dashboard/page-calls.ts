// What a tab with a session asks of the engine: calls and streams, those of the table alone, and
// only so many at a time. Some are shared by all tabs.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import {
  controlBodySizeBytesMax,
  dashboardCallsMax,
  dashboardStreamsMax,
  dashboardWatchesMax,
} from '../../limits.ts';
import { enveloped } from './connect-envelopes.ts';
import { type EngineAnswer, type EngineLink, LinkFault } from './engine-link.ts';
import { answerJson, type Refusal, refusal, refuse } from './page-answer.ts';
import { isShared, procedureKind, statusWatch } from './procedures.ts';
import { readBody } from './request-body.ts';
import type { Session, Sessions } from './sessions.ts';
import { SharedCalls } from './shared-calls.ts';
import { SharedWatch } from './shared-watch.ts';
import { streamLines } from './stream-lines.ts';

export interface PageCallsParts {
  readonly engine: EngineLink;
  readonly clock: Clock;
  readonly sessions: Sessions;
}

/** 'watch': a stream that all tabs share. */
type AskedKind = 'call' | 'stream' | 'watch';

const countMax: Readonly<Record<AskedKind, number>> = {
  call: dashboardCallsMax,
  stream: dashboardStreamsMax,
  watch: dashboardWatchesMax,
};

export class PageCalls {
  readonly #parts: PageCallsParts;
  readonly #calls: SharedCalls;
  readonly #statuses: SharedWatch;
  readonly #counts: Record<AskedKind, number> = { call: 0, stream: 0, watch: 0 };

  constructor(parts: PageCallsParts) {
    this.#parts = parts;
    this.#calls = new SharedCalls(parts);
    this.#statuses = new SharedWatch({ ...parts, procedure: statusWatch });
  }

  /** Of all tabs, be they shared or not. */
  get streamCount(): number {
    return this.#counts.stream + this.#counts.watch;
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
    if (this.#counts[asked.kind] >= countMax[asked.kind]) {
      return refuse(response, tooMany[asked.kind]);
    }
    const left = new AbortController();
    response.once('close', () => left.abort());
    this.#count(asked.kind, session, 1);
    try {
      const body = await readBody(request, controlBodySizeBytesMax);
      if (body.kind === 'cut') return;
      if (body.kind === 'refused') return refuse(response, body.refusal);
      await this.#answer(asked, body.bytes, response, left.signal);
    } catch (error) {
      if (!(error instanceof LinkFault)) throw error;
      if (error.body === undefined) refuse(response, error.refusal);
      else answerJson(response, error.refusal.status, error.body);
    } finally {
      this.#count(asked.kind, session, -1);
    }
  }

  async #answer(
    { kind, name }: Asked,
    body: Buffer,
    response: ServerResponse,
    left: AbortSignal,
  ): Promise<void> {
    const { engine, clock } = this.#parts;
    if (kind === 'watch') return this.#statuses.show(response, left);
    if (kind === 'stream') {
      const stream = await engine.open(name, enveloped(body), left);
      return streamLines(stream, response, { clock, brokenBy: () => engine.brokenBy() });
    }
    const answer = await this.#call(name, body, left);
    if (!response.destroyed) answerJson(response, answer.status, answer.body);
  }

  async #call(name: string, body: Buffer, left: AbortSignal): Promise<EngineAnswer> {
    if (isShared(name)) return this.#calls.call(name, body);
    try {
      return await this.#parts.engine.call(name, body, left);
    } finally {
      // Who has changed something sees it.
      this.#calls.forget();
    }
  }

  #count(kind: AskedKind, session: Session, amount: 1 | -1): void {
    this.#counts[kind] += amount;
    if (kind === 'call') return;
    if (amount === 1) this.#parts.sessions.streamOpened(session);
    else this.#parts.sessions.streamClosed(session);
  }
}

interface Asked {
  readonly kind: AskedKind;
  readonly name: string;
}

function procedureAt(path: string): Asked | undefined {
  const [, way = '', name = ''] = /^\/(rpc|stream)\/([\w.]+\/\w+)$/.exec(path) ?? [];
  const kind = procedureKind(name);
  const isAt = kind === (way === 'rpc' ? 'call' : 'stream');
  if (kind === undefined || !isAt) return undefined;
  return { kind: kind === 'stream' && isShared(name) ? 'watch' : kind, name };
}

const unknown = refusal(404, 'not_found', 'NOT_FOUND: not a procedure for the page');
const tooMany: Readonly<Record<AskedKind, Refusal>> = {
  call: busy('too many calls at once'),
  stream: busy(`${dashboardStreamsMax} streams are open, as many as may be`),
  watch: busy(
    `${dashboardWatchesMax} watches of the status are open, as many as may be`,
    'ask for the status again and again instead',
  ),
};

function busy(text: string, hint = ''): Refusal {
  return refusal(429, 'resource_exhausted', `CONTROL_BUSY: ${text}`, hint);
}
