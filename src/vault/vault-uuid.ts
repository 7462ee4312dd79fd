// The identity of a vault: 16 random bytes, made with it. Blocks carry the first four, which is
// enough to tell a foreign file by, next to the salt of the file.

import { assert } from '../assert.ts';

export const vaultUuidSizeBytes = 16;

export function vaultTagOf(vaultUuid: Uint8Array): number {
  assert(vaultUuid.length === vaultUuidSizeBytes, 'vault uuid is not 16 bytes');
  const [a = 0, b = 0, c = 0, d = 0] = vaultUuid;
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
