// No codec writes or needs a byte outside of what it was given: with one byte less than it needs, a
// writer stops and a reader says Truncated.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { VaultSamples } from '../../test/support/vault-samples.ts';
import { xxh64 } from '../../test/support/xxh64.ts';
import { AssertionFailed } from '../assert.ts';
import { finishBlockBody } from './block-body.ts';
import { BlockHeader, writeBlockHeader } from './block-header.ts';
import { ByteView } from './byte-view.ts';
import { writeCursorSlot } from './cursor-slot.ts';
import { writeEntryHeader, writeEntryPadding } from './entry-header.ts';
import { FooterEntry, putFooterEntry, putFooterHead, readFooterEntry } from './footer.ts';
import { FrameMagic } from './format.ts';
import { LossRange, putLossHead, putLossRange, readLossRange } from './loss-payload.ts';
import { writeMetaSlot } from './meta-slot.ts';
import { checkPadding, writePadding } from './padding.ts';
import { checkFrameHead, putFrameHead } from './payload-frame.ts';
import { ReadStatus } from './read-status.ts';
import { writeSegmentHeader } from './segment-header.ts';
import { readTrailer, Trailer, writeTrailer } from './trailer.ts';

const samples = new VaultSamples(new SeededRandom(1));
const stored = Object.assign(new BlockHeader(), { storedSizeBytes: 100 });
const entry = samples.entryHeader(9);
const footer = Object.assign(new FooterEntry(), { blockSeq: 1, offsetUnits: 1, units: 1 });
const range = Object.assign(new LossRange(), { toEntrySeq: 1 });

const writers: Readonly<Record<string, [sizeBytes: number, (area: ByteView) => unknown]>> = {
  'segment header': [4096, (area) => writeSegmentHeader(area, 0, samples.segmentHeader(), xxh64)],
  'block header': [128, (area) => writeBlockHeader(area, 0, samples.blockHeader(), xxh64)],
  'META slot': [4096, (area) => writeMetaSlot(area, 0, samples.metaSlot(), xxh64)],
  'cursor slot': [32_768, (area) => writeCursorSlot(area, 0, samples.cursorSlot(), xxh64)],
  'entry header': [64, (area) => writeEntryHeader(area, 0, entry)],
  'entry padding': [80, (area) => writeEntryPadding(area, 0, entry)],
  'block body': [4096, (area) => finishBlockBody(area, 0, stored, xxh64)],
  padding: [4096, (area) => writePadding(area, 0, 200)],
  frame: [108, (area) => putFrameHead(area, 0, FrameMagic.Payload, 100)],
  'footer head': [40, (area) => putFooterHead(area, 0, 1)],
  'footer entry': [32, (area) => putFooterEntry(area, 0, footer)],
  'loss head': [56, (area) => putLossHead(area, 0, 1)],
  'lost range': [48, (area) => putLossRange(area, 0, range)],
  trailer: [3968, (area) => writeTrailer(area, 0, samples.trailer())],
};

test('writers need the bytes of their structure and no more', () => {
  for (const [name, [sizeBytes, write]] of Object.entries(writers)) {
    write(new ByteView(new Uint8Array(sizeBytes)));
    const less = new ByteView(new Uint8Array(sizeBytes - 1));
    assert.throws(() => write(less), AssertionFailed, name);
    assert.ok(less.isZero(0, sizeBytes - 1), `${name}: wrote before it looked`);
  }
});

test('readers of payloads say Truncated with one byte less', () => {
  const cut = (sizeBytes: number) => new ByteView(new Uint8Array(sizeBytes - 1));
  const { Truncated } = ReadStatus;
  assert.equal(readFooterEntry(cut(32), 0, new FooterEntry()), Truncated);
  assert.equal(readLossRange(cut(48), 0, new LossRange()), Truncated);
  assert.equal(readTrailer(cut(3968), 0, new Trailer()), Truncated);
  assert.equal(checkFrameHead(cut(108), 0, FrameMagic.Payload, 108), Truncated);
  assert.equal(checkFrameHead(cut(8), 0, FrameMagic.Payload, 0), Truncated);
  assert.equal(checkPadding(cut(4096), 0, 200), Truncated);
});

test('heads of payloads without parts, or of more than there may be, are not written', () => {
  const area = new ByteView(new Uint8Array(48 * 21_846 + 8));
  const large = new ByteView(new Uint8Array(32 * 2 ** 18 + 8));
  assert.throws(() => putFooterHead(area, 0, 0), AssertionFailed);
  assert.throws(() => putFooterHead(large, 0, 2 ** 18), AssertionFailed);
  assert.throws(() => putLossHead(area, 0, 0), AssertionFailed);
  assert.throws(() => putLossHead(area, 0, 21_846), AssertionFailed);
  const unknown = Object.assign(new LossRange(), { toEntrySeq: 1, reason: 6 });
  assert.throws(() => putLossRange(area, 0, unknown), AssertionFailed);
  assert.throws(() => writePadding(area, 10, 10), AssertionFailed);
  assert.throws(() => checkPadding(area, 10, 10), AssertionFailed);
});
