// What the control port has at which path: probes and metrics as text, everything else is a call.
// Whatever goes wrong with a request is an answer and a line of the log: the engine goes on.

import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { controlAnswerMsMax, controlAnswersMax, controlAnswersWithoutRoleMax } from '../limits.ts';
import type { Log } from '../log.ts';
import type { CertificateExpiry } from '../tls/certificate-expiries.ts';
import type { Audit } from './audit-log.ts';
import { type Caller, mayAct, type Role } from './caller.ts';
import type { EngineView } from './engine-view.ts';
import {
  answerText,
  type ControlRequest,
  type ControlResponse,
  cut,
  type TextAnswer,
} from './http-exchange.ts';
import { metricsFormat } from './metrics-format.ts';
import { metricsText } from './metrics-text.ts';
import { livez, readyz } from './probes.ts';
import type { RpcCalls } from './rpc-calls.ts';

export interface ControlAnswersParts {
  readonly calls: Pick<RpcCalls, 'at'>;
  readonly audit: Audit;
  readonly metrics: Config['telemetry']['metrics'];
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined while the engine starts. */
  view(): EngineView | undefined;
  /** Those in use. */
  certificates(): readonly CertificateExpiry[];
}

export class ControlAnswers {
  readonly #parts: ControlAnswersParts;
  /** Of callers of each role, apart from watches and probes. */
  readonly #openCounts: Record<Role, number> = { none: 0, viewer: 0, operator: 0 };

  constructor(parts: ControlAnswersParts) {
    this.#parts = parts;
  }

  /** Never throws. */
  answer(request: ControlRequest, response: ControlResponse, caller: Caller): void {
    // A connection that breaks shows in its 'close', and there is nobody left to be told.
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      this.#route(request, response, caller);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#parts.log.error('INTERNAL_FAULT', `control port: ${text}`);
      if (response.headersSent) cut(request);
      else answerText(request, response, internal);
    }
  }

  #route(request: ControlRequest, response: ControlResponse, caller: Caller): void {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const text = this.#textOf(path);
    const call = text === undefined ? this.#parts.calls.at(path) : undefined;
    const isWatch = call?.isWatch === true;
    // Watches have a bound of their own, and probes answer in a few bytes whatever else goes on.
    if (!isWatch && !isProbe(path) && !this.#count(response, caller.role)) {
      answerText(request, response, busy);
      return;
    }
    this.#limitTime(request, response, isWatch);
    if (call !== undefined) call.run(request, response, caller);
    else if (text === undefined) answerText(request, response, notFound);
    else if (request.method === 'GET' || request.method === 'HEAD') {
      answerText(request, response, text({ query, accept: request.headers.accept ?? '', caller }));
    } else answerText(request, response, notAllowed);
  }

  /** Who does not send all of a request, or does not take the answer, is cut off. */
  #limitTime(request: ControlRequest, response: ControlResponse, isWatch: boolean): void {
    const timer = this.#parts.clock.after(controlAnswerMsMax, () => {
      if (!isWatch || !request.complete) cut(request);
    });
    response.once('close', () => timer.cancel());
  }

  /** False: as many are open as may be. */
  #count(response: ControlResponse, role: Role): boolean {
    if (this.#openCounts[role] >= openMax[role]) return false;
    this.#openCounts[role] += 1;
    response.once('close', () => {
      this.#openCounts[role] -= 1;
    });
    return true;
  }

  #textOf(path: string): ((asked: Asked) => TextAnswer) | undefined {
    const { view } = this.#parts;
    switch (path) {
      case '/livez':
        return ({ query }) => livez(view(), isVerbose(query));
      case '/readyz':
        return ({ query }) => readyz(view(), isVerbose(query));
      case '/metrics':
        return (asked) => this.#metrics(asked);
      default:
        return undefined;
    }
  }

  #metrics({ accept, caller }: Asked): TextAnswer {
    const { audit, metrics, clock, view, certificates } = this.#parts;
    if (!mayAct(caller, 'viewer')) {
      audit.denied(caller, '/metrics');
      return denied;
    }
    const engine = view();
    if (engine === undefined) return starting;
    const { openMetrics, contentType } = metricsFormat(accept);
    const options = { compat: metrics.compat, nowMs: clock.nowMs(), certificates: certificates() };
    return { status: 200, text: metricsText(engine, { openMetrics, ...options }), contentType };
  }
}

/** Producers, who have no role here, take nothing from those who do. */
const openMax: Readonly<Record<Role, number>> = {
  none: controlAnswersWithoutRoleMax,
  viewer: controlAnswersMax,
  operator: controlAnswersMax,
};

function isProbe(path: string): boolean {
  return path === '/livez' || path === '/readyz';
}

interface Asked {
  readonly query: string;
  readonly accept: string;
  readonly caller: Caller;
}

const notFound = { status: 404, text: 'METHOD_UNKNOWN: there is no such path or procedure\n' };
const notAllowed = { status: 405, text: 'VERB: only GET and HEAD\n', allow: 'GET, HEAD' };
const denied = { status: 403, text: 'CONTROL_DENIED: /metrics needs the role viewer\n' };
const starting = { status: 503, text: 'CONTROL_STARTING: the engine is still starting\n' };
const busy = { status: 429, text: 'CONTROL_BUSY: as many requests are open as may be\n' };
const internal = { status: 500, text: 'INTERNAL_FAULT: a fault of ours; see the log\n' };

/** `?verbose`, with or without a value. */
function isVerbose(query: string): boolean {
  return new URLSearchParams(query).has('verbose');
}
