import {
  area,
  checkReading,
  checkWriting,
  rehash,
  tooLarge,
} from '../../test/support/refusal-check.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { ReadStatus } from './read-status.ts';
import { readSegmentHeader, SegmentHeader, writeSegmentHeader } from './segment-header.ts';

function segmentHeader(): SegmentHeader {
  const header = new SegmentHeader();
  Object.assign(header, { segmentId: 9, epoch: 2, firstBlockSeq: 100, firstEntrySeq: 200 });
  Object.assign(header, { prevSegmentId: 8, prevLastBlock: 99, prevEntryEnd: 200 });
  return Object.assign(header, { capacityUnits: 2048 });
}

checkReading(
  'segment header',
  () => writeSegmentHeader(area, 0, segmentHeader(), xxh64),
  () => {
    rehash(4088, 4088);
    return readSegmentHeader(area, 0, new SegmentHeader(), xxh64);
  },
  [
    ['another major', ReadStatus.UnknownMajor, [16, 16, 2]],
    ['major 0', ReadStatus.UnknownMajor, [16, 16, 0]],
    ['a later minor', ReadStatus.Ok, [18, 16, 7]],
    ['an incompat feature', ReadStatus.UnknownFeature, [128, 32, 1]],
    ['a feature for readers alone', ReadStatus.Ok, [132, 32, 1]],
    ['a compat feature', ReadStatus.Ok, [136, 32, 0x8000_0000]],
    ['another unit', ReadStatus.UnknownFeature, [20, 32, 8192]],
    ['a recycled file', ReadStatus.UnknownFeature, [52, 32, 2]],
    ['an encrypted file', ReadStatus.UnknownFeature, [52, 32, 4]],
    ['another codec', ReadStatus.UnknownFeature, [124, 8, 2]],
    ['another hash', ReadStatus.UnknownFeature, [125, 8, 2]],
    ['a cipher', ReadStatus.UnknownFeature, [126, 8, 1]],
    ['another length of frame', ReadStatus.NotFound, [4, 32, 4087]],
    ['segmentId 0', ReadStatus.BeyondLimit, [40, 64, 0]],
    ['segmentId 2^53', ReadStatus.BeyondLimit, [40, 64, tooLarge]],
    ['segmentId 2^53 - 1', ReadStatus.Ok, [40, 64, tooLarge - 1n]],
    ['epoch 0', ReadStatus.BeyondLimit, [48, 32, 0]],
    ['firstBlockSeq 2^53', ReadStatus.BeyondLimit, [64, 64, tooLarge]],
    ['firstEntrySeq 2^64 - 1', ReadStatus.BeyondLimit, [72, 64, 2n ** 64n - 1n]],
    ['another frame', ReadStatus.NotFound, [0, 32, 0x184d2a5d]],
    ['another magic', ReadStatus.NotFound, [8, 32, 0]],
    ['another end of the magic', ReadStatus.NotFound, [12, 32, 0]],
    ['prevSegmentId 2^53', ReadStatus.BeyondLimit, [80, 64, tooLarge]],
    ['prevLastBlock 2^53', ReadStatus.BeyondLimit, [88, 64, tooLarge]],
    ['prevEntryEnd 2^53', ReadStatus.BeyondLimit, [96, 64, tooLarge]],
    ['prevSegmentId above', ReadStatus.Inconsistent, [80, 64, 9]],
    ['prevLastBlock above', ReadStatus.Inconsistent, [88, 64, 100]],
    ['prevEntryEnd above', ReadStatus.Inconsistent, [96, 64, 201]],
    ['capacity of 3 units', ReadStatus.BeyondLimit, [120, 32, 3]],
    ['capacity of 1 GiB', ReadStatus.Ok, [120, 32, 2 ** 18]],
    ['capacity above 1 GiB', ReadStatus.BeyondLimit, [120, 32, 2 ** 18 + 1]],
  ],
);
checkWriting('segment header', segmentHeader, (it) => writeSegmentHeader(area, 0, it, xxh64), {
  'no id': (it) => Object.assign(it, { segmentId: 0 }),
  'id 2^53': (it) => Object.assign(it, { segmentId: 2 ** 53 }),
  'id 1.5': (it) => Object.assign(it, { segmentId: 8.5 }),
  'no epoch': (it) => Object.assign(it, { epoch: 0 }),
  'epoch 2^32': (it) => Object.assign(it, { epoch: 2 ** 32 }),
  'prevLastBlock above': (it) => Object.assign(it, { prevLastBlock: 100 }),
  'prevEntryEnd above': (it) => Object.assign(it, { prevEntryEnd: 201 }),
  'prevSegmentId above': (it) => Object.assign(it, { prevSegmentId: 9 }),
  'capacity 0': (it) => Object.assign(it, { capacityUnits: 0 }),
  incompat: (it) => Object.assign(it, { incompat: 1 }),
  'software of 65 characters': (it) => Object.assign(it, { software: 'x'.repeat(65) }),
  'software with a line break': (it) => Object.assign(it, { software: 'a\nb' }),
});
