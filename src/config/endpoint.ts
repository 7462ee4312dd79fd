// Addresses: where listeners bind and where exporters connect to, and which of them are loopback,
// the only ones that may be spoken to without TLS.

import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { type KeyFacts, told } from './schema-keys.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** What stood before `://`; undefined without one. */
  readonly scheme: 'http' | 'https' | undefined;
}

/** `host:port` to bind; port 0 takes any free one. */
export function listenerEndpoint(reason: string) {
  return told(endpointSchema(parseListener), { ...facts, reason });
}

/** `host:port` of a gRPC server, or the same as a URL without a path. */
export function grpcEndpoint(reason: string, extra: Partial<KeyFacts> = {}) {
  return told(endpointSchema(parseGrpcTarget), { ...facts, reason, secret: true, ...extra });
}

/** An `https://` URL, or `http://` to a loopback address. */
export function httpUrl(reason: string, extra: Partial<KeyFacts> = {}) {
  return told(endpointSchema(parseUrl), { ...facts, type: 'URL', reason, secret: true, ...extra });
}

/** 127.0.0.0/8, ::1 and the name localhost; no other name, whatever it resolves to. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

const facts: KeyFacts = { effect: 'honoured', type: 'host:port', reason: '', asText: true };

type Parsed<Value> = Value | { readonly fault: string };

function endpointSchema<Value extends object>(parse: (text: string) => Parsed<Value>) {
  return z.string().transform((text, context): Value => {
    const parsed = text.length > 2048 ? { fault: 'longer than 2048 characters' } : parse(text);
    if (!('fault' in parsed)) return parsed;
    context.issues.push({ code: 'custom', input: text, message: parsed.fault });
    return z.NEVER;
  });
}

function parseListener(text: string): Parsed<Endpoint> {
  const parsed = parseHostPort(text, 0);
  if ('fault' in parsed) return parsed;
  return { ...parsed, scheme: undefined };
}

function parseGrpcTarget(text: string): Parsed<Endpoint> {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/s.exec(text) ?? [];
  if (scheme !== 'http' && scheme !== 'https') {
    const parsed = parseHostPort(rest, 1);
    return 'fault' in parsed ? parsed : { ...parsed, scheme: undefined };
  }
  const authority = rest.replace(/\/$/, '');
  const bare = /^(?:\[[^\]]*\]|[^:]*)$/.test(authority);
  const parsed = parseHostPort(
    bare ? `${authority}:${scheme === 'http' ? 80 : 443}` : authority,
    1,
  );
  return 'fault' in parsed ? parsed : { ...parsed, scheme };
}

function parseHostPort(text: string, portMin: number): Parsed<{ host: string; port: number }> {
  if (/^unix/.test(text)) return { fault: 'refused: every connection is TCP, no unix socket' };
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null) return { fault: 'must be host:port, as localhost:4317 or [::1]:4317' };
  const [, bracketed, plain, digits] = match;
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (port < portMin || port > 65_535) return { fault: `port must be from ${portMin} to 65535` };
  if (host === '') return { fault: 'host missing; 0.0.0.0 means all IPv4 addresses' };
  const valid = bracketed === undefined ? isIPv4(host) || isHostName(host) : isIP(bracketed) === 6;
  return valid ? { host, port } : { fault: 'not a host name or address before the port' };
}

/**
 * RFC 1123, and "_", which container networks use. All digits and dots would be a mistyped
 * address.
 */
function isHostName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  return (
    host.length <= 253 &&
    !/^[\d.]+$/.test(host) &&
    labels.every((label) => /^\w(?:[\w-]{0,61}\w)?$/.test(label))
  );
}

function parseUrl(text: string): Parsed<URL> {
  if (!/^https?:\/\//.test(text)) {
    return { fault: 'must be a URL, as https://collector.example.com:4318' };
  }
  if (!URL.canParse(text)) return { fault: 'not a valid URL' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { fault: 'refused: credentials in a URL end up in logs; use headers' };
  }
  if (url.hash !== '' || url.port === '0') return { fault: 'not a valid URL for an exporter' };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'http:' && !isLoopback(host)) return { fault: plaintextFault };
  return url;
}

export const plaintextFault =
  'refused: plaintext only to a loopback address (127.0.0.0/8, ::1, localhost); use TLS';
