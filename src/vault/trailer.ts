// TRAILER: the last unit of a sealed file. It says that the file was finished, where its footer is
// and where the log ends in it, and it repeats the segment header, so that one damaged unit hides
// nothing.
//
// A 5B frame of 3960 bytes, little endian; offsets from the beginning of its payload:
//
//     0  u32  footer offset / 4096   4  u32  footer units          8  u32  blocks, u32 0
//    16  u64  lastBlockSeq          24  u64  entryEnd             32  u64  last chain value
//    40  88   bytes 40 to 127 of the segment header
//   128  u64  oldest, u64 newest receive time, unix ns           144  ..   zero

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU32 } from './field-bytes.ts';
import {
  FrameMagic,
  frameHeadSizeBytes,
  trailerPayloadSizeBytes,
  unitSizeBytes,
} from './format.ts';
import { checkFrameHead, putFrameHead } from './payload-frame.ts';
import { ReadStatus } from './read-status.ts';
import { putSegmentOrigin, readSegmentOrigin, SegmentOrigin } from './segment-header.ts';
import { footerBlockSizeBytes } from './segment-room.ts';
import { U64 } from './u64.ts';

export class Trailer extends SegmentOrigin {
  footerOffsetUnits = 0;
  footerUnits = 0;
  blockCount = 0;
  lastBlockSeq = 0;
  /** Exclusive end of the entries of this segment. */
  entryEnd = 0;
  /** headerHash of the last block. */
  readonly lastChain = new U64();
  readonly oldestReceivedNs = new U64();
  readonly newestReceivedNs = new U64();
}

export const trailerStoredSizeBytes = frameHeadSizeBytes + trailerPayloadSizeBytes;

/** `offsetBytes` is behind the header of the TRAILER block. Returns the stored length. */
export function writeTrailer(area: ByteView, offsetBytes: number, trailer: Trailer): number {
  const { view } = area;
  const payloadBytes = offsetBytes + frameHeadSizeBytes;
  assert(area.holds(offsetBytes, trailerStoredSizeBytes), 'no room for a trailer');
  assert(trailerFault(trailer) === ReadStatus.Ok, 'trailer contradicts itself');
  putFrameHead(area, offsetBytes, FrameMagic.Payload, trailerPayloadSizeBytes);
  area.bytes.fill(0, payloadBytes, payloadBytes + trailerPayloadSizeBytes);
  putU32(view, payloadBytes, trailer.footerOffsetUnits);
  putU32(view, payloadBytes + 4, trailer.footerUnits);
  putU32(view, payloadBytes + 8, trailer.blockCount);
  putSequence(view, payloadBytes + 16, trailer.lastBlockSeq);
  putSequence(view, payloadBytes + 24, trailer.entryEnd);
  trailer.lastChain.write(view, payloadBytes + 32);
  putSegmentOrigin(view, payloadBytes, trailer);
  trailer.oldestReceivedNs.write(view, payloadBytes + 128);
  trailer.newestReceivedNs.write(view, payloadBytes + 136);
  return trailerStoredSizeBytes;
}

/** The block that it is in was read and its body checked: this has no hash of its own. */
export function readTrailer(area: ByteView, offsetBytes: number, trailer: Trailer): ReadStatus {
  const { view } = area;
  const payloadBytes = offsetBytes + frameHeadSizeBytes;
  const frame = checkFrameHead(area, offsetBytes, FrameMagic.Payload, trailerStoredSizeBytes);
  if (frame !== ReadStatus.Ok) return frame;
  trailer.footerOffsetUnits = view.getUint32(payloadBytes, true);
  trailer.footerUnits = view.getUint32(payloadBytes + 4, true);
  trailer.blockCount = view.getUint32(payloadBytes + 8, true);
  trailer.lastBlockSeq = getSequence(view, payloadBytes + 16);
  trailer.entryEnd = getSequence(view, payloadBytes + 24);
  trailer.lastChain.read(view, payloadBytes + 32);
  trailer.oldestReceivedNs.read(view, payloadBytes + 128);
  trailer.newestReceivedNs.read(view, payloadBytes + 136);
  const origin = readSegmentOrigin(view, payloadBytes, trailer);
  return origin === ReadStatus.Ok ? trailerFault(trailer) : origin;
}

function trailerFault(trailer: Trailer): ReadStatus {
  if (trailer.lastBlockSeq < 1 || trailer.entryEnd < 0) return ReadStatus.BeyondLimit;
  if (trailer.blockCount < 1 || trailer.blockCount >= trailer.capacityUnits)
    return ReadStatus.BeyondLimit;
  const footerUnits = footerBlockSizeBytes(trailer.blockCount) / unitSizeBytes;
  const isWhole =
    trailer.lastBlockSeq === trailer.firstBlockSeq + trailer.blockCount - 1 &&
    trailer.entryEnd >= trailer.firstEntrySeq &&
    trailer.footerUnits === footerUnits &&
    // Each block has a unit at least, behind that of the header; one is left for the trailer.
    trailer.footerOffsetUnits >= 1 + trailer.blockCount &&
    trailer.footerOffsetUnits + footerUnits < trailer.capacityUnits;
  return isWhole ? ReadStatus.Ok : ReadStatus.Inconsistent;
}
