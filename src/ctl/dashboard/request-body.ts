// The body of one request, up to a bound.

import type { IncomingMessage } from 'node:http';
import { type Refusal, refusal } from './page-answer.ts';

export type RequestBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The browser has gone. */
  | { readonly kind: 'cut' };

/** Reads nothing of a body that says it is longer, and no further than the bound of another. */
export async function readBody(
  request: IncomingMessage,
  sizeBytesMax: number,
): Promise<RequestBody> {
  const tooLarge = () => ({ kind: 'refused', refusal: tooLargeFor(sizeBytesMax) }) as const;
  if (Number(request.headers['content-length'] ?? 0) > sizeBytesMax) return tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const take = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeBytesMax) {
        request.off('data', take);
        request.pause();
        resolve(tooLarge());
      } else chunks.push(chunk);
    };
    request.on('data', take);
    request.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    request.once('error', () => resolve({ kind: 'cut' }));
    request.once('close', () => resolve({ kind: 'cut' })); // after 'end' it changes nothing
  });
}

function tooLargeFor(sizeBytesMax: number): Refusal {
  return refusal(413, 'invalid_argument', `USAGE: a request has at most ${sizeBytesMax} bytes`);
}

/** The value of a key of a JSON object, where it is text. */
export function textField(bytes: Buffer, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const field: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
    return typeof field === 'string' ? field : undefined;
  } catch {
    return undefined; // not JSON: the caller says what it misses
  }
}
