// Scenario: what other systems lost data by, or did not start after; see the list in the
// specification of the vault, section 12. Each test is named after its number there.
// Guarantees: the start ends, is not refused, loses nothing but what the damage hit, and gives no
// number twice.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { putSequence } from '../../src/vault/field-bytes.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import { recoverLog } from '../../src/vault/recovery.ts';
import { U64 } from '../../src/vault/u64.ts';
import type { LogImage } from '../support/log-image.ts';
import {
  area,
  capacityBytes,
  hash,
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
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedDisk } from '../support/simulated-disk.ts';
import { firstFreeBytes } from '../support/vault-arena.ts';
import { caseCount } from '../support/vault-cases.ts';

const first = segmentPath(1);

/** Five groups of one block of two units; a mark says that all of them are durable. */
function fiveBlocks(): LogImage {
  return newImage().begin().group(2).group(2).group(2).group(2).group(2);
}

function vaultOf(bytes: Uint8Array): SimulatedDisk {
  const disk = newVault();
  putMeta(disk);
  put(disk, first, bytes);
  return disk;
}

/** Recovered, and recovered again: the same log. */
function check(disk: SimulatedDisk) {
  const found = recover(disk);
  assert.deepEqual(logOf(recover(disk)), logOf(found));
  return found;
}

it('R2: a last write that was lost ends the log, and the start', () => {
  const bytes = fiveBlocks().bytes(capacityBytes);
  const { origin } = check(vaultOf(bytes.fill(0, 9 * unit)));
  assert.deepEqual([origin.lastBlockSeq, origin.entryEnd], [4, 4]);
});

it('R4: the last entry is there, though nothing behind it says that it is durable', () => {
  const { origin, segments } = check(vaultOf(fiveBlocks().bytes(capacityBytes)));
  assert.equal(origin.entryEnd, 5);
  assert.equal([...segments][0]?.entryEnd, 5);
});

it('R17: a damaged footer or trailer costs nothing', () => {
  const image = fiveBlocks().seal();
  for (const at of [11 * unit, 11 * unit + 300, 12 * unit, 12 * unit + 300]) {
    for (const isCut of [true, false]) {
      const bytes = image.bytes(isCut ? image.endBytes : capacityBytes);
      const { origin } = check(vaultOf(bytes.fill(0xff, at, at + 64)));
      assert.equal(origin.entryEnd, 5, `${at}`);
    }
  }
});

it('R18: no bytes stop the start, whatever they are', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(200); n += 1) {
    const disk = newVault();
    if (random.oneIn(2)) putMeta(disk);
    const image = fiveBlocks();
    if (random.oneIn(2)) image.seal();
    const bytes = image.bytes(random.oneIn(2) ? image.endBytes : capacityBytes);
    for (let hit = random.below(6); hit > 0; hit -= 1) {
      const at = random.below(bytes.length);
      const size = random.pick([1, 8, 512, 4096, 20_000]);
      const kind = random.below(3);
      for (let byte = at; byte < Math.min(at + size, bytes.length); byte += 1)
        bytes[byte] = kind === 0 ? 0 : kind === 1 ? 255 : random.next();
    }
    put(disk, first, bytes.subarray(0, random.oneIn(4) ? random.below(bytes.length) : undefined));
    const { origin, segments } = recover(disk);
    // Where header, first block and footer are gone the rest is a bound.
    const again = recover(disk);
    assert.deepEqual(
      [again.origin.lastBlockSeq, again.origin.entryEnd, again.segments.count],
      [origin.lastBlockSeq, origin.entryEnd, segments.count],
    );
    assert.ok(origin.entryEnd <= 5 && origin.lastBlockSeq <= 5);
  }
});

it('R22: an empty file and a page of zeros are no damage', () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(unit), new Uint8Array(capacityBytes)]) {
    const disk = vaultOf(bytes);
    const { report, origin } = check(disk);
    assert.deepEqual(report.rows, ['unused-file']);
    assert.equal(report.quarantinedCount, 0);
    assert.equal(origin.nextSegmentId, 2);
    assert.equal(disk.has(first), false);
  }
});

