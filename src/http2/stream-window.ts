// What a client may send of a request before there is memory for it. Its streams share the credit
// of their connection, and what is granted for one of them the client may spend on the others: so
// what a connection can make us keep is this, times its streams, and nothing else bounds it. With
// the 65,535 bytes that HTTP/2 begins with, four connections of 64 streams filled the landing pool
// of a limit of 128 MiB eight times over, and 98 of 100 requests of 183 KB were refused.
//
// A request that fits needs no credit of its own; a longer one waits a round trip for it.

import { KiB } from '../limits.ts';
import { windowSizeBytesInitial } from './frame-format.ts';

/** A whole frame: with 4 KiB OkHttp timed out, and h2spec sends a frame at once. */
export const streamWindowSizeBytes = 16 * KiB;

/** How much less that is than what a client begins with, until it has read our SETTINGS. */
export const streamWindowCutBytes = windowSizeBytesInitial - streamWindowSizeBytes;

/** No connection may fill more than its part of the landing pool with messages that wait. */
const connectionShares = 4;

/** Of one connection, what it sends before it has read our SETTINGS not counted. */
export function heldShareBytes(landingSizeBytes: number): number {
  return landingSizeBytes / connectionShares;
}

/** Beyond it messages of a connection do not wait. */
export function heldSizeBytesMax(landingSizeBytes: number): number {
  return 2 * heldShareBytes(landingSizeBytes) + windowSizeBytesInitial;
}

/** As many streams as can wait for memory within the share of their connection. */
export function concurrentStreamsWithin(landingSizeBytes: number, configuredMax: number): number {
  const fittingCount = Math.floor(heldShareBytes(landingSizeBytes) / streamWindowSizeBytes);
  return Math.max(1, Math.min(configuredMax, fittingCount));
}
