// FOOTER: where each block of a sealed segment is, so that a reader seeks instead of walking. It
// repeats what the block headers say and can be rebuilt from them; losing it costs time only.
//
// A 5B frame, then 32 bytes for each block, little endian:
//
//     0  u64  blockSeq              8  u64  firstEntrySeq         16  u32  offset / 4096
//    20  u32  units                24  u16  entryCount            26  u8   type, u8 0
//    28  u32  low half of headerHash

import { assert } from '../assert.ts';
import type { BlockHeader } from './block-header.ts';
import { blockSizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU8, putU16, putU32 } from './field-bytes.ts';
import {
  BlockType,
  FrameMagic,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  segmentUnitsMax,
  unitSizeBytes,
} from './format.ts';
import { checkFrameHead, putFrameHead } from './payload-frame.ts';
import { ReadStatus } from './read-status.ts';

/** Reused: one for each writer and each reader. */
export class FooterEntry {
  blockSeq = 0;
  firstEntrySeq = 0;
  offsetUnits = 0;
  units = 0;
  entryCount = 0;
  type: number = BlockType.Data;
  hashLow = 0;

  /** What a footer says of this block; the header is written or read already. */
  setBlock(header: BlockHeader): this {
    this.blockSeq = header.blockSeq;
    this.firstEntrySeq = header.firstEntrySeq;
    this.offsetUnits = header.offsetUnits;
    this.units = blockSizeBytes(header.storedSizeBytes) / unitSizeBytes;
    this.entryCount = header.entryCount;
    this.type = header.type;
    this.hashLow = header.headerHash.low;
    return this;
  }
}

/** Stored length of the FOOTER block; the entries go behind the head. */
export function putFooterHead(area: ByteView, offsetBytes: number, blockCount: number): number {
  assert(blockCount >= 1 && blockCount < segmentUnitsMax, 'footer of no or too many blocks');
  const payloadSizeBytes = blockCount * footerEntrySizeBytes;
  putFrameHead(area, offsetBytes, FrameMagic.Payload, payloadSizeBytes);
  return frameHeadSizeBytes + payloadSizeBytes;
}

/** Is there the frame of a footer of this many blocks? Its entries are checked one by one. */
export function checkFooterHead(
  area: ByteView,
  offsetBytes: number,
  blockCount: number,
): ReadStatus {
  if (blockCount < 1 || blockCount >= segmentUnitsMax) return ReadStatus.BeyondLimit;
  const frameSizeBytes = frameHeadSizeBytes + blockCount * footerEntrySizeBytes;
  return checkFrameHead(area, offsetBytes, FrameMagic.Payload, frameSizeBytes);
}

export function putFooterEntry(area: ByteView, offsetBytes: number, entry: FooterEntry): void {
  const { view } = area;
  assert(area.holds(offsetBytes, footerEntrySizeBytes), 'no room for a footer entry');
  assert(footerFault(entry) === ReadStatus.Ok, 'footer entry contradicts itself');
  putSequence(view, offsetBytes, entry.blockSeq);
  putSequence(view, offsetBytes + 8, entry.firstEntrySeq);
  putU32(view, offsetBytes + 16, entry.offsetUnits);
  putU32(view, offsetBytes + 20, entry.units);
  putU16(view, offsetBytes + 24, entry.entryCount);
  putU8(view, offsetBytes + 26, entry.type);
  putU8(view, offsetBytes + 27, 0);
  putU32(view, offsetBytes + 28, entry.hashLow);
}

export function readFooterEntry(
  area: ByteView,
  offsetBytes: number,
  entry: FooterEntry,
): ReadStatus {
  const { view } = area;
  if (!area.holds(offsetBytes, footerEntrySizeBytes)) return ReadStatus.Truncated;
  entry.blockSeq = getSequence(view, offsetBytes);
  entry.firstEntrySeq = getSequence(view, offsetBytes + 8);
  entry.offsetUnits = view.getUint32(offsetBytes + 16, true);
  entry.units = view.getUint32(offsetBytes + 20, true);
  entry.entryCount = view.getUint16(offsetBytes + 24, true);
  entry.type = view.getUint8(offsetBytes + 26);
  entry.hashLow = view.getUint32(offsetBytes + 28, true);
  return footerFault(entry);
}

/** Blocks of a segment lie behind each other without holes, numbered one by one. */
export function followsInFooter(before: FooterEntry, entry: FooterEntry): boolean {
  return (
    entry.blockSeq === before.blockSeq + 1 &&
    entry.offsetUnits === before.offsetUnits + before.units &&
    entry.firstEntrySeq >= before.firstEntrySeq
  );
}

function footerFault(entry: FooterEntry): ReadStatus {
  if (entry.blockSeq < 1 || entry.firstEntrySeq < 0) return ReadStatus.BeyondLimit;
  if (entry.offsetUnits < 1 || entry.units < 1) return ReadStatus.Inconsistent;
  if (entry.offsetUnits + entry.units > segmentUnitsMax) return ReadStatus.BeyondLimit;
  const isOutsideChain = entry.type === BlockType.Footer || entry.type === BlockType.Trailer;
  return isOutsideChain ? ReadStatus.Inconsistent : ReadStatus.Ok;
}
