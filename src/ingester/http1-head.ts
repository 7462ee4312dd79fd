// The head of an HTTP/1.1 request: what the rest of the ingester wants to know of it, and the rules
// that Node's parser does not hold (RFC 9110, RFC 9112).

import type { IncomingMessage } from 'node:http';
import {
  headerFieldOverheadSizeBytes,
  headerFieldsMax,
  headerListSizeBytesMax,
} from '../limits.ts';
import { type Refusal, refusal } from './http1-refusal.ts';

/** Numbers only: it is kept as long as the request is open. */
export interface Http1Head {
  readonly fieldCount: number;
  /** As RFC 9113 section 6.5.2 counts it, so that both protocols have one limit. */
  readonly listSizeBytes: number;
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
  /** Of the whole body; Infinity: it is chunked, so nobody knows. */
  readonly bodySizeBytes: number;
}

export function readHead(request: IncomingMessage): Http1Head {
  const { rawHeaders, headers } = request;
  const fieldCount = rawHeaders.length / 2;
  let listSizeBytes = fieldCount * headerFieldOverheadSizeBytes;
  for (const text of rawHeaders) listSizeBytes += text.length;
  const chunked = headers['transfer-encoding'] !== undefined;
  return {
    fieldCount,
    listSizeBytes,
    expectsContinue: expectationOf(request) === '100-continue',
    bodySizeBytes: chunked ? Infinity : Number(headers['content-length'] ?? 0),
  };
}

/** RFC 9112 section 3.2.2: a client may send the whole URL. */
export function readPath({ url = '' }: IncomingMessage): string {
  if (url.startsWith('/')) return url;
  const authority = /^https?:\/\/[^/?#]*/i.exec(url)?.[0];
  if (authority === undefined) return url;
  const path = url.slice(authority.length);
  return path.startsWith('/') ? path : `/${path}`;
}

/** Undefined: nothing is wrong. */
export function checkHead(request: IncomingMessage, head: Http1Head): Refusal | undefined {
  const { fieldCount, listSizeBytes, expectsContinue } = head;
  if (fieldCount > headerFieldsMax) {
    return refusal('HEADERS_TOO_LARGE', `more than ${headerFieldsMax} header fields`);
  }
  if (listSizeBytes > headerListSizeBytesMax) {
    const text = `header list of ${listSizeBytes} bytes, limit ${headerListSizeBytesMax}`;
    return refusal('HEADERS_TOO_LARGE', text);
  }
  if (request.httpVersion === '1.1' && request.headersDistinct.host?.length !== 1) {
    return refusal('HTTP_SYNTAX', 'a request has one Host field');
  }
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || isOld(request))) {
    return refusal('HTTP_SYNTAX', 'the only transfer coding is chunked, of HTTP/1.1');
  }
  if (expectationOf(request) !== undefined && !expectsContinue) {
    return refusal('HTTP_SYNTAX', 'the only expectation is 100-continue', 417);
  }
  return undefined;
}

/** Nobody reads them any more, and they can be five times as large as all the rest of a request. */
export function forgetFields(request: IncomingMessage): void {
  request.url = '';
  request.rawHeaders = [];
  request.headers = noFields;
  request.headersDistinct = noFields;
}

/** Nobody ever reads them. */
export function forgetTrailers(request: IncomingMessage): void {
  request.rawTrailers = [];
}

const noFields = Object.freeze({});

function expectationOf(request: IncomingMessage): string | undefined {
  // RFC 9110 section 10.1.1: an HTTP/1.0 client cannot mean it.
  return isOld(request) ? undefined : request.headers.expect?.toLowerCase();
}

function isOld(request: IncomingMessage): boolean {
  return request.httpVersion !== '1.1';
}
