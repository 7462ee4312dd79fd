// How a file ends that was written before we came. A crash can leave the start of a line, which was
// never acknowledged and may be cut; everything else may be somebody's acknowledged lines.

import type { FileHandle } from 'node:fs/promises';
import { KiB, MiB } from '../limits.ts';

export type Tail =
  | { readonly kind: 'whole' }
  /** The start of one of our lines stands behind `endBytes`. */
  | { readonly kind: 'torn'; readonly endBytes: number }
  /** The end is not ours, or there are lines behind blocks that a crash left unwritten. */
  | { readonly kind: 'foreign' };

/** More than one commit can have been on its way: what is older has been synced and is whole. */
export const unsyncedSizeBytesMax = 64 * MiB;

const chunkSizeBytes = 256 * KiB;
const lineFeed = 0x0a;
const lineStart = Buffer.from('{"resourceLogs":');

export async function fileTail(handle: Pick<FileHandle, 'read'>, sizeBytes: number): Promise<Tail> {
  const chunk = Buffer.allocUnsafe(Math.min(chunkSizeBytes, Math.max(sizeBytes, 1)));
  const endBytes = await lastLineFeedEnd(handle, chunk, sizeBytes);
  const fromBytes = Math.max(0, endBytes - unsyncedSizeBytesMax);
  for (let at = fromBytes; at < endBytes; at += chunk.length) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, endBytes - at), at);
    if (chunk.subarray(0, bytesRead).includes(0)) return { kind: 'foreign' };
    if (bytesRead === 0) break;
  }
  if (endBytes === sizeBytes) return { kind: 'whole' };
  const startSizeBytes = Math.min(lineStart.length, sizeBytes - endBytes, chunk.length);
  const { bytesRead } = await handle.read(chunk, 0, startSizeBytes, endBytes);
  const start = chunk.subarray(0, bytesRead);
  // A block that did not reach the disk reads as zeros.
  const isOurs = start[0] === 0 || start.equals(lineStart.subarray(0, bytesRead));
  return isOurs ? { kind: 'torn', endBytes } : { kind: 'foreign' };
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
