import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { foreignRequest } from './request-guard.ts';

const authority = '127.0.0.1:4444';
const origin = `http://${authority}`;

/** The status of the refusal; 200: it is a request of our own page. */
function check(
  method: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
  status: number,
): void {
  const distinct = Object.entries({ host: authority, ...headers }).map(
    ([name, value]) => [name, [value].flat()] as const,
  );
  const first: IncomingHttpHeaders = Object.fromEntries(
    distinct.map(([name, values]) => [name, values[0]]),
  );
  const headersDistinct = Object.fromEntries(distinct.map(([name, values]) => [name, [...values]]));
  const refused = foreignRequest({ method, headers: first, headersDistinct }, authority);
  assert.equal(refused?.status ?? 200, status, `${method} ${JSON.stringify(headers)}`);
}

const json = { 'content-type': 'application/json' };

test('foreignRequest() lets our page and its calls through', () => {
  check('GET', {}, 200);
  check('HEAD', {}, 200);
  check('GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 200);
  check('GET', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image', origin }, 200);
  check('POST', { origin, ...json }, 200);
  check('POST', { origin, ...json, 'sec-fetch-site': 'same-origin' }, 200);
  check('POST', { origin, 'content-type': 'application/json; charset=UTF-8' }, 200);
});

test('foreignRequest() lets a link that was followed through, and no frame or part of a page', () => {
  const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  check('GET', { ...followed, 'sec-fetch-dest': 'document' }, 200);
  check('GET', { ...followed, 'sec-fetch-dest': 'iframe' }, 403);
  check('GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403);
  // Another port of this host is the same site, and another program.
  check('GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'script' }, 403);
});

test('foreignRequest() refuses every host but that of the link', () => {
  const hosts = ['evil.example:4444', 'localhost:4444', '127.0.0.1', '127.0.0.1:4445', ''];
  for (const host of hosts) {
    check('GET', { host }, 421);
    check('POST', { host, origin: `http://${host}`, ...json }, 421);
  }
  check('GET', { host: [authority, 'evil.example'] }, 421);
  check('GET', { host: [] }, 421);
});

test('foreignRequest() refuses every origin but its own', () => {
  const origins = ['null', 'https://evil.example', `https://${authority}`, `${origin}/`, ''];
  for (const other of [...origins, 'http://localhost:4444', 'http://127.0.0.1:4445']) {
    check('POST', { origin: other, ...json }, 403);
    check('GET', { origin: other }, 403);
  }
  check('POST', { ...json }, 403);
  check('POST', { origin: [origin, 'https://evil.example'], ...json }, 403);
  check('POST', { origin, ...json, 'sec-fetch-site': 'cross-site' }, 403);
  check('OPTIONS', { origin: 'https://evil.example' }, 403);
});

test('foreignRequest() refuses what a form can send', () => {
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
  for (const type of [...types, 'application/jsonx', 'text/plain; application/json']) {
    check('POST', { origin, 'content-type': type }, 415);
  }
  check('POST', { origin }, 415);
});
