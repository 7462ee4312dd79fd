// Bytes of any lengths to parts of one length, each in memory of its own that can be handed to
// another thread.

import { vaultPartSizeBytes } from '../limits.ts';

export class PartBuffer {
  readonly #tell: (part: Uint8Array<ArrayBuffer>) => void;
  #part = new Uint8Array(vaultPartSizeBytes);
  #usedBytes = 0;

  constructor(tell: (part: Uint8Array<ArrayBuffer>) => void) {
    this.#tell = tell;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + vaultPartSizeBytes - this.#usedBytes);
      this.#part.set(piece, this.#usedBytes);
      this.#usedBytes += piece.length;
      at += piece.length;
      if (this.#usedBytes === vaultPartSizeBytes) this.#give();
    }
  }

  /** What is left, if anything is. */
  end(): void {
    if (this.#usedBytes > 0) this.#give();
  }

  #give(): void {
    const part = this.#part.subarray(0, this.#usedBytes);
    this.#part = new Uint8Array(vaultPartSizeBytes);
    this.#usedBytes = 0;
    this.#tell(part);
  }
}
