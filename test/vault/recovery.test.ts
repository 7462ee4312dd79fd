// Scenario: the newest segment is laid out as each row of the table of recovery describes it: parts
// "tail" and "block".
// Guarantees: every row has its verdict: where the log ends, what is counted, what is kept as
// evidence and what is cut; a second recovery finds the same log and writes only META.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { segmentPath } from '../../src/vault/file-names.ts';
import type { LogImage } from '../support/log-image.ts';
import { check, cursor, damaged, namesIn, threeBlocks } from '../support/recovery-check.ts';
import {
  capacityBytes,
  newImage,
  newVault,
  put,
  putMeta,
  putSegment,
  unit,
} from '../support/recovery-rig.ts';

it('clean end: zeros to the end of the file', () => {
  const disk = newVault();
  putMeta(disk);
  const path = putSegment(disk, threeBlocks());
  const { report } = check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3 });
  assert.equal(disk.contents(path).length, 7 * unit);
  assert.equal(report.cutBytes, capacityBytes - 7 * unit);
});

it('clean end: end of the file', () => {
  const disk = newVault();
  putMeta(disk);
  putSegment(disk, threeBlocks(), true);
  check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3 });
});

it('clean end: a footer, whether the rest of the seal is there or not', () => {
  const disk = newVault();
  putMeta(disk);
  const image = threeBlocks().seal();
  const path = putSegment(disk, image);
  check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3 });
  assert.equal(disk.contents(path).length, image.endBytes); // a sealed file from now on
  const bytes = image.bytes(capacityBytes);
  bytes.fill(0, 8 * unit, 9 * unit);
  put(disk, path, bytes);
  check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3 });
  assert.equal(disk.contents(path).length, 7 * unit);
});

it('sealed and cut: the trailer says where the log ends, nothing is scanned', () => {
  const disk = newVault();
  putMeta(disk);
  putSegment(disk, threeBlocks().seal(), true);
  const { report } = check(disk, { rows: ['sealed'], lastBlockSeq: 3, entryEnd: 3 });
  assert.equal(report.scannedBytes, 0);
});

it('torn: something else than zeros behind the end is never acked', () => {
  const disk = newVault();
  putMeta(disk);
  const path = segmentPath(1);
  put(disk, path, damaged(threeBlocks(), 5));
  const evidence = ['1-20480-8192-torn.bad'];
  check(disk, { rows: ['torn'], lastBlockSeq: 2, entryEnd: 2, evidence });
  assert.equal(disk.contents(path).length, 5 * unit);
});

it('torn: valid blocks behind are no reason to keep them', () => {
  const disk = newVault();
  putMeta(disk);
  const image = newImage().begin().group(1).group(1, 1, 1);
  put(disk, segmentPath(1), damaged(image, 2));
  const evidence = ['1-8192-12288-torn.bad'];
  const { report, origin } = check(disk, {
    rows: ['torn'],
    lastBlockSeq: 1,
    entryEnd: 1,
    evidence,
  });
  assert.equal(report.tornBlocks, 2);
  assert.equal(origin.nextBlockSeq, 5); // never given again, though nothing of it counts
  assert.equal(origin.nextEntrySeq, 4);
});

it('durable damage: goes on at the next valid block', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks(), 1));
  const evidence = ['1-4096-8192-damaged.bad'];
  const found = check(disk, {
    rows: ['clean-end', 'durable-damage'],
    lastBlockSeq: 3,
    entryEnd: 3,
    evidence,
  });
  const range = { segmentId: 1, fromBytes: unit, toBytes: 3 * unit };
  assert.deepEqual(found.report.damage, [{ ...range, fromBlockSeq: 1, toBlockSeq: 2 }]);
});

it('durable damage: the body of a block is as good as its header', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks(), 2));
  const evidence = ['1-4096-8192-damaged.bad'];
  check(disk, { rows: ['clean-end', 'durable-damage'], lastBlockSeq: 3, entryEnd: 3, evidence });
});

it('durable damage: the last block, when a mark says that it was durable', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks().mark(), 5));
  const evidence = ['1-20480-8192-damaged.bad'];
  check(disk, { rows: ['clean-end', 'durable-damage'], lastBlockSeq: 4, entryEnd: 3, evidence });
});

