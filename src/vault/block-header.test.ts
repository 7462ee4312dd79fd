import {
  area,
  checkReading,
  checkWriting,
  type Patch,
  rehash,
  tooLarge,
} from '../../test/support/refusal-check.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { BlockHeader, readBlockHeader, writeBlockHeader } from './block-header.ts';
import { BlockFlag, BlockType } from './format.ts';
import { ReadStatus } from './read-status.ts';

function blockHeader(): BlockHeader {
  const header = new BlockHeader();
  Object.assign(header, { flags: 1 | 8, segmentId: 9, epoch: 2, offsetUnits: 1, blockSeq: 100 });
  Object.assign(header, { firstEntrySeq: 200, entryCount: 3, sinceDurable: 200, durableSeq: 99 });
  Object.assign(header, { storedSizeBytes: 500, rawSizeBytes: 1000 });
  return Object.assign(header, { groupIndex: 0, groupBlocks: 2 });
}
/** Last of two blocks, and inside an entry. */
const continued: readonly Patch[] = [
  [14, 16, 1 | 16 | 32],
  [76, 16, 1],
];

const loss = (raw: number, stored: number): Patch[] => [
  [13, 8, BlockType.Loss],
  [14, 16, 8],
  [64, 32, 0],
  [72, 32, raw],
  [68, 32, stored],
];

const flagsAt = (flags: number): Patch => [14, 16, flags];

