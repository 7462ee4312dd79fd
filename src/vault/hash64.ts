// The hash of the format: XXH64 with seed 0. The kernel computes it over the arena; whoever reads
// or writes structures is handed this.

import type { U64 } from './u64.ts';

export interface Hash64 {
  /** XXH64, seed 0, of the bytes at `offsetBytes`; the result goes to `out`. */
  hash64(bytes: Uint8Array, offsetBytes: number, lengthBytes: number, out: U64): void;
}
