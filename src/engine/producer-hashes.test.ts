import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFreeBytes, vaultArena } from '../../test/support/vault-arena.ts';
import { identitiesMax, ProducerHashes } from './producer-hashes.ts';

test('of() hashes an identity once, and keeps no more of them than it has room for', () => {
  const { area, hash } = vaultArena(4_096);
  const region = { offsetBytes: firstFreeBytes, sizeBytes: 64 };
  const hashes = new ProducerHashes(area.bytes, region, hash);
  const first = hashes.of('CN=first');
  for (let number = 1; number < identitiesMax; number += 1) hashes.of(`CN=${number}`);
  assert.equal(hashes.of('CN=first'), first, 'still known');
  hashes.of('CN=one too many');
  assert.notEqual(hashes.of('CN=first'), first, 'forgotten with all others');
  assert.ok(hashes.of('CN=first').equals(first));
  assert.ok(hashes.of('').isZero);
});
