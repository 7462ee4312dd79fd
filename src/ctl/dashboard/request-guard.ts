// Which requests come from our own page. Every page that a browser shows can make it send requests
// to 127.0.0.1, and a name of another site may be made to point there (DNS rebinding): what tells
// them apart is what the browser itself writes into Host, Origin and Sec-Fetch-*.

import type { IncomingMessage } from 'node:http';
import { type Refusal, refusal } from './page-answer.ts';

type Request = Pick<IncomingMessage, 'method' | 'headers' | 'headersDistinct'>;

/** @param authority "127.0.0.1:PORT", as our own links have it */
export function foreignRequest(request: Request, authority: string): Refusal | undefined {
  const { method, headers, headersDistinct } = request;
  // Node takes the first of several.
  const hosts = headersDistinct.host ?? [];
  if (hosts.length !== 1 || hosts[0] !== authority) return misdirected;
  const origins = headersDistinct.origin ?? [];
  const isOurs = origins.length === 1 && origins[0] === `http://${authority}`;
  if (origins.length > 0 && !isOurs) return foreign;
  if (method !== 'GET' && method !== 'HEAD') {
    // Browsers name the origin of every POST; who does not is no page of ours.
    if (!isOurs || !isFetchedBy(request, ['same-origin'])) return foreign;
    return isJson(headers['content-type']) ? undefined : notJson;
  }
  return isFetchedBy(request, ['same-origin', 'none']) || isNavigation(request)
    ? undefined
    : foreign;
}

/** Absent: a client that is no browser, or an old one, which the same-origin policy still binds. */
function isFetchedBy({ headers }: Request, sites: readonly string[]): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined || sites.includes(String(site));
}

/** A link that was followed, into a tab of its own. */
function isNavigation({ headers }: Request): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/** Not what a form of another page can send without asking first. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/json(;\s*charset=utf-8)?$/i.test(contentType ?? '');
}

const misdirected = refusal(421, 'permission_denied', 'DENIED: the host is not that of the link');
const foreign = refusal(403, 'permission_denied', 'DENIED: not a request of this page');
const notJson = refusal(415, 'invalid_argument', 'USAGE: the content type is not application/json');
