// How the loopback server answers: the headers that every answer has, and refusals in the form that
// Connect gives errors, so that the page knows one form.

import type { ServerResponse } from 'node:http';

/** A name of Connect (connectrpc.com/docs/protocol, "Error Codes"). */
export type AnswerCode =
  | 'invalid_argument'
  | 'not_found'
  | 'permission_denied'
  | 'resource_exhausted'
  | 'unauthenticated'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'internal';

export interface Refusal {
  readonly status: number;
  readonly code: AnswerCode;
  /** Begins with one of the codes of gs-ctl or of the engine. */
  readonly message: string;
  readonly hint: string;
}

export function refusal(status: number, code: AnswerCode, message: string, hint = ''): Refusal {
  return { status, code, message, hint };
}

/** @param contentPolicy of the page; what is no page may load nothing */
export function answerHeaders(contentPolicy = emptyPolicy): Record<string, string> {
  return {
    'content-security-policy': contentPolicy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=(), serial=()',
    'cache-control': 'no-store',
  };
}

const emptyPolicy = "default-src 'none'; frame-ancestors 'none'";

export function answerJson(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...answerHeaders(),
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A request that was not read to its end takes its connection with it. */
export function refuse(response: ServerResponse, { status, ...refused }: Refusal): void {
  const isRead = response.req.complete;
  answerJson(response, status, refusalText(refused), isRead ? {} : { connection: 'close' });
}

export function refusalText({ code, message, hint }: Omit<Refusal, 'status'>): string {
  return JSON.stringify({ code, message, ...(hint === '' ? {} : { hint }) });
}
