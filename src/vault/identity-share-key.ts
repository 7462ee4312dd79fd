// Whose an entry is, read from the header in its slab: the field producerHash (entry-header.ts).

import { slabUnitBytes } from '../memory/size-class.ts';
import type { ByteView } from './byte-view.ts';
import type { U64 } from './u64.ts';

const producerHashOffsetBytes = 24;

/** 52 bits of it, which a number holds: two of a thousand identities meet once in 10^10 vaults. */
export function identityOf({ view }: ByteView, slab: number): number {
  const at = slab * slabUnitBytes + producerHashOffsetBytes;
  return view.getUint32(at, true) + (view.getUint32(at + 4, true) & 0xfffff) * 2 ** 32;
}

export function readProducerHash({ view }: ByteView, slab: number, hash: U64): U64 {
  return hash.read(view, slab * slabUnitBytes + producerHashOffsetBytes);
}
