// A shared memory with a kernel hash over it, for tests of the vault's format: bytes from
// `firstFreeBytes` on are the test's.

import { Kernel } from '../../src/kernel/kernel.ts';
import { ByteView } from '../../src/vault/byte-view.ts';
import type { Hash64 } from '../../src/vault/hash64.ts';
import { KernelHash } from '../../src/vault/kernel-hash.ts';

export interface VaultArena {
  readonly memory: WebAssembly.Memory;
  readonly area: ByteView;
  readonly hash: Hash64;
}

/** Page 0 is the kernel's; the hash's result is at the beginning of page 1. */
const resultOffsetBytes = 65_536;
export const firstFreeBytes = 2 * 65_536;

export function vaultArena(sizeBytes: number): VaultArena {
  const pages = Math.ceil((firstFreeBytes + sizeBytes) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const buffer: unknown = memory.buffer; // its type does not say that it is shared
  if (!(buffer instanceof SharedArrayBuffer)) throw new Error('memory is not shared');
  const hash = new KernelHash(Kernel.create(memory).xxhash, buffer, resultOffsetBytes);
  return { memory, area: new ByteView(new Uint8Array(buffer)), hash };
}