it('R23: a length of FF FF FF FF is no length, though its hash is right', () => {
  const bytes = fiveBlocks().bytes(capacityBytes);
  const header = 9 * unit;
  const view = new DataView(bytes.buffer);
  for (const field of [64, 68, 72]) {
    const changed = bytes.slice();
    new DataView(changed.buffer).setUint32(header + field, 0xffff_ffff, true);
    area.bytes.set(changed.subarray(header, header + 128), firstFreeBytes);
    const out = new U64();
    hash.hash64(area.bytes, firstFreeBytes, 120, out);
    out.write(new DataView(changed.buffer), header + 120);
    const { origin, report } = check(vaultOf(changed));
    assert.equal(origin.lastBlockSeq, 4, `field ${field}`);
    assert.ok(report.rows.includes('torn'));
  }
  putSequence(view, header + 48, 5); // the image itself was sound
  assert.equal(check(vaultOf(bytes)).origin.lastBlockSeq, 5);
});

it('R24: a META of no bytes is lost, and the vault is not empty', () => {
  for (const sizeBytes of [0, 1, unit, 2 * unit]) {
    const disk = newVault();
    put(disk, 'META', new Uint8Array(sizeBytes));
    putSegment(disk, fiveBlocks());
    const { origin, report } = check(disk);
    assert.ok(report.rows.includes('meta-lost'));
    assert.deepEqual([origin.entryEnd, origin.nextBlockSeq, origin.nextSegmentId], [5, 6, 2]);
  }
});

it('R26: a flipped bit loses no more than the block that it is in', (context) => {
  const random = new SeededRandom(testSeed(context));
  const image = fiveBlocks().mark();
  const whole = image.bytes(capacityBytes);
  for (let n = 0; n < caseCount(200); n += 1) {
    const disk = vaultOf(whole);
    const unitIndex = random.below(image.endBytes / unit);
    const bit = 8 * unit * unitIndex + random.below(8 * (random.oneIn(2) ? 128 : unit));
    disk.flipBit(first, bit);
    const { origin, report } = check(disk);
    const state = `bit ${bit}`;
    assert.equal(origin.entryEnd, 5, state);
    assert.ok(report.damage.length <= 1, state);
    for (const { fromBlockSeq, toBlockSeq, fromBytes } of report.damage) {
      assert.equal(toBlockSeq - fromBlockSeq, 1, state);
      assert.equal(fromBytes, unit * (2 * fromBlockSeq - 1), state);
    }
  }
});

it('R26: a flipped bit in META costs nothing, in a snapshot of it neither', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(50); n += 1) {
    const disk = newVault();
    putMeta(disk);
    putMeta(disk, { nextEntrySeq: 5 });
    putSegment(disk, fiveBlocks());
    disk.flipBit('META', random.below(8 * 2 * unit));
    const { origin } = check(disk);
    assert.deepEqual([origin.entryEnd, origin.nextBlockSeq], [5, 6]);
  }
});

it('R28: what an earlier file left in the units behind the end is not read as log', () => {
  const image = newImage();
  image.header.segmentId = 6;
  const stale = image
    .begin()
    .group(2)
    .group(2)
    .group(2)
    .group(2)
    .group(2)
    .group(2)
    .bytes(capacityBytes);
  const bytes = fiveBlocks().bytes(capacityBytes);
  bytes.set(stale.subarray(7 * unit), 7 * unit); // blocks 4 and up of the other file
  const { origin, report } = check(vaultOf(bytes));
  assert.deepEqual([origin.lastBlockSeq, origin.entryEnd], [3, 3]);
  assert.equal(report.tornBlocks, 0);
  assert.equal(origin.nextSegmentId, 2);
});

