// What stands between the end of a block and the next unit: one 5D frame of zeros, or nothing if
// the block ends there exactly. It is checked on reading, since no hash covers it.

import { assert } from '../assert.ts';
import { paddingSizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { FrameMagic, frameHeadSizeBytes, unitSizeBytes } from './format.ts';
import { checkFrameHead, putFrameHead } from './payload-frame.ts';
import { ReadStatus } from './read-status.ts';

/** `blockOffsetBytes` is where the block begins in `area`; returns the end of the padding. */
export function writePadding(area: ByteView, blockOffsetBytes: number, endBytes: number): number {
  assert(endBytes > blockOffsetBytes, 'block ends before it begins');
  const sizeBytes = paddingSizeBytes(endBytes - blockOffsetBytes);
  assert(area.holds(endBytes, sizeBytes), 'no room for padding');
  if (sizeBytes === 0) return endBytes;
  putFrameHead(area, endBytes, FrameMagic.Padding, sizeBytes - frameHeadSizeBytes);
  area.bytes.fill(0, endBytes + frameHeadSizeBytes, endBytes + sizeBytes);
  assert((endBytes + sizeBytes - blockOffsetBytes) % unitSizeBytes === 0, 'padding off the unit');
  return endBytes + sizeBytes;
}

export function checkPadding(
  area: ByteView,
  blockOffsetBytes: number,
  endBytes: number,
): ReadStatus {
  assert(endBytes > blockOffsetBytes, 'block ends before it begins');
  const sizeBytes = paddingSizeBytes(endBytes - blockOffsetBytes);
  if (sizeBytes === 0) return ReadStatus.Ok;
  const status = checkFrameHead(area, endBytes, FrameMagic.Padding, sizeBytes);
  if (status === ReadStatus.Truncated) return status;
  if (status !== ReadStatus.Ok) return ReadStatus.Damaged;
  return area.isZero(endBytes + frameHeadSizeBytes, endBytes + sizeBytes)
    ? ReadStatus.Ok
    : ReadStatus.Damaged;
}
