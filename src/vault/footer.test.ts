import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailed } from '../assert.ts';
import { BlockHeader } from './block-header.ts';
import { ByteView } from './byte-view.ts';
import {
  checkFooterHead,
  FooterEntry,
  followsInFooter,
  putFooterEntry,
  putFooterHead,
  readFooterEntry,
} from './footer.ts';
import { BlockType } from './format.ts';
import {
  checkLossHead,
  LossRange,
  putLossHead,
  putLossRange,
  readLossRange,
} from './loss-payload.ts';
import { ReadStatus } from './read-status.ts';

const area = new ByteView(new Uint8Array(4096));

function footerEntry(): FooterEntry {
  const header = new BlockHeader();
  Object.assign(header, { blockSeq: 7, firstEntrySeq: 2 ** 33, offsetUnits: 3, entryCount: 9 });
  header.storedSizeBytes = 5_000;
  header.headerHash.set(0xdeadbeef, 1);
  return new FooterEntry().setBlock(header);
}

test('footer: what is written is read', () => {
  const written = footerEntry();
  assert.equal(written.units, 2);
  assert.equal(putFooterHead(area, 0, 2), 8 + 64);
  putFooterEntry(area, 8, written);
  const read = new FooterEntry();
  assert.equal(readFooterEntry(area, 8, read), ReadStatus.Ok);
  assert.deepEqual(read, written);
  assert.equal(checkFooterHead(area, 0, 2), ReadStatus.Ok);
  assert.equal(checkFooterHead(area, 0, 3), ReadStatus.Inconsistent);
  assert.equal(checkFooterHead(area, 0, 0), ReadStatus.BeyondLimit);
  assert.equal(checkFooterHead(area, 0, 0xffff_ffff), ReadStatus.BeyondLimit);
  assert.equal(checkFooterHead(area, 8, 2), ReadStatus.NotFound);
});

test('footer: entries without place, behind the largest file, or of the footer itself are refused', () => {
  const rows: readonly (readonly [Partial<FooterEntry>, ReadStatus])[] = [
    [{ offsetUnits: 0 }, ReadStatus.Inconsistent],
    [{ units: 0 }, ReadStatus.Inconsistent],
    [{ offsetUnits: 2 ** 18 - 1 }, ReadStatus.BeyondLimit],
    [{ blockSeq: 0 }, ReadStatus.BeyondLimit],
    [{ type: BlockType.Footer }, ReadStatus.Inconsistent],
    [{ type: BlockType.Trailer }, ReadStatus.Inconsistent],
  ];
  for (const [change, status] of rows) {
    const entry = Object.assign(footerEntry(), change);
    assert.throws(() => putFooterEntry(area, 0, entry), AssertionFailed, JSON.stringify(change));
    putFooterEntry(area, 0, footerEntry());
    area.view.setBigUint64(0, BigInt(entry.blockSeq), true);
    area.view.setUint32(16, entry.offsetUnits, true);
    area.view.setUint32(20, entry.units, true);
    area.view.setUint8(26, entry.type);
    assert.equal(readFooterEntry(area, 0, new FooterEntry()), status, JSON.stringify(change));
  }
});

test('followsInFooter() wants the next number at the next unit', () => {
  const before = footerEntry();
  const next = (change: Partial<FooterEntry>) =>
    followsInFooter(before, Object.assign(footerEntry(), { blockSeq: 8, offsetUnits: 5 }, change));
  assert.ok(next({}));
  assert.equal(next({ blockSeq: 9 }), false);
  assert.equal(next({ offsetUnits: 6 }), false);
  assert.equal(next({ firstEntrySeq: 1 }), false);
});

test('loss: what is written is read, empty ranges and partial payloads are refused', () => {
  const written = new LossRange();
  Object.assign(written, { fromEntrySeq: 2 ** 40, toEntrySeq: 2 ** 40 + 5, sizeBytes: 2 ** 34 });
  Object.assign(written, { segmentId: 6, reason: 3 });
  written.atNs.setNsOfMs(1_700_000_000_000);
  assert.equal(putLossHead(area, 0, 1), 56);
  putLossRange(area, 8, written);
  const read = new LossRange();
  assert.equal(readLossRange(area, 8, read), ReadStatus.Ok);
  assert.deepEqual(read, written);
  assert.equal(checkLossHead(area, 0, 48), ReadStatus.Ok);
  assert.equal(checkLossHead(area, 0, 96), ReadStatus.Inconsistent);
  assert.equal(checkLossHead(area, 0, 47), ReadStatus.Inconsistent);
  assert.equal(checkLossHead(area, 0, 0), ReadStatus.Inconsistent);
  assert.equal(checkLossHead(area, 0, 49), ReadStatus.Inconsistent);
  assert.equal(checkLossHead(area, 0, 48 * 21_846), ReadStatus.BeyondLimit);
  for (const offsetBytes of [8, 16, 24, 32]) {
    putLossRange(area, 8, written);
    area.view.setBigUint64(offsetBytes, 2n ** 53n, true);
    assert.equal(readLossRange(area, 8, read), ReadStatus.BeyondLimit, `${offsetBytes}`);
  }
  putLossRange(area, 8, written);
  area.view.setBigUint64(16, 2n ** 40n, true);
  assert.equal(readLossRange(area, 8, read), ReadStatus.Inconsistent);
  putLossRange(area, 8, written);
  area.view.setUint16(48, 0, true);
  assert.equal(readLossRange(area, 8, read), ReadStatus.Inconsistent, 'no reason');
  Object.assign(written, { toEntrySeq: 2 ** 40 });
  assert.throws(() => putLossRange(area, 8, written), AssertionFailed);
});
