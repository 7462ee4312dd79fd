// How much of a request is handed to a connection in one call. TLS copies what it is given, outside
// of the arena and as garbage that only a collection frees: a request of 8 MiB given at once cost
// up to 40 MiB.

import { KiB } from '../limits.ts';

const writeSizeBytesMax = 128 * KiB;

/** The same bytes in their order, in views of 128 KiB at most. */
export function* writeChunks(pieces: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += writeSizeBytesMax) {
      yield piece.subarray(at, at + writeSizeBytesMax);
    }
  }
}