it('durable damage: the last block in front of the footer, or of the trailer alone', () => {
  for (const units of [[5], [5, 7], [5, 8]]) {
    const disk = newVault();
    putMeta(disk);
    const bytes = damaged(threeBlocks().seal(), ...units);
    put(disk, segmentPath(1), bytes);
    const evidence = [`1-20480-${units[1] === 7 ? 12_288 : 8192}-damaged.bad`];
    check(disk, { rows: ['clean-end', 'durable-damage'], lastBlockSeq: 3, entryEnd: 3, evidence });
  }
});

it('durable tail lost: META, a cursor or a header knows of more', () => {
  const meta = { nextBlockSeq: 4, nextEntrySeq: 3, durableSeq: 3, durableEntryEnd: 3 };
  const cases = [
    { meta, cursors: [] },
    { meta: {}, cursors: [cursor({ durableSeq: 3, durableEntryEnd: 3 })] },
  ];
  for (const { meta: change, cursors } of cases) {
    const disk = newVault();
    putMeta(disk, change);
    put(disk, segmentPath(1), damaged(threeBlocks(), 5));
    const evidence = ['1-20480-8192-tail-lost.bad'];
    const rows = ['durable-tail-lost'] as const;
    check(disk, { rows, lastBlockSeq: 3, entryEnd: 3, evidence }, { cursors });
  }
});

it('durable tail lost: only zeros are cut off, and later blocks do not count', () => {
  const disk = newVault();
  putMeta(disk, { nextBlockSeq: 3, nextEntrySeq: 2, durableSeq: 2, durableEntryEnd: 2 });
  const image = newImage().begin().group(1).group(1).group(1, 1);
  const path = segmentPath(1);
  put(disk, path, damaged(image, 2, 3)); // block 4 is above D + 1
  const evidence = ['1-8192-12288-tail-lost.bad'];
  const rows = ['durable-tail-lost'] as const;
  const { origin } = check(disk, { rows, lastBlockSeq: 2, entryEnd: 2, evidence });
  assert.equal(disk.contents(path).length, 5 * unit);
  assert.equal(origin.nextBlockSeq, 5);
});

it('durable tail lost: the newest file is missing', () => {
  const disk = newVault();
  putMeta(disk, { nextBlockSeq: 9, nextEntrySeq: 8, durableSeq: 8, durableEntryEnd: 8 });
  putSegment(disk, threeBlocks().seal(), true);
  check(disk, { rows: ['durable-tail-lost'], lastBlockSeq: 8, entryEnd: 8 });
});

it('no segment, and cursors that are past everything: an empty vault, no loss', () => {
  const disk = newVault();
  putMeta(disk, { nextBlockSeq: 9, nextEntrySeq: 8, durableSeq: 8, durableEntryEnd: 8 });
  const done = [cursor({ watermark: 8, rangesEnd: 8 })];
  check(disk, { rows: [], lastBlockSeq: 8, entryEnd: 8, segments: [] }, { cursors: done });
  const waits = [cursor({ watermark: 7, rangesEnd: 7 })];
  const rows = ['durable-tail-lost'] as const;
  check(disk, { rows, lastBlockSeq: 8, entryEnd: 8, segments: [] }, { cursors: waits });
});

it('entry incomplete: the log ends before its first piece', () => {
  const disk = newVault();
  putMeta(disk);
  const image = newImage().begin().group(1).cutEntry(3);
  put(disk, segmentPath(1), damaged(image, 4));
  const evidence = ['1-8192-12288-torn.bad'];
  check(disk, { rows: ['entry-cut', 'torn'], lastBlockSeq: 1, entryEnd: 1, evidence });
  const clean = image.bytes(capacityBytes).fill(0, 4 * unit);
  put(disk, segmentPath(1), clean);
  const rows = ['clean-end', 'entry-cut'] as const;
  check(disk, { rows, lastBlockSeq: 1, entryEnd: 1, evidence }); // of less than is kept already
  putSegment(disk, image);
  check(disk, { rows: ['clean-end'], lastBlockSeq: 4, entryEnd: 2, evidence });
});

