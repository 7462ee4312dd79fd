// Buffers for what is written to the connections of one port, and for what was read of them and has
// to wait. Only connections that have something to say, or that wait for memory, hold any, so they
// are few and go round.

import { KiB } from '../limits.ts';

export class OutputBuffers {
  readonly #free: Buffer[] = [];

  /** At least this large. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes > usualSizeBytes) {
      return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(sizeBytes)));
    }
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(usualSizeBytes);
  }

  give(buffer: Buffer): void {
    if (buffer.length === usualSizeBytes && this.#free.length < freeMax) this.#free.push(buffer);
  }
}

/** Some fifty answers to gRPC calls. */
export const usualSizeBytes = 4 * KiB;
const freeMax = 256;
