// A socket without a network: what is written to it gathers until somebody takes it, and the writer
// learns that it is gone only then, or never.

import type { ConnectionSocket } from '../../src/http2/connection-output.ts';

export class MemorySocket implements ConnectionSocket {
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  /** False: like a full socket, it takes what is written and calls nobody back. */
  drains = true;
  #chunks: Uint8Array[] = [];
  #callbacks: (() => void)[] = [];

  write(bytes: Uint8Array, written: () => void): void {
    // Copied, because the writer uses its buffer again.
    this.#chunks.push(Uint8Array.prototype.slice.call(bytes));
    this.#callbacks.push(written);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** What was written since the last time. */
  take(): Buffer {
    const chunks = this.#chunks;
    this.#chunks = [];
    return Buffer.concat(chunks);
  }

  /** Tells the writers; false when there were none. */
  drain(): boolean {
    if (!this.drains || this.#callbacks.length === 0) return false;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const written of callbacks) written();
    return true;
  }
}
