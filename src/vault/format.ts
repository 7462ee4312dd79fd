// The numbers of the on-disk format, version 1: sizes, magics, types, flags. docs/VAULT-FORMAT.md
// is the prose; the layouts are drawn above the codecs. Little endian; sequences stay below 2^53.

import { GiB, KiB, MiB, messageSizeBytesLimit } from '../limits.ts';

/** A unit: what is written whole. Everything but the end of a file is a multiple of it. */
export const unitSizeBytes = 4 * KiB;

export const formatMajor = 1;
export const formatMinor = 0;

/** Features that this build knows; unknown bits decide what it may do with a file. */
export const knownFeatures = { incompat: 0, roCompat: 0, compat: 0 } as const;

/** Skippable frames of LZ4 (0x184D2A50 to 5F): `lz4 -dc` passes over what is ours. */
export const FrameMagic = {
  /** Reserved for holes in the log. */
  Gap: 0x184d2a5a,
  /** FOOTER, TRAILER and LOSS. */
  Payload: 0x184d2a5b,
  /** Reserved for encrypted payloads. */
  Encrypted: 0x184d2a5c,
  Padding: 0x184d2a5d,
  Header: 0x184d2a5e,
} as const;
export type FrameMagic = (typeof FrameMagic)[keyof typeof FrameMagic];

/** Magic and length in front of a skippable frame. */
export const frameHeadSizeBytes = 8;

export const segmentHeaderSizeBytes = unitSizeBytes;
export const blockHeaderSizeBytes = 128;
export const entryHeaderSizeBytes = 64;
/** In front of every body, and bodies are followed by zeros up to a multiple of it. */
export const entryAlignmentBytes = 8;
export const metaSlotSizeBytes = unitSizeBytes;
export const cursorSlotSizeBytes = 32 * KiB;
export const footerEntrySizeBytes = 32;
export const lossRangeSizeBytes = 48;
export const trailerPayloadSizeBytes = unitSizeBytes - blockHeaderSizeBytes - frameHeadSizeBytes;

/** 1 GiB in units of 4096 fits an u32 with room; tests use files of a few units. */
export const segmentSizeBytesMax = GiB;
export const segmentUnitsMin = 4;
export const segmentUnitsMax = segmentSizeBytesMax / unitSizeBytes;

/** A block never decompresses to more, so a reader needs one buffer of this size. */
export const blockRawSizeBytesMax = MiB;
/** Several entries share a block up to this. */
export const sharedBlockRawSizeBytesMax = 256 * KiB;
/** A cut entry: a piece and its header fill a block exactly. */
export const pieceSizeBytesMax = blockRawSizeBytesMax - entryHeaderSizeBytes;
export const bodySizeBytesMax = messageSizeBytesLimit;

/** A group of several entries; a larger entry is a group of its own. */
export const groupRawSizeBytesMax = 4 * MiB;
export const groupBlocksMax = 64;
/** Pieces of the largest entry. */
export const entryBlocksMax = Math.ceil(bodySizeBytesMax / pieceSizeBytesMax);

/** What a cursor slot holds above its watermark. */
export const cursorRangesMax = 2_040;
export const lossRangesMax = Math.floor(blockRawSizeBytesMax / lossRangeSizeBytes);

export const BlockType = {
  Data: 1,
  /** Empty: says that the blocks before it are durable. */
  Mark: 2,
  Footer: 3,
  Trailer: 4,
  Loss: 5,
} as const;
export type BlockType = (typeof BlockType)[keyof typeof BlockType];

/** Old readers may pass over a block of this type and above. */
export const skippableTypeMin = 128;

export const BlockFlag = {
  /** The stored bytes are one LZ4 frame. */
  Frame: 1,
  Encrypted: 2,
  /** Written again, after the group's first file failed. */
  Rewritten: 4,
  GroupFirst: 8,
  GroupLast: 16,
  /** Begins inside an entry. */
  Continued: 32,
  /** Its entry goes on in the next block. */
  More: 64,
} as const;
export const blockFlagsKnown = 127;

export const SegmentFlag = { Direct: 1, Recycled: 2, Encrypted: 4 } as const;
export const MetaFlag = { CleanShutdown: 1, Encrypted: 2 } as const;

export const EntryKind = {
  Protobuf: 1,
  /** Protobuf under a codec, as it was received. */
  CompressedProtobuf: 2,
  Json: 3,
  Enriched: 4,
  DeadLetter: 5,
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

export const EntryCodec = { None: 0, Gzip: 1, Zstd: 2, Deflate: 3 } as const;
export type EntryCodec = (typeof EntryCodec)[keyof typeof EntryCodec];

export const EntryFlag = { FirstPiece: 1, LastPiece: 2 } as const;
export const wholeEntryFlags = EntryFlag.FirstPiece | EntryFlag.LastPiece;
/** Number of LogRecords of an entry that nobody counted. */
export const recordsNotCounted = 0xffff_ffff;

export const LossReason = {
  Quota: 1,
  Damage: 2,
  MissingSegment: 3,
  Operator: 4,
  DeadLetterCap: 5,
} as const;
export type LossReason = (typeof LossReason)[keyof typeof LossReason];