checkReading(
  'block header',
  () => writeBlockHeader(area, 0, blockHeader(), xxh64),
  () => {
    rehash(120, 120);
    return readBlockHeader(area, 0, new BlockHeader(), xxh64);
  },
  [
    ['another frame', ReadStatus.NotFound, [0, 32, 0x184d2a5d]],
    ['another length of frame', ReadStatus.NotFound, [4, 32, 119]],
    ['another magic', ReadStatus.NotFound, [8, 32, 0]],
    ['another version', ReadStatus.UnknownMajor, [12, 8, 2]],
    ['type 0', ReadStatus.UnknownFeature, [13, 8, 0]],
    ['GAP', ReadStatus.UnknownFeature, [13, 8, 6]],
    ['type 127', ReadStatus.UnknownFeature, [13, 8, 127]],
    ['a type to pass over', ReadStatus.Ok, [13, 8, 128]],
    ['an encrypted block', ReadStatus.UnknownFeature, flagsAt(1 | 2 | 8)],
    ['DATA that is no frame', ReadStatus.UnknownFeature, flagsAt(8)],
    ['first, and not first of its group', ReadStatus.Inconsistent, [76, 16, 1]],
    ['not said to be first', ReadStatus.Inconsistent, flagsAt(1)],
    ['first and last of two', ReadStatus.Inconsistent, flagsAt(1 | 8 | 16)],
    ['no group', ReadStatus.Inconsistent, [78, 16, 0]],
    ['group of 66', ReadStatus.BeyondLimit, [78, 16, 66]],
    ['group of 65', ReadStatus.Ok, [78, 16, 65]],
    ['CONT at the beginning of a group', ReadStatus.Inconsistent, flagsAt(1 | 8 | 32), [64, 32, 0]],
    ['MORE in a short block', ReadStatus.Inconsistent, flagsAt(1 | 8 | 64), [64, 32, 1]],
    ['MORE of three entries', ReadStatus.Inconsistent, flagsAt(1 | 8 | 64), [72, 32, 1_048_576]],
    [
      'MORE',
      ReadStatus.Ok,
      ...([flagsAt(1 | 8 | 64), [64, 32, 1], [72, 32, 1_048_576]] satisfies Patch[]),
    ],
    [
      'MORE at the end of a group',
      ReadStatus.Inconsistent,
      ...([flagsAt(1 | 8 | 16 | 64), [64, 32, 1], [72, 32, 1_048_576]] satisfies Patch[]),
      [78, 16, 1],
    ],
    ['no entries', ReadStatus.Inconsistent, [64, 32, 0]],
    ['more entries than there is room', ReadStatus.Inconsistent, [64, 32, 16]],
    ['as many entries as there is room', ReadStatus.Ok, [64, 32, 15]],
    ['2^32 - 1 entries', ReadStatus.Inconsistent, [64, 32, 0xffff_ffff]],
    ['length FF FF FF FF', ReadStatus.BeyondLimit, [68, 32, 0xffff_ffff]],
    ['raw length FF FF FF FF', ReadStatus.BeyondLimit, [72, 32, 0xffff_ffff]],
    ['raw length off the alignment', ReadStatus.Inconsistent, [72, 32, 1001]],
    ['three entries above 256 KiB', ReadStatus.Inconsistent, [72, 32, 262_152]],
    ['three entries of 256 KiB', ReadStatus.Ok, [72, 32, 262_144]],
    ['a frame longer than the longest', ReadStatus.BeyondLimit, [68, 32, 1000 + 4 + 19 + 1]],
    ['the longest frame', ReadStatus.Ok, [68, 32, 1000 + 4 + 19]],
    ['nothing stored', ReadStatus.Inconsistent, [68, 32, 0]],
    ['segmentId 0', ReadStatus.BeyondLimit, [24, 64, 0]],
    ['segmentId 2^53', ReadStatus.BeyondLimit, [24, 64, tooLarge]],
    ['epoch 0', ReadStatus.BeyondLimit, [32, 32, 0]],
    ['at the segment header', ReadStatus.BeyondLimit, [36, 32, 0]],
    ['behind 1 GiB', ReadStatus.BeyondLimit, [36, 32, 2 ** 18]],
    ['blockSeq 0', ReadStatus.BeyondLimit, [48, 64, 0]],
    ['blockSeq 2^53', ReadStatus.BeyondLimit, [48, 64, tooLarge]],
    ['firstEntrySeq 2^53', ReadStatus.BeyondLimit, [56, 64, tooLarge]],
    ['entries up to 2^53', ReadStatus.BeyondLimit, [56, 64, tooLarge - 3n]],
    ['entries up to 2^53 - 1', ReadStatus.Ok, [56, 64, tooLarge - 4n]],
    ['durable itself', ReadStatus.Inconsistent, [80, 64, 100]],
    ['durableSeq 2^53', ReadStatus.BeyondLimit, [80, 64, tooLarge]],
    ['more since durable than there is', ReadStatus.Inconsistent, [20, 32, 201]],
    [
      'a type to pass over, longer than any block',
      ReadStatus.BeyondLimit,
      ...([
        [13, 8, 128],
        [68, 32, 0xffff_ffff],
      ] satisfies Patch[]),
    ],
    ['CONT', ReadStatus.Ok, ...continued, [64, 32, 0]],
    ['CONT where an entry begins', ReadStatus.Inconsistent, ...continued, [64, 32, 1]],
    ['a LOSS of two ranges', ReadStatus.Ok, ...loss(96, 104)],
    ['a LOSS of none', ReadStatus.Inconsistent, ...loss(0, 8)],
    ['a LOSS that stores more', ReadStatus.Inconsistent, ...loss(96, 105)],
    ['a LOSS of too many ranges', ReadStatus.BeyondLimit, ...loss(48 * 21_846, 48 * 21_846 + 8)],
    ['a MARK with entries', ReadStatus.Inconsistent, [13, 8, BlockType.Mark]],
    [
      'a MARK',
      ReadStatus.Ok,
      ...([[13, 8, BlockType.Mark], flagsAt(8), [64, 32, 0]] satisfies Patch[]),
      ...([
        [68, 32, 0],
        [72, 32, 0],
      ] satisfies Patch[]),
    ],
    [
      'a LOSS of a part of a range',
      ReadStatus.Inconsistent,
      ...([[13, 8, BlockType.Loss], flagsAt(8), [64, 32, 0]] satisfies Patch[]),
      ...([
        [68, 32, 57],
        [72, 32, 49],
      ] satisfies Patch[]),
    ],
    [
      'a FOOTER, durable itself',
      ReadStatus.Ok,
      ...([[13, 8, BlockType.Footer], flagsAt(8), [64, 32, 0], [80, 64, 100]] satisfies Patch[]),
      ...([
        [68, 32, 40],
        [72, 32, 32],
      ] satisfies Patch[]),
    ],
    [
      'a TRAILER of half its size',
      ReadStatus.Inconsistent,
      ...([[13, 8, BlockType.Trailer], flagsAt(8), [64, 32, 0]] satisfies Patch[]),
      ...([
        [68, 32, 1988],
        [72, 32, 1980],
      ] satisfies Patch[]),
    ],
  ],
);
checkWriting('block header', blockHeader, (it) => writeBlockHeader(area, 0, it, xxh64), {
  'durable itself': (it) => Object.assign(it, { durableSeq: 100 }),
  'no entries': (it) => Object.assign(it, { entryCount: 0 }),
  'no epoch': (it) => Object.assign(it, { epoch: 0 }),
  'blockSeq 2^53': (it) => Object.assign(it, { blockSeq: 2 ** 53 }),
  'unknown flag': (it) => Object.assign(it, { flags: it.flags | 128 }),
  encrypted: (it) => Object.assign(it, { flags: it.flags | BlockFlag.Encrypted }),
  'type 128': (it) => Object.assign(it, { type: 128 }),
  'raw length': (it) => Object.assign(it, { rawSizeBytes: 1_048_584, entryCount: 1 }),
  'stored length': (it) => Object.assign(it, { storedSizeBytes: 1024 }),
});