it('R28: a hole in a durable log is damage, never a shorter log', () => {
  const bytes = fiveBlocks().mark().bytes(capacityBytes);
  const { origin, report } = check(vaultOf(bytes.fill(0, 3 * unit, 7 * unit)));
  assert.equal(origin.lastBlockSeq, 6);
  assert.deepEqual(
    report.damage.map(({ fromBlockSeq, toBlockSeq }) => [fromBlockSeq, toBlockSeq]),
    [[2, 4]],
  );
});

it('R29: a block in the place of another, and a header in another file, are known for it', () => {
  const image = fiveBlocks().mark();
  const swapped = image.bytes(capacityBytes);
  swapped.copyWithin(3 * unit, 7 * unit, 9 * unit); // block 4 over block 2
  const { report, origin } = check(vaultOf(swapped));
  assert.equal(origin.lastBlockSeq, 6);
  assert.deepEqual(
    report.damage.map(({ fromBlockSeq, toBlockSeq }) => [fromBlockSeq, toBlockSeq]),
    [[2, 3]],
  );

  const disk = newVault();
  putMeta(disk);
  const log = newImage().begin().group(1);
  putSegment(disk, log.seal(), true);
  const second = log.begin().group(1).group(1).bytes(capacityBytes);
  put(disk, segmentPath(2), second);
  disk.overwrite(first, second.subarray(0, unit), 0); // the header of 2 went to file 1
  const found = check(disk);
  assert.deepEqual(
    Array.from(found.segments, ({ segmentId, entryEnd }) => [segmentId, entryEnd]),
    [
      [1, 1],
      [2, 3],
    ],
  );
  assert.ok(found.report.rows.includes('header-damaged'));
});

it('R30: a fault in the padding is damage of its block', () => {
  const bytes = fiveBlocks().mark().bytes(capacityBytes);
  bytes[5 * unit - 1] = 1; // last byte of block 2
  const { report, origin } = check(vaultOf(bytes));
  assert.equal(origin.lastBlockSeq, 6);
  assert.deepEqual(
    report.damage.map(({ fromBlockSeq }) => fromBlockSeq),
    [2],
  );
});

it('R32: zeros inside a unit, sector by sector, are seen', () => {
  const whole = fiveBlocks().bytes(capacityBytes);
  for (let sector = 0; sector < 16; sector += 1) {
    const bytes = whole.slice();
    bytes.fill(0, 9 * unit + 512 * sector, 9 * unit + 512 * (sector + 1));
    const { origin, report } = check(vaultOf(bytes));
    assert.equal(origin.lastBlockSeq, 4, `sector ${sector}`);
    assert.ok(report.rows.includes('torn'), `sector ${sector}`);
  }
});

it('R6: numbers near 2^32 and 2^53 go on, and the end of them is refused', () => {
  for (const start of [2 ** 16 - 2, 2 ** 32 - 2, 2 ** 53 - 10]) {
    const disk = newVault();
    putMeta(disk);
    const image = newImage();
    Object.assign(image, { nextBlockSeq: start, nextEntrySeq: start });
    Object.assign(image, { durableSeq: start - 1, durableEntryEnd: start });
    image.header.segmentId = start;
    put(
      disk,
      segmentPath(start + 1),
      image.begin().group(1).group(1).group(1).bytes(capacityBytes),
    );
    const { origin } = check(disk);
    assert.deepEqual([origin.lastBlockSeq, origin.entryEnd], [start + 2, start + 3]);
    assert.equal(origin.lastSegmentId, start + 1);
    assert.equal(origin.nextSegmentId, start + 2);
  }
  const disk = newVault();
  putMeta(disk, { nextSegmentId: 2 ** 53 - 1 });
  const image = newImage();
  image.header.segmentId = 2 ** 53 - 2;
  put(disk, segmentPath(2 ** 53 - 1), image.begin().group(1).bytes(capacityBytes));
  const result = recoverLog(recoveryOptions(disk));
  assert.equal(result.kind === 'refused' ? result.reason : '', 'sequence-exhausted');
});
