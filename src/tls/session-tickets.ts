// One key for the session tickets of all shards, so that a client may come back to another shard
// than the one it left, and a new key with new material, so that no ticket outlives the CA bundle
// that its client was checked with. The shards need not talk about it: each derives the key from a
// secret of the process and from the material that it has just taken over.
//
// A ticket carries the client's certificate: after a resumption its identity is known as after a
// full handshake, and a connection without one is refused by Node (the tests hold both).

import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { PemText } from './pem-material.ts';
import { ticketKeysSizeBytes } from './server-context.ts';

/** Made once by the main thread, handed to every shard, never stored. */
export function createTicketSecret(): Uint8Array {
  return randomBytes(secretSizeBytes);
}

/** The `ticketKeys` that go with `material`; the same in every thread that has the same secret. */
export function sessionTicketKeys(secret: Uint8Array, material: PemText): Buffer {
  const keys = hkdfSync('sha256', secret, '', fingerprint(material), ticketKeysSizeBytes);
  return Buffer.from(keys);
}

const secretSizeBytes = 32;

function fingerprint({ ca, cert, key }: PemText): Uint8Array {
  const hash = createHash('sha256');
  // JSON keeps the parts apart: text cannot move from one to the next unnoticed.
  return hash.update(JSON.stringify(['session tickets', ca, cert, key])).digest();
}
