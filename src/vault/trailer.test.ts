import { area, checkReading, checkWriting, tooLarge } from '../../test/support/refusal-check.ts';
import { ReadStatus } from './read-status.ts';
import { readTrailer, Trailer, writeTrailer } from './trailer.ts';

// Offsets below are those of the payload, behind the head of its frame.
const at = (offsetBytes: number) => 8 + offsetBytes;

/** 200 blocks need a footer of two units: 1 + 200 + 2 + 1 of 300 units. */
function trailer(): Trailer {
  const made = new Trailer();
  Object.assign(made, { segmentId: 9, epoch: 2, firstBlockSeq: 100, firstEntrySeq: 200 });
  Object.assign(made, { prevSegmentId: 8, prevLastBlock: 99, prevEntryEnd: 200 });
  Object.assign(made, { capacityUnits: 300, blockCount: 200, lastBlockSeq: 299, entryEnd: 200 });
  return Object.assign(made, { footerUnits: 2, footerOffsetUnits: 201 });
}

checkReading(
  'trailer',
  () => writeTrailer(area, 0, trailer()),
  () => readTrailer(area, 0, new Trailer()),
  [
    ['another frame', ReadStatus.NotFound, [0, 32, 0x184d2a5d]],
    ['another length of frame', ReadStatus.Inconsistent, [4, 32, 3959]],
    ['no blocks', ReadStatus.BeyondLimit, [at(8), 32, 0]],
    ['as many blocks as units', ReadStatus.BeyondLimit, [at(8), 32, 300]],
    ['2^32 - 1 blocks', ReadStatus.BeyondLimit, [at(8), 32, 0xffff_ffff]],
    ['a block less than there are', ReadStatus.Inconsistent, [at(8), 32, 199]],
    ['another last block', ReadStatus.Inconsistent, [at(16), 64, 300]],
    ['last block 0', ReadStatus.BeyondLimit, [at(16), 64, 0]],
    ['last block 2^53', ReadStatus.BeyondLimit, [at(16), 64, tooLarge]],
    ['entries that end before they begin', ReadStatus.Inconsistent, [at(24), 64, 199]],
    ['entryEnd 2^53', ReadStatus.BeyondLimit, [at(24), 64, tooLarge]],
    ['a footer too short', ReadStatus.Inconsistent, [at(4), 32, 1]],
    ['a footer over the blocks', ReadStatus.Inconsistent, [at(0), 32, 200]],
    ['the last place for the footer', ReadStatus.Ok, [at(0), 32, 297]],
    ['a footer over the trailer', ReadStatus.Inconsistent, [at(0), 32, 298]],
    ['segmentId 0', ReadStatus.BeyondLimit, [at(40), 64, 0]],
    ['prevLastBlock above', ReadStatus.Inconsistent, [at(88), 64, 100]],
    ['an encrypted file', ReadStatus.UnknownFeature, [at(52), 32, 4]],
  ],
);
checkWriting('trailer', trailer, (it) => writeTrailer(area, 0, it), {
  'no blocks': (it) => Object.assign(it, { blockCount: 0 }),
  'a footer over the trailer': (it) => Object.assign(it, { footerOffsetUnits: 298 }),
  'another last block': (it) => Object.assign(it, { lastBlockSeq: 298 }),
});
