// What left the socket of a connection and cannot be read yet, in blocks that the connections of a
// shard hand on to each other: copies that are made for each chunk are garbage outside of V8's
// heap, and a thousand connections that wait made 46 MiB of it.

import { copyBytes } from '../memory/copy-bytes.ts';
import { usualSizeBytes as blockSizeBytes, type OutputBuffers } from './output-buffers.ts';

export class UnreadBytes {
  readonly #buffers: OutputBuffers;
  readonly #blocks: Buffer[] = [];
  /** Of the first block, read already. */
  #from = 0;
  #sizeBytes = 0;
  /** What came last and is not copied: it lies where the next chunk will. */
  #offered: Uint8Array = nothing;

  constructor(buffers: OutputBuffers) {
    this.#buffers = buffers;
  }

  get sizeBytes(): number {
    return this.#sizeBytes + this.#offered.length;
  }

  /** Valid until keep(), which has to follow. */
  offer(chunk: Uint8Array): void {
    if (this.#sizeBytes === 0) this.#offered = chunk;
    else this.#append(chunk);
  }

  /** Copies what of the chunk was not read. */
  keep(): void {
    if (this.#offered.length === 0) return;
    this.#append(this.#offered);
    this.#offered = nothing;
  }

  /** The oldest of it, as far as its block goes; valid until read(), keep() or clear(). */
  first(): Uint8Array {
    const [block] = this.#blocks;
    if (block === undefined) return this.#offered;
    return block.subarray(this.#from, Math.min(blockSizeBytes, this.#from + this.#sizeBytes));
  }

  /** So much of first() is done with. */
  read(sizeBytes: number): void {
    if (this.#sizeBytes === 0) {
      const { length } = this.#offered;
      this.#offered = sizeBytes === length ? nothing : this.#offered.subarray(sizeBytes);
      return;
    }
    this.#from += sizeBytes;
    this.#sizeBytes -= sizeBytes;
    if (this.#sizeBytes === 0) this.clear();
    else if (this.#from === blockSizeBytes) {
      this.#give(this.#blocks.shift());
      this.#from = 0;
    }
  }

  clear(): void {
    for (const block of this.#blocks.splice(0)) this.#give(block);
    this.#from = 0;
    this.#sizeBytes = 0;
    this.#offered = nothing;
  }

  #append(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const used = this.#from + this.#sizeBytes;
      const at = used % blockSizeBytes;
      if (used === this.#blocks.length * blockSizeBytes) {
        this.#blocks.push(this.#buffers.take(blockSizeBytes));
      }
      const block = this.#blocks.at(-1)!; // one was pushed at the latest just now
      const sizeBytes = Math.min(chunk.length - from, blockSizeBytes - at);
      copyBytes(block, at, chunk, from, from + sizeBytes);
      this.#sizeBytes += sizeBytes;
      from += sizeBytes;
    }
  }

  #give(block: Buffer | undefined): void {
    if (block !== undefined) this.#buffers.give(block);
  }
}

const nothing = new Uint8Array(0);
