// What must be true of any entry header: asserted before one is written, checked after one is read.

import {
  bodySizeBytesMax,
  EntryCodec,
  EntryFlag,
  EntryKind,
  pieceSizeBytesMax,
  wholeEntryFlags,
} from './format.ts';
import { ReadStatus } from './read-status.ts';

/** The part of an EntryHeader that has rules. */
export interface RuledEntry {
  readonly kind: number;
  readonly codec: number;
  readonly flags: number;
  readonly entrySeq: number;
  readonly bodySizeBytes: number;
  readonly pieceOffsetBytes: number;
  readonly pieceSizeBytes: number;
  readonly reason: number;
  readonly owedTo: number;
  readonly originalKind: number;
  readonly attempts: number;
  readonly statusCode: number;
}

/** Ok, or what is wrong with it. */
export function entryFault(entry: RuledEntry): ReadStatus {
  if (entry.entrySeq < 0) return ReadStatus.BeyondLimit;
  if (entry.bodySizeBytes > bodySizeBytesMax) return ReadStatus.BeyondLimit;
  if (entry.kind < EntryKind.Protobuf || entry.kind > EntryKind.DeadLetter)
    return ReadStatus.UnknownFeature;
  if (entry.codec > EntryCodec.Deflate) return ReadStatus.UnknownFeature;
  if (!isPiece(entry) || !isKind(entry)) return ReadStatus.Inconsistent;
  return ReadStatus.Ok;
}

// An entry that fits a block is whole. One that does not is cut at multiples of the piece size.
function isPiece(entry: RuledEntry): boolean {
  const first = (entry.flags & EntryFlag.FirstPiece) !== 0;
  const last = (entry.flags & EntryFlag.LastPiece) !== 0;
  if ((entry.flags & ~wholeEntryFlags) !== 0) return false;
  const restBytes = entry.bodySizeBytes - entry.pieceOffsetBytes; // below zero fits no piece
  return (
    entry.pieceOffsetBytes % pieceSizeBytesMax === 0 &&
    entry.pieceSizeBytes === Math.min(restBytes, pieceSizeBytesMax) &&
    first === (entry.pieceOffsetBytes === 0) &&
    last === (entry.pieceSizeBytes === restBytes) &&
    (first || entry.pieceSizeBytes > 0)
  );
}

function isKind(entry: RuledEntry): boolean {
  const isDeadLetter = entry.kind === EntryKind.DeadLetter;
  const original = isDeadLetter ? entry.originalKind : entry.kind;
  const compressed = entry.codec !== EntryCodec.None;
  if (isDeadLetter) {
    if (entry.reason === 0) return false;
    if (original < EntryKind.Protobuf || original > EntryKind.Enriched) return false;
  } else {
    if (entry.reason !== 0 || entry.owedTo !== 0 || entry.originalKind !== 0) return false;
    if (entry.attempts !== 0 || entry.statusCode !== 0) return false;
  }
  if (original === EntryKind.CompressedProtobuf) return compressed;
  return original === EntryKind.Json || !compressed;
}
