// XXH64 of authenticated identities, which entries carry instead of the name. A host has few
// producers, so each is hashed once.

import type { Region } from '../memory/region.ts';
import type { Hash64 } from '../vault/hash64.ts';
import { U64 } from '../vault/u64.ts';

/** Beyond it all are forgotten; certificates that are renewed keep their subject. */
export const identitiesMax = 1_024;

export class ProducerHashes {
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #region: Region;
  readonly #hash: Hash64;
  readonly #known = new Map<string, U64>();

  /** `region` of the arena is this one's; of a longer identity what fits is hashed. */
  constructor(bytes: Uint8Array, region: Region, hash: Hash64) {
    const { offsetBytes, sizeBytes } = region;
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset + offsetBytes, sizeBytes);
    this.#region = region;
    this.#hash = hash;
  }

  /** 0 for an identity that is not known. */
  of(identity: string): U64 {
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    if (this.#known.size >= identitiesMax) this.#known.clear();
    const hash = new U64();
    if (identity !== '') {
      const lengthBytes = this.#text.write(identity);
      this.#hash.hash64(this.#bytes, this.#region.offsetBytes, lengthBytes, hash);
    }
    this.#known.set(identity, hash);
    return hash;
  }
}
