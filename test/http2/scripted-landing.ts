// A landing pool that is as full as a test says.

import type { ConnectionParts } from '../../src/http2/connection-core.ts';
import { KiB } from '../../src/limits.ts';

type Landing = ConnectionParts['landing'];

export class ScriptedLanding implements Landing {
  readonly sizeBytes = 512 * KiB;
  freeBytes: number;
  readonly waiting = new Set<() => void>();

  constructor(freeBytes: number) {
    this.freeBytes = freeBytes;
  }

  whenRoom(callback: () => void) {
    this.waiting.add(callback);
    return { cancel: () => void this.waiting.delete(callback) };
  }

  /** There is so much room now, and whoever waits is told. */
  give(sizeBytes: number): void {
    this.freeBytes = sizeBytes;
    for (const callback of [...this.waiting]) {
      this.waiting.delete(callback);
      callback();
    }
  }
}
