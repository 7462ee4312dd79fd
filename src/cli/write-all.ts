// Bytes to a descriptor, all of them, before the next are made: a command that reads a whole vault
// must not gather its output in memory, nor go on for a reader that has gone.

import { writeSync } from 'node:fs';

/** Throws what the system says, EPIPE among it. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error; // node:fs throws these
      Atomics.wait(pauseWord, 0, 0, fullPipeDelayMs);
    }
  }
}

/** A pipe that somebody has set to non-blocking is full. */
const fullPipeDelayMs = 5;
const pauseWord = new Int32Array(new SharedArrayBuffer(4));
