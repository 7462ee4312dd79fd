// Where the whole lines of a file end. A crash can leave the start of a line, and, because blocks
// reach the disk in any order, zeros with whole lines behind them; none of that was ever
// acknowledged.

import type { FileHandle } from 'node:fs/promises';
import { KiB, MiB } from '../limits.ts';

/** More than one commit can have been on its way: what is older has been synced and is whole. */
export const unsyncedSizeBytesMax = 64 * MiB;

const chunkSizeBytes = 256 * KiB;
const lineFeed = 0x0a;

/**
 * Bytes to keep of a file of `sizeBytes`: up to the last line feed, and to none behind a zero byte.
 */
export async function wholeLinesEndBytes(
  handle: Pick<FileHandle, 'read'>,
  sizeBytes: number,
): Promise<number> {
  const chunk = Buffer.allocUnsafe(Math.min(chunkSizeBytes, sizeBytes));
  let endBytes = await lastLineFeedEnd(handle, chunk, sizeBytes);
  for (let at = Math.max(0, endBytes - unsyncedSizeBytesMax); at < endBytes; at += chunk.length) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, endBytes - at), at);
    const zeroAt = chunk.subarray(0, bytesRead).indexOf(0);
    if (zeroAt >= 0) endBytes = await lastLineFeedEnd(handle, chunk, at + zeroAt);
    if (bytesRead === 0) break;
  }
  return endBytes;
}

/** Offset behind the last line feed before `beforeBytes`; 0 when there is none. */
async function lastLineFeedEnd(
  handle: Pick<FileHandle, 'read'>,
  chunk: Buffer,
  beforeBytes: number,
): Promise<number> {
  let endBytes = beforeBytes;
  while (endBytes > 0) {
    const startBytes = Math.max(0, endBytes - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, endBytes - startBytes, startBytes);
    const found = chunk.subarray(0, bytesRead).lastIndexOf(lineFeed);
    if (found >= 0) return startBytes + found + 1;
    endBytes = startBytes;
  }
  return 0;
}
