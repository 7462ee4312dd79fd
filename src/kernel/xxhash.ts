// The XXH64 and XXH32 door of the kernel. A 64-bit hash stays in the arena as 8 bytes, little
// endian, which is also how the vault stores it: a number cannot hold it, and a BigInt is an
// allocation.

import { assert } from '../assert.ts';
import { type ArenaRange, assertApart } from './arena-range.ts';
import type { KernelExports } from './kernel-exports.ts';

export const xxh64SizeBytes = 8;

/** What a hash over several ranges keeps between calls, anywhere in the arena. */
export const xxh64StateSizeBytes = 80;

export class Xxhash {
  readonly #exports: KernelExports;
  readonly #arena: ArenaRange;

  constructor(exports: KernelExports, arena: ArenaRange) {
    this.#exports = exports;
    this.#arena = arena;
  }

  /** Stores the hash of the range at `resultOffsetBytes`, which may be directly behind it. */
  xxh64(offsetBytes: number, lengthBytes: number, resultOffsetBytes: number, seed = 0): void {
    this.#arena.assertInside(offsetBytes, lengthBytes);
    this.#arena.assertInside(resultOffsetBytes, xxh64SizeBytes);
    assertSeed(seed);
    this.#exports.xxh64(offsetBytes, lengthBytes, seed, resultOffsetBytes);
  }

  /** True when the 8 bytes at `expectedOffsetBytes` are the hash of the range. */
  isXxh64(offsetBytes: number, lengthBytes: number, expectedOffsetBytes: number): boolean {
    this.#arena.assertInside(offsetBytes, lengthBytes);
    this.#arena.assertInside(expectedOffsetBytes, xxh64SizeBytes);
    return this.#exports.isXxh64(offsetBytes, lengthBytes, 0, expectedOffsetBytes) !== 0;
  }

  /** Begins a hash over several ranges, which xxh64Update() adds in order. */
  xxh64Begin(stateOffsetBytes: number, seed = 0): void {
    this.#arena.assertInside(stateOffsetBytes, xxh64StateSizeBytes);
    assertSeed(seed);
    this.#exports.xxh64Begin(stateOffsetBytes, seed);
  }

  xxh64Update(stateOffsetBytes: number, offsetBytes: number, lengthBytes: number): void {
    this.#arena.assertInside(stateOffsetBytes, xxh64StateSizeBytes);
    this.#arena.assertInside(offsetBytes, lengthBytes);
    assertApart(offsetBytes, lengthBytes, stateOffsetBytes, xxh64StateSizeBytes);
    this.#exports.xxh64Update(stateOffsetBytes, offsetBytes, lengthBytes);
  }

  /** Stores the hash of all ranges so far; more may follow. */
  xxh64End(stateOffsetBytes: number, resultOffsetBytes: number): void {
    this.#arena.assertInside(stateOffsetBytes, xxh64StateSizeBytes);
    this.#arena.assertInside(resultOffsetBytes, xxh64SizeBytes);
    assertApart(stateOffsetBytes, xxh64StateSizeBytes, resultOffsetBytes, xxh64SizeBytes);
    this.#exports.xxh64End(stateOffsetBytes, resultOffsetBytes);
  }

  xxh32(offsetBytes: number, lengthBytes: number, seed = 0): number {
    this.#arena.assertInside(offsetBytes, lengthBytes);
    assertSeed(seed);
    return this.#exports.xxh32(offsetBytes, lengthBytes, seed) >>> 0;
  }
}

function assertSeed(seed: number): void {
  assert(seed >>> 0 === seed, 'seed is not a u32');
}
