// Scenario: files of the vault are damaged, missing, foreign, misnamed or newer than this version:
// parts "file" and "meta" of the table of recovery, and the starts that write nothing.
// Guarantees: every row has its verdict; a refusal leaves every byte as it was; a second recovery
// finds the same log and writes only META.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { segmentPath } from '../../src/vault/file-names.ts';
import { recoverLog } from '../../src/vault/recovery.ts';
import {
  check,
  checkRefused,
  cursor,
  damaged,
  namesIn,
  threeBlocks,
} from '../support/recovery-check.ts';
import {
  capacityBytes,
  filesOf,
  logOf,
  newImage,
  newVault,
  put,
  putMeta,
  putSegment,
  recover,
  recoveryOptions,
  unit,
} from '../support/recovery-rig.ts';

it('file: a damaged header is stood in for by the first block or the trailer', () => {
  for (const isSealed of [false, true]) {
    for (const isNewest of [false, true]) {
      const disk = newVault();
      putMeta(disk, { nextSegmentId: 3 });
      const image = newImage().begin().group(1);
      putSegment(disk, image.seal(), true);
      image.begin().group(1).group(1);
      if (isSealed) image.seal();
      put(disk, segmentPath(2), damaged(image, 0).subarray(0, image.endBytes));
      if (!isNewest) putSegment(disk, image.begin().group(1), true);
      const end = isNewest ? 3 : 4;
      const rows = ['header-damaged', isNewest && isSealed ? 'sealed' : 'clean-end'] as const;
      const segments = isNewest ? [1, 2] : [1, 2, 3];
      const found = check(disk, { rows, lastBlockSeq: end, entryEnd: end, segments });
      assert.equal([...found.segments][0]?.entryEnd, 1);
      assert.equal([...found.segments][1]?.firstEntrySeq, 1);
    }
  }
});

it('file: header and first block damaged, and the log goes on behind them', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks(), 0, 1));
  const evidence = ['1-4096-8192-damaged.bad'];
  const rows = ['clean-end', 'durable-damage', 'header-damaged'] as const;
  check(disk, { rows, lastBlockSeq: 3, entryEnd: 3, evidence });
});

it('file: without a valid header at any unit it is unused, and goes', () => {
  const disk = newVault();
  putMeta(disk);
  putSegment(disk, threeBlocks());
  put(disk, segmentPath(2), new Uint8Array(0));
  put(disk, segmentPath(3), new Uint8Array(4 * unit));
  put(disk, segmentPath(4), new Uint8Array(4 * unit).fill(9, unit, 2 * unit));
  put(disk, segmentPath(5), new Uint8Array(100));
  const evidence = ['4-0-8192-unused.bad'];
  const rows = ['clean-end', 'unused-file'] as const;
  const { origin } = check(disk, { rows, lastBlockSeq: 3, entryEnd: 3, evidence });
  assert.deepEqual(namesIn(disk, 'seg'), ['0000000000000001.vlt']);
  assert.equal(origin.nextSegmentId, 6);
});

it('file: crashed, poisoned or uncut ones end where the next header says', () => {
  const disk = newVault();
  putMeta(disk);
  const image = threeBlocks();
  putSegment(disk, image);
  putSegment(disk, image.begin().group(1));
  const { segments } = check(disk, {
    rows: ['clean-end'],
    lastBlockSeq: 4,
    entryEnd: 4,
    segments: [1, 2],
  });
  assert.equal([...segments][0]?.entryEnd, 3);
  assert.equal([...segments][0]?.sizeBytes, capacityBytes);
});

it('file: a missing one is loss up to the next header, unless it is settled', () => {
  const disk = newVault();
  putMeta(disk, { nextSegmentId: 4 });
  const image = threeBlocks();
  putSegment(disk, image.seal(), true);
  image.begin().group(1, 1);
  putSegment(disk, image.begin().group(1));
  const segments = [1, 3];
  const expected = { lastBlockSeq: 6, entryEnd: 6, segments };
  const found = check(disk, { rows: ['clean-end', 'missing-file'], ...expected });
  const range = { afterSegmentId: 1, beforeSegmentId: 3 };
  assert.deepEqual(found.report.missing, [{ ...range, fromEntrySeq: 0, toEntrySeq: 5 }]);
  const cursors = [cursor({ watermark: 5, rangesEnd: 5 })];
  check(disk, { rows: ['clean-end'], ...expected }, { cursors });
  disk.unlink(segmentPath(1));
  disk.fsyncDirectory('seg');
  check(disk, { rows: ['clean-end'], ...expected, segments: [3] }, { cursors });
  const older = cursor({ consumer: 'a', watermark: 2, rangesEnd: 2 });
  const newer = cursor({ consumer: 'a', watermark: 5, rangesEnd: 5 });
  const gone = cursor({ consumer: 'b', pins: false });
  check(
    disk,
    { rows: ['clean-end'], ...expected, segments: [3] },
    { cursors: [newer, older, gone] },
  );
  const late = [cursor({ watermark: 4, rangesEnd: 4 })];
  const rows = ['clean-end', 'missing-file'] as const;
  check(disk, { rows, ...expected, segments: [3] }, { cursors: late });
});

