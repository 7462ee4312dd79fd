// A call that was refused or not answered, as people read it: what happened, and what to try.
// Messages of an engine, and of the proxy, begin with one of their codes.

export class CallFault extends Error {
  /** The engine's or gs-ctl's, or one of ours: NO_ANSWER, BAD_ANSWER. */
  readonly code: string;
  readonly text: string;
  /** Empty: there is nothing to try. */
  readonly hint: string;
  readonly kind: FaultKind;

  constructor(code: string, text: string, hint = '', kind: FaultKind = 'other') {
    super(`${code}: ${text}`);
    this.code = code;
    this.text = text;
    this.hint = hint === '' ? (hints[code] ?? '') : hint;
    this.kind = kind;
  }
}

/** 'ended': the session of this tab. 'silent': nobody there, neither engine nor proxy. */
export type FaultKind = 'ended' | 'busy' | 'silent' | 'other';

/** @param body of an answer that is no success, or the last line of a stream that broke; as JSON */
export function faultOf(body: unknown, httpStatus = 0): CallFault {
  const { code: status, message, hint } = errorBody(body);
  const text = message === '' ? `the answer was HTTP ${httpStatus}` : message;
  const [, code = 'BAD_ANSWER', rest = text] = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(text) ?? [];
  return new CallFault(code, rest, hint, kinds[status] ?? 'other');
}

/** Nothing that goes wrong while one asks is left without words. */
export function asFault(error: unknown): CallFault {
  if (error instanceof CallFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new CallFault('NO_ANSWER', `gs-ctl dashboard does not answer (${text})`, '', 'silent');
}

/** By the status as Connect names it. */
const kinds: Readonly<Record<string, FaultKind>> = {
  unauthenticated: 'ended',
  resource_exhausted: 'busy',
  unavailable: 'silent',
  deadline_exceeded: 'silent',
};

const hints: Readonly<Record<string, string>> = {
  NO_ANSWER: 'is `gs-ctl dashboard` still running?',
  UNREACHABLE: 'is the engine running? `gs-ctl health` says when it is back',
  TIMEOUT: 'the engine is busy or out of reach; try again in a moment',
  CONTROL_DENIED: 'the role is in the certificate: this needs an operator’s',
  CONTROL_BUSY: 'others are asking too; try again in a moment',
  CONTROL_STARTING: 'the engine is still starting; try again in a moment',
  CONTROL_TAP_PAUSED: 'it can be opened again when Red is over',
};

function errorBody(body: unknown) {
  const fields: Partial<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return { code: text('code'), message: text('message'), hint: text('hint') };
}