it('torn as a whole: a newest file without a header and without a durable block', () => {
  const disk = newVault();
  putMeta(disk, { nextSegmentId: 3 });
  const image = threeBlocks();
  putSegment(disk, image);
  image.begin().group(1, 1);
  put(disk, segmentPath(2), damaged(image, 0));
  const evidence = ['2-0-12288-torn.bad'];
  const { origin } = check(disk, {
    rows: ['clean-end', 'torn-file'],
    lastBlockSeq: 3,
    entryEnd: 3,
    evidence,
  });
  assert.equal(origin.nextBlockSeq, 6);
  assert.equal(origin.nextSegmentId, 3);
  assert.deepEqual(namesIn(disk, 'seg'), ['0000000000000001.vlt']);
});

it('torn as a whole: what its headers say about the file before counts', () => {
  const disk = newVault();
  putMeta(disk);
  const image = threeBlocks();
  const before = damaged(image, 5);
  image.begin().group(1);
  put(disk, segmentPath(1), before);
  put(disk, segmentPath(2), damaged(image, 0));
  const evidence = ['1-20480-8192-tail-lost.bad', '2-0-8192-torn.bad'];
  const rows = ['durable-tail-lost', 'torn-file'] as const;
  check(disk, { rows, lastBlockSeq: 3, entryEnd: 3, evidence });
});

it('a newest file with a header and no block: what it says of the file before holds', () => {
  const disk = newVault();
  putMeta(disk);
  const image = newImage().begin().group(1);
  const chain = image.chain.toBigInt();
  image.group(1); // torn, and the writer went on without it
  const poisoned = image.bytes(capacityBytes);
  put(disk, segmentPath(1), poisoned);
  Object.assign(image, { durableSeq: 1, durableEntryEnd: 1 });
  image.chain.setBigInt(chain);
  image.begin().group(1);
  put(disk, segmentPath(2), image.bytes(capacityBytes).fill(0, unit));
  const { segments } = check(disk, {
    rows: ['clean-end'],
    lastBlockSeq: 1,
    entryEnd: 1,
    segments: [1, 2],
  });
  assert.equal([...segments][0]?.entryEnd, 1);
});

it('block: another tag, segment, epoch, salt, place, number or chain is not this block', () => {
  const changes = [
    (image: LogImage) => image.header.vaultUuid.fill(0x5b),
    (image: LogImage) => Object.assign(image.header, { segmentId: 9 }),
    (image: LogImage) => Object.assign(image.header, { epoch: 2 }),
    (image: LogImage) => image.header.salt.set(1, 1),
    (image: LogImage) => Object.assign(image, { endBytes: image.endBytes + unit }),
    (image: LogImage) => Object.assign(image, { nextBlockSeq: 4 }),
    (image: LogImage) => image.chain.set(1, 1),
  ];
  for (const [index, change] of changes.entries()) {
    const disk = newVault();
    putMeta(disk);
    const image = newImage().begin().group(1).group(1);
    const good = image.bytes(capacityBytes);
    change(image);
    const from = image.endBytes;
    image.group(1);
    const other = image.bytes(capacityBytes).subarray(from, from + unit);
    good.set(other, 3 * unit);
    put(disk, segmentPath(1), good);
    const evidence = ['1-12288-4096-torn.bad'];
    const { report } = check(disk, { rows: ['torn'], lastBlockSeq: 2, entryEnd: 2, evidence });
    // At home here all the same: the number and the chain alone are wrong.
    assert.equal(report.tornBlocks, index < 5 ? 0 : 1, `change ${index}`);
  }
});

it('torn: a unit behind the end that cannot be read is not known to be zero', () => {
  const disk = newVault();
  putMeta(disk);
  disk.breakUnit(putSegment(disk, threeBlocks()), 7);
  const evidence = ['1-28672-4096-torn.bad'];
  check(disk, { rows: ['torn'], lastBlockSeq: 3, entryEnd: 3, evidence });
});

it('block: a read error hides a unit, which is zeros in the evidence', () => {
  const disk = newVault();
  putMeta(disk);
  const path = putSegment(disk, threeBlocks());
  disk.breakUnit(path, 2);
  const evidence = ['1-4096-8192-damaged.bad'];
  check(disk, { rows: ['clean-end', 'durable-damage'], lastBlockSeq: 3, entryEnd: 3, evidence });
  const copy = disk.contents(`quarantine/${evidence[0]}`);
  assert.deepEqual(
    copy.subarray(0, unit),
    threeBlocks()
      .bytes()
      .subarray(unit, 2 * unit),
  );
  assert.ok(copy.subarray(unit).every((byte) => byte === 0));
});
