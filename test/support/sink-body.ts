// What the sink reads of a request, whichever transport brought it.

import type http from 'node:http';
import { TLSSocket } from 'node:tls';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export function decompress(body: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'zstd' ? zstdDecompressSync(body) : body;
}

export function plainHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** Undefined over plaintext, and when the client presented no certificate. */
export function clientNameOf(socket: unknown): string | undefined {
  return socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject?.CN) : undefined;
}