it('file: of two with the same number the matching name wins, the other is left alone', () => {
  const disk = newVault();
  putMeta(disk);
  const path = putSegment(disk, threeBlocks());
  put(disk, segmentPath(7), disk.contents(path));
  const { origin, report } = check(disk, {
    rows: ['clean-end', 'copy'],
    lastBlockSeq: 3,
    entryEnd: 3,
  });
  assert.equal(report.copyCount, 1);
  assert.equal(origin.nextSegmentId, 8);
  assert.equal(disk.contents(segmentPath(7)).length, capacityBytes);
});

it('file: one under a wrong name gets the name of its header', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(6), threeBlocks().bytes(capacityBytes));
  const options = recoveryOptions(disk);
  const first = recoverLog(options);
  assert.ok(first.kind === 'recovered');
  assert.deepEqual([...first.report.rows].sort(), ['clean-end', 'renamed']);
  assert.deepEqual(namesIn(disk, 'seg'), ['0000000000000001.vlt']);
  check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3 });
});

it('file: one whose name is taken by a stranger is refused', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(6), threeBlocks().bytes(capacityBytes));
  const other = newImage();
  other.header.vaultUuid.fill(0x33);
  put(disk, segmentPath(1), other.begin().group(1).bytes());
  checkRefused(disk, 'segment-names');
});

it('file: of another vault, or with a name that is not ours, is foreign and stays', () => {
  const disk = newVault();
  putMeta(disk);
  putSegment(disk, threeBlocks());
  const other = newImage();
  other.header.vaultUuid.fill(0x33);
  put(disk, segmentPath(9), other.begin().group(1).bytes());
  put(disk, 'seg/notes.txt', Uint8Array.of(1, 2, 3));
  put(disk, 'hello', Uint8Array.of(1, 2, 3, 4));
  other.header.vaultUuid.fill(0x34);
  put(disk, segmentPath(10), damaged(other.begin().group(1), 0));
  const found = check(disk, { rows: ['clean-end', 'foreign'], lastBlockSeq: 3, entryEnd: 3 });
  assert.equal(found.usedBytes.foreign, 2 * unit + capacityBytes + 7);
  assert.equal(found.origin.nextSegmentId, 11);
});

it('meta: one bad slot costs nothing', () => {
  const disk = newVault();
  for (const nextEntrySeq of [40, 50, 60]) putMeta(disk, { nextEntrySeq });
  putSegment(disk, threeBlocks());
  disk.overwrite('META', new Uint8Array(unit), unit); // generation 3
  const options = recoveryOptions(disk);
  const result = recoverLog(options);
  assert.ok(result.kind === 'recovered');
  assert.deepEqual(result.report.rows, ['meta-slot-bad', 'clean-end']);
  assert.equal(result.origin.nextEntrySeq, 50);
});

it('meta: both lost, it is rebuilt from headers and cursors, and never empty', () => {
  for (const isThere of [true, false]) {
    const disk = newVault();
    if (isThere) put(disk, 'META', new Uint8Array(2 * unit).fill(3));
    const image = threeBlocks();
    image.header.epoch = 1;
    putSegment(disk, image);
    const cursors = [cursor({ watermark: 2, rangesEnd: 90 })];
    const evidence = isThere ? ['0-0-8192-meta.bad'] : [];
    const result = recoverLog(recoveryOptions(disk, { cursors }));
    assert.ok(result.kind === 'recovered');
    assert.deepEqual(result.report.rows, ['meta-lost', 'clean-end']);
    assert.deepEqual(namesIn(disk, 'quarantine'), evidence);
    const { origin } = result;
    assert.deepEqual([origin.nextEntrySeq, origin.nextSegmentId, origin.epoch], [90, 2, 2]);
    assert.ok(origin.vaultUuid.every((byte) => byte === 0x5a));
    check(disk, { rows: ['clean-end'], lastBlockSeq: 3, entryEnd: 3, evidence }, { cursors });
  }
});

