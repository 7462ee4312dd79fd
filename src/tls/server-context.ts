// TLS options of every listener, ingest and control: TLS 1.3 only, and a client certificate that
// the configured bundle verifies. There is no parameter that weakens this; nothing else in the
// engine makes server options.

import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { assert } from '../assert.ts';
import type { PemMaterial, PemSource, PemSources } from './pem-material.ts';

/** The listener's part of the configuration. */
export interface ListenerTls {
  readonly clientCa: PemSource;
  readonly cert: PemSource;
  readonly key: PemSource;
}

export function listenerSources(tls: ListenerTls): PemSources {
  return { ca: tls.clientCa, cert: tls.cert, key: tls.key };
}

/**
 * For http2.createSecureServer(), https.createServer() or tls.createServer(). `alpnProtocols` in
 * order of preference; a client that offers others is refused.
 */
export function listenerOptions(
  material: PemMaterial,
  alpnProtocols: readonly string[],
  ticketKeys?: Buffer,
): TlsOptions {
  assert(alpnProtocols.length > 0, 'a listener says which protocols it speaks');
  return {
    ...listenerContext(material, ticketKeys),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [...alpnProtocols],
    handshakeTimeout: handshakeTimeoutMs,
  };
}

/**
 * For server.setSecureContext() at a reload. Without `ticketKeys` OpenSSL makes its own; either way
 * the keys must be new at a reload, or a ticket would outlive the CA bundle that its client was
 * checked with.
 */
export function listenerContext(
  material: PemMaterial,
  ticketKeys?: Buffer,
): ListenerContextOptions {
  const { ca, cert, key } = material;
  assert(ca !== undefined, 'a listener has a client CA bundle');
  assert(cert !== undefined && key !== undefined, 'a listener has a certificate and its key');
  assert(ticketKeys === undefined || ticketKeys.length === ticketKeysSizeBytes, 'ticket key size');
  return {
    ca,
    cert,
    key,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ...(ticketKeys === undefined ? {} : { ticketKeys }),
  };
}

export type ListenerContextOptions = SecureContextOptions & { readonly ticketKeys?: Buffer };

/**
 * What Node wants for one set of ticket keys: 16 bytes name, 16 bytes HMAC key, 16 bytes AES key.
 */
export const ticketKeysSizeBytes = 48;

/**
 * A peer that connects and stays silent holds about 100 KB of OpenSSL state; protocol.md allows 10
 * s.
 */
const handshakeTimeoutMs = 10_000;
