// One request to the control port and its answer, over HTTP/1.1 or HTTP/2: Node's objects for the
// two differ in little, and nothing above needs to know which it is.

import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import type { universalResponseToNodeResponse } from '@connectrpc/connect-node';

export type ControlRequest = IncomingMessage | Http2ServerRequest;

/** What both have in the same form. */
export type ControlResponse = Parameters<typeof universalResponseToNodeResponse>[1];

/** Ends the request without an answer, or with half of one. */
export function cut(request: ControlRequest): void {
  if ('stream' in request) request.stream.close(constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}

export interface TextAnswer {
  readonly status: number;
  readonly text: string;
  /** Default: plain text. */
  readonly contentType?: string;
  readonly allow?: string;
}

export function answerText(
  request: ControlRequest,
  response: ControlResponse,
  { status, text, contentType = 'text/plain; charset=utf-8', allow }: TextAnswer,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(allow === undefined ? {} : { allow }),
  });
  if (request.method === 'HEAD') response.end();
  else response.end(text);
}