it('meta: both lost and no header left, the blocks say whose they are', () => {
  const disk = newVault();
  put(disk, segmentPath(1), damaged(threeBlocks(), 0));
  const rows = ['clean-end', 'header-damaged', 'meta-lost'];
  const result = recover(disk);
  assert.deepEqual([...result.report.rows].sort(), rows);
  assert.equal(result.origin.entryEnd, 3);
  assert.deepEqual([...result.origin.vaultUuid.subarray(2, 6)], [0x5a, 0x5a, 0x77, 0x77]);
  check(disk, { rows: ['clean-end', 'header-damaged'], lastBlockSeq: 3, entryEnd: 3 });
});

it('meta: both lost and two vaults in seg/ cannot be decided', () => {
  const disk = newVault();
  putSegment(disk, threeBlocks());
  const other = newImage();
  other.header.vaultUuid.fill(0x33);
  put(disk, segmentPath(9), other.begin().group(1).bytes());
  checkRefused(disk, 'two-vaults');
});

it('meta: none and no segment is a new vault, with floors from cursors', () => {
  const disk = newVault();
  const known = {
    durableSeq: 7,
    durableEntryEnd: 20,
    watermark: 20,
    rangesEnd: 20,
    vaultTag: 0x1234,
  };
  const { origin } = check(
    disk,
    { rows: ['new-vault'], lastBlockSeq: 7, entryEnd: 20, segments: [] },
    { cursors: [known] },
  );
  assert.deepEqual([origin.nextBlockSeq, origin.nextEntrySeq, origin.epoch], [8, 20, 1]);
  assert.deepEqual([...origin.vaultUuid.subarray(0, 5)], [0x34, 0x12, 0, 0, 0x77]);
});

it('on_damage: refuse stops at loss of what was durable, and writes nothing', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks(), 1));
  checkRefused(disk, 'damage', { onDamage: 'refuse' });
  put(disk, segmentPath(1), damaged(threeBlocks(), 5));
  recover(disk, { onDamage: 'refuse' }); // torn
});

it('a read-only start finds the same log and writes nothing', () => {
  const disk = newVault();
  putMeta(disk);
  put(disk, segmentPath(1), damaged(threeBlocks(), 5));
  disk.isReadOnly = true;
  const files = filesOf(disk);
  const result = recover(disk, { readOnly: true });
  assert.equal(result.isWritable, false);
  assert.equal(result.origin.lastBlockSeq, 2);
  assert.deepEqual(filesOf(disk), files);
  disk.isReadOnly = false;
  assert.deepEqual(logOf(recover(disk)), logOf(result));
});

it('a feature that only readers may ignore makes the start read-only', () => {
  const disk = newVault();
  putMeta(disk);
  const image = newImage();
  image.header.roCompat = 4;
  putSegment(disk, image.begin().group(1));
  const files = filesOf(disk);
  assert.equal(recover(disk).isWritable, false);
  assert.deepEqual(filesOf(disk), files);
});

it('numbers at the end of their range are refused', () => {
  const disk = newVault();
  putMeta(disk, { nextEntrySeq: Number.MAX_SAFE_INTEGER });
  recover(disk);
  putMeta(disk, { epoch: 2 ** 32 - 1 });
  checkRefused(disk, 'sequence-exhausted');
});

it('a flush that fails before the first read makes void what is not durable for certain', () => {
  const disk = newVault();
  putMeta(disk);
  const path = putSegment(disk, threeBlocks());
  const { calls } = disk.script;
  recover(disk.crashed(() => 0));
  const probe = disk.crashed(() => 0);
  recover(probe);
  const sync = probe.script.calls.findIndex(
    ({ name, path: at }) => name === 'fdatasync' && at === path,
  );
  const again = disk.crashed(() => 0);
  again.script.inject(sync + 1, { kind: 'fault', fault: 1 });
  const { origin, report } = recover(again);
  assert.ok(calls.length > 0);
  assert.deepEqual([...report.rows], ['sync-failed', 'torn']);
  assert.equal(origin.lastBlockSeq, 2);
});
