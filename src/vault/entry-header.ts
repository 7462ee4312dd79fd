// The header in front of every entry, and of every piece of a cut one. The producer writes it into
// the slab, in front of the body; it is what `lz4 -dc` prints. It has no hash: storedHash of the
// block guards it, bodyHash guards the body from the producer to the export.
//
// 64 bytes, then the body or piece, then zeros to a multiple of 8, little endian:
//
//     0  4    'VENT'                4  u8   kind, u8 codec         6  u16  flags: 1 first, 2 last
//     8  u64  entrySeq             16  u64  received, unix ns     24  u64  producerHash
//    32  u32  body length          36  u32  piece offset          40  u32  piece length
//    44  u8   dead-letter reason   45  u8   whom it is owed to     46  u8   original kind
//    47  u8   attempts, saturating
//    48  u64  bodyHash             56  u32  LogRecords            60  u32  last status code

import { assert } from '../assert.ts';
import { entrySizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { entryFault } from './entry-rules.ts';
import { getSequence, putSequence, putU8, putU16, putU32 } from './field-bytes.ts';
import {
  EntryCodec,
  EntryKind,
  entryHeaderSizeBytes,
  recordsNotCounted,
  wholeEntryFlags,
} from './format.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/** Reused: one for each writer and each reader. */
export class EntryHeader {
  kind: number = EntryKind.Protobuf;
  codec: number = EntryCodec.None;
  flags: number = wholeEntryFlags;
  entrySeq = 0;
  readonly receivedNs = new U64();
  /** XXH64 of the authenticated identity; 0: unknown. */
  readonly producerHash = new U64();
  /** Of the whole entry. */
  bodySizeBytes = 0;
  pieceOffsetBytes = 0;
  pieceSizeBytes = 0;
  /** Dead letters only, as are the next three and the status code. */
  reason = 0;
  /** A consumerTag(). Older builds show it as part of the reason. */
  owedTo = 0;
  originalKind = 0;
  attempts = 0;
  /** XXH64 of the whole body, as the producer computed it. */
  readonly bodyHash = new U64();
  recordCount: number = recordsNotCounted;
  statusCode = 0;
}

const magic = 0x544e4556; // 'VENT'

export function writeEntryHeader(area: ByteView, offsetBytes: number, entry: EntryHeader): void {
  const { view } = area;
  assert(area.holds(offsetBytes, entryHeaderSizeBytes), 'no room for an entry header');
  assert(entryFault(entry) === ReadStatus.Ok, 'entry header contradicts itself');
  putU32(view, offsetBytes, magic);
  putU8(view, offsetBytes + 4, entry.kind);
  putU8(view, offsetBytes + 5, entry.codec);
  putU16(view, offsetBytes + 6, entry.flags);
  putSequence(view, offsetBytes + 8, entry.entrySeq);
  entry.receivedNs.write(view, offsetBytes + 16);
  entry.producerHash.write(view, offsetBytes + 24);
  putU32(view, offsetBytes + 32, entry.bodySizeBytes);
  putU32(view, offsetBytes + 36, entry.pieceOffsetBytes);
  putU32(view, offsetBytes + 40, entry.pieceSizeBytes);
  putU8(view, offsetBytes + 44, entry.reason);
  putU8(view, offsetBytes + 45, entry.owedTo);
  putU8(view, offsetBytes + 46, entry.originalKind);
  putU8(view, offsetBytes + 47, entry.attempts);
  entry.bodyHash.write(view, offsetBytes + 48);
  putU32(view, offsetBytes + 56, entry.recordCount);
  putU32(view, offsetBytes + 60, entry.statusCode);
}

/** Wall time, of the header that a producer has written there. */
export function receivedMsAt({ view }: ByteView, offsetBytes: number): number {
  assert(view.getUint32(offsetBytes, true) === magic, 'no entry header');
  return received.read(view, offsetBytes + 16).msOfNs;
}

const received = new U64();

/** What is counted of a dead letter; undefined: the header is that of another kind of entry. */
export function deadLetterAt(
  { view }: ByteView,
  offsetBytes: number,
): { readonly reason: number; readonly recordCount: number } | undefined {
  assert(view.getUint32(offsetBytes, true) === magic, 'no entry header');
  if (view.getUint8(offsetBytes + 4) !== EntryKind.DeadLetter) return undefined;
  const recordCount = view.getUint32(offsetBytes + 56, true);
  return {
    reason: view.getUint8(offsetBytes + 44),
    recordCount: recordCount === recordsNotCounted ? 0 : recordCount,
  };
}

/** Zeros behind a body or piece; returns the end of the entry. */
export function writeEntryPadding(area: ByteView, offsetBytes: number, entry: EntryHeader): number {
  const endBytes = offsetBytes + entrySizeBytes(entry.pieceSizeBytes);
  assert(area.holds(offsetBytes, endBytes - offsetBytes), 'no room for an entry');
  area.bytes.fill(0, offsetBytes + entryHeaderSizeBytes + entry.pieceSizeBytes, endBytes);
  return endBytes;
}

/** The whole entry must end by `endBytes`, the end of the decompressed block. */
export function readEntryHeader(
  area: ByteView,
  offsetBytes: number,
  endBytes: number,
  entry: EntryHeader,
): ReadStatus {
  const { view } = area;
  assert(endBytes <= area.bytes.length, 'block ends behind the bytes');
  if (offsetBytes + entryHeaderSizeBytes > endBytes) return ReadStatus.Truncated;
  if (view.getUint32(offsetBytes, true) !== magic) return ReadStatus.NotFound;
  entry.kind = view.getUint8(offsetBytes + 4);
  entry.codec = view.getUint8(offsetBytes + 5);
  entry.flags = view.getUint16(offsetBytes + 6, true);
  entry.entrySeq = getSequence(view, offsetBytes + 8);
  entry.receivedNs.read(view, offsetBytes + 16);
  entry.producerHash.read(view, offsetBytes + 24);
  entry.bodySizeBytes = view.getUint32(offsetBytes + 32, true);
  entry.pieceOffsetBytes = view.getUint32(offsetBytes + 36, true);
  entry.pieceSizeBytes = view.getUint32(offsetBytes + 40, true);
  entry.reason = view.getUint8(offsetBytes + 44);
  entry.owedTo = view.getUint8(offsetBytes + 45);
  entry.originalKind = view.getUint8(offsetBytes + 46);
  entry.attempts = view.getUint8(offsetBytes + 47);
  entry.bodyHash.read(view, offsetBytes + 48);
  entry.recordCount = view.getUint32(offsetBytes + 56, true);
  entry.statusCode = view.getUint32(offsetBytes + 60, true);
  const fault = entryFault(entry);
  if (fault !== ReadStatus.Ok) return fault;
  const entryEndBytes = offsetBytes + entrySizeBytes(entry.pieceSizeBytes);
  if (entryEndBytes > endBytes) return ReadStatus.Truncated;
  const pieceEndBytes = offsetBytes + entryHeaderSizeBytes + entry.pieceSizeBytes;
  return area.isZero(pieceEndBytes, entryEndBytes) ? ReadStatus.Ok : ReadStatus.Damaged;
}
