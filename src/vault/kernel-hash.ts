// Hash64 by the kernel, over the arena: what runs in production. The kernel leaves its result in
// the arena, so this owns eight bytes there.

import { assert } from '../assert.ts';
import { type Xxhash, xxh64SizeBytes } from '../kernel/xxhash.ts';
import type { Hash64 } from './hash64.ts';
import type { U64 } from './u64.ts';

export class KernelHash implements Hash64 {
  readonly #xxhash: Xxhash;
  readonly #buffer: ArrayBufferLike;
  readonly #resultView: DataView;
  readonly #resultOffsetBytes: number;

  /** The eight bytes at `resultOffsetBytes` of the arena are this one's from now on. */
  constructor(xxhash: Xxhash, arenaBuffer: SharedArrayBuffer, resultOffsetBytes: number) {
    this.#xxhash = xxhash;
    this.#buffer = arenaBuffer;
    this.#resultView = new DataView(arenaBuffer, resultOffsetBytes, xxh64SizeBytes);
    this.#resultOffsetBytes = resultOffsetBytes;
  }

  hash64(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, out: U64): void {
    assert(bytes.buffer === this.#buffer, 'hashes bytes outside of the arena');
    assert(offsetBytes + lengthBytes <= bytes.length, 'range ends behind the bytes');
    this.#xxhash.xxh64(bytes.byteOffset + offsetBytes, lengthBytes, this.#resultOffsetBytes);
    out.read(this.#resultView, 0);
  }
}
