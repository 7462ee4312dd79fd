// Scenario: segments of random entries, small, large and cut, are laid out by the codecs, read back
// block by block, and damaged bit by bit.
// Guarantees: what is read is what was put in; one flipped bit damages one block and no other;
// every part keeps its unit.
//
// GOPHERSHIP_VAULT_FACTOR multiplies the segments, GOPHERSHIP_SEED repeats them.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BlockBodyCheck } from '../../src/vault/block-body.ts';
import { BlockHeader, readBlockHeader } from '../../src/vault/block-header.ts';
import { blockSizeBytes } from '../../src/vault/block-size.ts';
import type { ByteView } from '../../src/vault/byte-view.ts';
import { checkFooterHead, FooterEntry, readFooterEntry } from '../../src/vault/footer.ts';
import { BlockType } from '../../src/vault/format.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { readSegmentHeader, SegmentHeader } from '../../src/vault/segment-header.ts';
import { readTrailer, Trailer } from '../../src/vault/trailer.ts';
import { area, hash, imageOffsetBytes, sealedImage } from '../support/sealed-image.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount } from '../support/vault-cases.ts';

const body = new BlockBodyCheck(hash);

/** Types of the blocks, in order, as long as they are Ok; a damaged one counts as `x`. */
function walk(view: ByteView, fromBytes: number, endBytes: number): string {
  const header = new BlockHeader();
  let seen = '';
  let at = fromBytes + 4096;
  while (at < fromBytes + endBytes) {
    if (readBlockHeader(view, at, header, hash) !== ReadStatus.Ok) return `${seen}!`;
    seen += body.check(view, at, header) === ReadStatus.Ok ? header.type : 'x';
    at += blockSizeBytes(header.storedSizeBytes);
  }
  return at === fromBytes + endBytes ? seen : `${seen}?`;
}

it('a segment is read back, from the front and from its trailer', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(10); n += 1) {
    const { image, raw } = sealedImage(random);
    const start = imageOffsetBytes;
    const types = walk(area, start, image.endBytes);
    assert.match(types, /^1+21*34$/);
    const header = new SegmentHeader();
    assert.equal(readSegmentHeader(area, start, header, hash), ReadStatus.Ok);
    const block = new BlockHeader();
    const last = start + image.endBytes - 4096;
    assert.equal(readBlockHeader(area, last, block, hash), ReadStatus.Ok);
    assert.equal(block.type, BlockType.Trailer);
    const trailer = new Trailer();
    assert.equal(readTrailer(area, last + 128, trailer), ReadStatus.Ok);
    assert.ok(trailer.salt.equals(header.salt) && trailer.firstBlockSeq === header.firstBlockSeq);
    const footerBytes = start + trailer.footerOffsetUnits * 4096 + 128;
    assert.equal(checkFooterHead(area, footerBytes, trailer.blockCount), ReadStatus.Ok);
    let rawSizeBytes = 0;
    const listed = new BlockHeader();
    for (const [index, entry] of image.footer.entries()) {
      const read = new FooterEntry();
      assert.equal(readFooterEntry(area, footerBytes + 8 + 32 * index, read), ReadStatus.Ok);
      assert.deepEqual(read, entry);
      assert.equal(
        readBlockHeader(area, start + read.offsetUnits * 4096, listed, hash),
        ReadStatus.Ok,
      );
      assert.equal(listed.headerHash.low, read.hashLow);
      if (listed.type === BlockType.Data) rawSizeBytes += listed.rawSizeBytes;
    }
    assert.equal(rawSizeBytes, raw.length);
  }
});

it('a flipped bit anywhere behind the segment header damages exactly one block', (context) => {
  const random = new SeededRandom(testSeed(context));
  const { image } = sealedImage(random);
  const whole = walk(area, imageOffsetBytes, image.endBytes);
  for (let n = 0; n < caseCount(300); n += 1) {
    const bit = 8 * 4096 + random.below(8 * (image.endBytes - 4096));
    const byte = imageOffsetBytes + (bit >> 3);
    area.bytes[byte]! ^= 1 << (bit & 7); // inside the image
    const types = walk(area, imageOffsetBytes, image.endBytes);
    area.bytes[byte]! ^= 1 << (bit & 7); // the same
    const isHeader = types.endsWith('!');
    const at = isHeader ? types.length - 1 : types.indexOf('x');
    const expected = isHeader
      ? `${whole.slice(0, at)}!`
      : `${whole.slice(0, at)}x${whole.slice(at + 1)}`;
    assert.equal(types, expected, `bit ${bit}`);
  }
});
