import {
  area,
  checkReading,
  checkWriting,
  rehash,
  tooLarge,
} from '../../test/support/refusal-check.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { MetaSlot, readMetaSlot, writeMetaSlot } from './meta-slot.ts';
import { ReadStatus } from './read-status.ts';

function metaSlot(): MetaSlot {
  const meta = new MetaSlot();
  Object.assign(meta, { generation: 3, epoch: 2, nextSegmentId: 5, nextBlockSeq: 100 });
  Object.assign(meta, { nextEntrySeq: 200, durableSeq: 99, durableEntryEnd: 200 });
  return Object.assign(meta, { capacityUnits: 2048 });
}

checkReading(
  'META slot',
  () => writeMetaSlot(area, 0, metaSlot(), xxh64),
  () => {
    rehash(4088, 4088);
    return readMetaSlot(area, 0, 1, new MetaSlot(), xxh64);
  },
  [
    ['another major', ReadStatus.UnknownMajor, [4, 16, 2]],
    ['an incompat feature', ReadStatus.UnknownFeature, [80, 32, 2]],
    ['an encrypted vault', ReadStatus.UnknownFeature, [36, 32, 2]],
    ['the generation of the other slot', ReadStatus.Misplaced, [8, 64, 4]],
    ['generation 2^53', ReadStatus.BeyondLimit, [8, 64, tooLarge]],
    ['epoch 0', ReadStatus.BeyondLimit, [32, 32, 0]],
    ['another magic', ReadStatus.NotFound, [0, 32, 0]],
    ['a floor of 0', ReadStatus.BeyondLimit, [40, 64, 0]],
    ['a floor of blocks of 0', ReadStatus.BeyondLimit, [48, 64, 0], [64, 64, 0]],
    ['nextEntrySeq 2^53', ReadStatus.BeyondLimit, [56, 64, tooLarge]],
    ['durableSeq 2^53', ReadStatus.BeyondLimit, [64, 64, tooLarge]],
    ['durableEntryEnd 2^53', ReadStatus.BeyondLimit, [72, 64, tooLarge]],
    ['capacity above 1 GiB', ReadStatus.BeyondLimit, [92, 32, 2 ** 18 + 1]],
    ['durable above the floor', ReadStatus.Inconsistent, [64, 64, 100]],
    ['durable entries above the floor', ReadStatus.Inconsistent, [72, 64, 201]],
    ['capacity 0', ReadStatus.BeyondLimit, [92, 32, 0]],
  ],
);
checkWriting('META slot', metaSlot, (it) => writeMetaSlot(area, 0, it, xxh64), {
  'durable above the floor': (it) => Object.assign(it, { durableSeq: 100 }),
  'no generation': (it) => Object.assign(it, { generation: 0 }),
  incompat: (it) => Object.assign(it, { incompat: 1 }),
});
