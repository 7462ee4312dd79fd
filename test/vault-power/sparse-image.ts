// The content of a disk in memory, without its zeros: what is durable at a moment, from which the
// images of many crashes are made.

import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { KiB } from '../../src/limits.ts';

const chunkSizeBytes = 64 * KiB;

export class SparseImage {
  readonly sizeBytes: number;
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  static read(path: string, sizeBytes: number): SparseImage {
    const image = new SparseImage(sizeBytes);
    const zeros = Buffer.alloc(chunkSizeBytes);
    const descriptor = openSync(path, 'r');
    for (let at = 0; at < sizeBytes; at += chunkSizeBytes) {
      const bytes = Buffer.alloc(chunkSizeBytes);
      readSync(descriptor, bytes, 0, chunkSizeBytes, at);
      if (!bytes.equals(zeros)) image.#chunks.set(at / chunkSizeBytes, bytes);
    }
    closeSync(descriptor);
    return image;
  }

  write(bytes: Uint8Array, offsetBytes: number): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offsetBytes + done;
      const within = at % chunkSizeBytes;
      const count = Math.min(bytes.length - done, chunkSizeBytes - within);
      this.#chunk((at - within) / chunkSizeBytes).set(bytes.subarray(done, done + count), within);
      done += count;
    }
  }

  copy(): SparseImage {
    const image = new SparseImage(this.sizeBytes);
    // Not by slice(), which makes a Buffer share its bytes.
    for (const [index, bytes] of this.#chunks) image.#chunks.set(index, new Uint8Array(bytes));
    return image;
  }

  /** Over whatever the file was. */
  save(path: string): void {
    const descriptor = openSync(path, 'w');
    ftruncateSync(descriptor, this.sizeBytes);
    for (const [index, bytes] of this.#chunks)
      writeSync(descriptor, bytes, 0, bytes.length, index * chunkSizeBytes);
    closeSync(descriptor);
  }

  #chunk(index: number): Uint8Array {
    const found = this.#chunks.get(index);
    if (found !== undefined) return found;
    const chunk = new Uint8Array(chunkSizeBytes);
    this.#chunks.set(index, chunk);
    return chunk;
  }
}
