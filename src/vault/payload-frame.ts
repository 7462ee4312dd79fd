// Skippable frames of LZ4, in which everything that is not a log entry travels: u32 magic, u32
// length of what follows. Stock decoders pass over them.

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { putU32 } from './field-bytes.ts';
import { type FrameMagic, frameHeadSizeBytes } from './format.ts';
import { ReadStatus } from './read-status.ts';

/** Writes the head; the payload goes behind it. */
export function putFrameHead(
  area: ByteView,
  offsetBytes: number,
  magic: FrameMagic,
  payloadSizeBytes: number,
): void {
  assert(area.holds(offsetBytes, frameHeadSizeBytes + payloadSizeBytes), 'no room for a frame');
  putU32(area.view, offsetBytes, magic);
  putU32(area.view, offsetBytes + 4, payloadSizeBytes);
}

/** Is there a frame of this magic that fills exactly `frameSizeBytes`, head included? */
export function checkFrameHead(
  area: ByteView,
  offsetBytes: number,
  magic: FrameMagic,
  frameSizeBytes: number,
): ReadStatus {
  if (!area.holds(offsetBytes, Math.max(frameSizeBytes, frameHeadSizeBytes)))
    return ReadStatus.Truncated;
  if (area.view.getUint32(offsetBytes, true) !== magic) return ReadStatus.NotFound;
  return area.view.getUint32(offsetBytes + 4, true) === frameSizeBytes - frameHeadSizeBytes
    ? ReadStatus.Ok
    : ReadStatus.Inconsistent;
}
