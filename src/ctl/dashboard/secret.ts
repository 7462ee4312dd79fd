// Secrets that a browser carries: 128 bits each, and compared so that the time tells nothing. Only
// their digests are kept.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const secretSizeBytes = 16;

/** As URLs and headers have it: 22 characters. */
export function createSecret(): string {
  return randomBytes(secretSizeBytes).toString('base64url');
}

/** Of equal length for all, whatever is presented. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The one that has the digest; looks at all of them, found or not. */
export function withDigest<Kept extends { readonly digest: Buffer }>(
  all: Iterable<Kept>,
  digest: Buffer,
): Kept | undefined {
  let found: Kept | undefined;
  for (const kept of all) if (timingSafeEqual(kept.digest, digest)) found = kept;
  return found;
}
