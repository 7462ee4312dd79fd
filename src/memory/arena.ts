// The arena: the one block of memory that batches live in, shared by all threads. It is as large at
// the start as it will ever be, so the memory that the process needs is known before the first
// connection.

import { assert } from '../assert.ts';
import type { ArenaLayout } from './arena-plan.ts';
import { arenaPageSizeBytes } from './region.ts';

export class Arena {
  /**
   * Shared, initial = maximum: it never grows, so views of it stay valid for the life of the
   * process.
   */
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly layout: ArenaLayout;

  /** The main thread's side, once per process. */
  static create(layout: ArenaLayout): Arena {
    assert(layout.sizeBytes % arenaPageSizeBytes === 0, 'arena is not a whole number of pages');
    const pageCount = layout.sizeBytes / arenaPageSizeBytes;
    const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
    const arena = new Arena(memory, layout);
    touch(arena.bytes);
    return arena;
  }

  /** A worker's side: both arguments come through workerData. */
  static attach(memory: WebAssembly.Memory, layout: ArenaLayout): Arena {
    return new Arena(memory, layout);
  }

  private constructor(memory: WebAssembly.Memory, layout: ArenaLayout) {
    const buffer: unknown = memory.buffer; // its type does not say that it is shared
    assert(buffer instanceof SharedArrayBuffer, 'arena memory is not shared');
    assert(buffer.byteLength === layout.sizeBytes, 'arena memory does not match its layout');
    this.memory = memory;
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.layout = layout;
  }
}

// The kernel gives a page at the first write to it. Writing to every page now means that a host
// that cannot hold us says so at the start and not under load, and that later growth is a leak of
// ours.
function touch(bytes: Uint8Array): void {
  const hostPageSizeBytesMin = 4_096;
  for (let offsetBytes = 0; offsetBytes < bytes.length; offsetBytes += hostPageSizeBytesMin) {
    bytes[offsetBytes] = 0;
  }
}
