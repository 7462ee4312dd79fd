import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf, LogReading, putFile, putSegment } from '../../test/support/log-read-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { body, bytesOf, check, group, twoSegments } from '../../test/support/two-segments.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { segmentPath } from './file-names.ts';
import { LossReason } from './format.ts';

const MiB = 1024 * 1024;
const unit = 4096;

/** 0, then 1 cut in three pieces, then 2-3 behind it in the same group, then 4. */
function withCut() {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin({ capacityBytes: 8 * MiB });
  image.addGroup([body(0)]);
  image.addGroup([body(1, 2 * MiB + 77), body(2), body(3)]);
  image.addGroup([body(4)]);
  putSegment(disk, image, 8 * MiB);
  return { disk, image };
}

test('next() counts a damaged body as the entries of its block, and goes on', () => {
  for (const at of [130, 200]) {
    const { disk, image, first } = twoSegments();
    disk.flipBit(first, 8 * (bytesOf(image, 2).from + at));
    check(disk, image, true, '0-2 lost 3-4 5-7 8-9 10-13 end');
  }
  const { disk, image, first, end } = twoSegments();
  disk.flipBit(first, 8 * (bytesOf(image, 4).to - 1)); // in the padding
  const reading = new LogReading(disk, image.vaultUuid);
  for (const kind of ['entries', 'entries']) assert.equal(reading.next(end).kind, kind);
  const read = reading.next(end);
  assert.ok(read.kind === 'lost');
  const { offsetBytes, lengthBytes, segmentId, reason, exact } = read;
  const { from, to } = bytesOf(image, 4);
  assert.deepEqual({ offsetBytes, lengthBytes }, { offsetBytes: from, lengthBytes: to - from });
  assert.deepEqual(
    { segmentId, reason, exact },
    { segmentId: 1, reason: LossReason.Damage, exact },
  );
});

test('next() counts a damaged header up to the next valid block', () => {
  const cases: [number, string][] = [
    [1, 'lost 0-2 3-4 5-7 8-9 10-13 end'],
    [2, '0-2 lost 3-4 5-7 8-9 10-13 end'],
    [3, '0-2 3-4 lost none 5-7 8-9 10-13 end'],
    [4, '0-2 3-4 lost 5-7 8-9 10-13 end'],
  ];
  for (const [blockSeq, expected] of cases) {
    const { disk, image, first } = twoSegments();
    disk.flipBit(first, 8 * (bytesOf(image, blockSeq).from + 60));
    check(disk, image, true, expected);
    check(disk, image, true, expected.slice(expected.indexOf('5-7') - (blockSeq === 4 ? 5 : 0)), 6);
  }
});

test('next() says how many blocks are damaged', () => {
  const blocksLost = (image: LogBuilder, disk: SimulatedDisk, end: DurableEnd) => {
    const reading = new LogReading(disk, image.vaultUuid);
    const counts: number[] = [];
    for (let read = reading.next(end); read.kind !== 'end'; read = reading.next(end)) {
      if (read.kind === 'lost') counts.push(read.blockCount);
    }
    return counts;
  };
  const damaged = (...places: readonly [blockSeq: number, offsetBytes: number][]) => {
    const { disk, image, first, live, end } = twoSegments();
    for (const [blockSeq, offsetBytes] of places) {
      const at = bytesOf(image, blockSeq).from + offsetBytes;
      disk.flipBit(blockSeq > 4 ? live : first, 8 * at);
    }
    return blocksLost(image, disk, end);
  };
  assert.deepEqual(damaged(), []);
  assert.deepEqual(damaged([2, 200]), [1], 'a body');
  assert.deepEqual(damaged([1, 60], [2, 60]), [2], 'two headers in a row');
  assert.deepEqual(damaged([1, 60], [4, 60]), [1, 1]);
  assert.deepEqual(damaged([5, 60], [6, 60]), [2], 'up to the durable end');
  const { disk, image, end, first } = twoSegments();
  disk.unlink(first);
  assert.deepEqual(blocksLost(image, disk, end), [0], 'a file that is missing');
});

test('next() counts a damaged end of the live segment up to the durable end, and goes on', () => {
  const { disk, image, live } = twoSegments();
  disk.flipBit(live, 8 * (bytesOf(image, 6).from + 20));
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.toEnd(endOf(image, true)), '0-2 3-4 5-7 8-9 lost 10-13 end');
  const at = image.endBytes;
  image.addGroup(group(14, 2));
  disk.overwrite(live, image.bytes().subarray(at), at);
  assert.equal(reading.toEnd(endOf(image, true)), '14-15 end');
});

test('next() takes what the medium cannot read as damage', () => {
  const { disk, image, first } = twoSegments();
  disk.breakUnit(first, bytesOf(image, 2).from / unit);
  check(disk, image, true, '0-2 lost 3-4 5-7 8-9 10-13 end');
});

test('next() takes a device that gives nothing any more as a fault, and goes on later', () => {
  const { disk, image, first, end } = twoSegments();
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.next(end).kind, 'entries');
  reading.source.window.forget();
  for (let at = 0; at < 20; at += 1) disk.breakUnit(first, at);
  assert.equal(reading.toEnd(end), 'fault');
  disk.overwrite(first, disk.contents(first), 0);
});

test('next() reads a segment whose header is damaged by what repeats it', () => {
  const { disk, image, first, live } = twoSegments();
  disk.flipBit(first, 8 * 100);
  disk.flipBit(live, 8 * 100);
  check(disk, image, true, '0-2 3-4 5-7 8-9 10-13 end');
  disk.flipBit(live, 8 * (unit + 60)); // and its first block: the trailer of a live one is missing
  check(disk, image, true, '0-2 3-4 5-7 lost<= 8-9 lost none 10-13 end');
});

test('next() counts a missing file up to where the next says that the log went on', () => {
  const { disk, image } = twoSegments();
  image.seal();
  disk.overwrite(segmentPath(2), image.bytes(), 0);
  image.end();
  image.begin();
  image.addGroup(group(14, 2));
  putSegment(disk, image, MiB);
  disk.unlink(segmentPath(2));
  check(disk, image, true, '0-2 3-4 5-7 lost 8-13 14-15 end');
  check(disk, image, true, 'lost 8-13 14-15 end', 9); // what is lost begins before
  disk.unlink(segmentPath(1));
  check(disk, image, true, 'lost 0-13 14-15 end', 0);
  disk.unlink(segmentPath(3));
  check(disk, image, true, 'lost 0-15 end', 0);
});

test('next() leaves foreign files, copies and unused files alone', () => {
  const { disk, image, first } = twoSegments();
  const bytes = disk.contents(first);
  putFile(disk, segmentPath(9), new Uint8Array(3 * unit));
  putFile(disk, segmentPath(10), new Uint8Array(0));
  putFile(disk, segmentPath(11), bytes); // a copy under another name
  putFile(disk, 'seg/readme.txt', Uint8Array.of(1));
  const other = new LogBuilder();
  other.vaultUuid.fill(0x77);
  other.begin({ segmentId: 12 });
  other.addGroup(group(0, 1));
  putSegment(disk, other);
  check(disk, image, true, '0-2 3-4 5-7 8-9 10-13 end');
});

test('next() does not take a block of another place, file or life', () => {
  const { disk, image, first } = twoSegments();
  const two = bytesOf(image, 2);
  const one = bytesOf(image, 1);
  const block = disk.contents(first).slice(one.from, one.to);
  disk.overwrite(first, block, two.from); // misdirected
  check(disk, image, true, '0-2 lost 3-4 5-7 8-9 10-13 end');
  const again = new LogBuilder();
  again.begin({ epoch: 7 });
  again.addGroup(group(50, 3));
  again.addGroup(group(53, 2));
  const { disk: other, image: whole } = twoSegments();
  other.overwrite(first, again.bytes().slice(two.from, two.to), two.from); // of another epoch
  check(other, whole, true, '0-2 lost 3-4 5-7 8-9 10-13 end');
});

test('next() puts a cut entry together', () => {
  const { disk, image } = withCut();
  const reading = new LogReading(disk, image.vaultUuid);
  const bodies = new Map<number, Buffer>();
  assert.equal(reading.toEnd(endOf(image, true), bodies), '0 1 2-3 4 end');
  assert.deepEqual(bodies.get(1), Buffer.from(body(1, 2 * MiB + 77)));
  for (let seq = 0; seq < 5; seq += 1) {
    const all = ['0', '1', '2-3', '2-3', '4'];
    const rest = '0 1 2-3 4 end'.slice('0 1 2-3 4 end'.indexOf(all[seq]!));
    check(disk, image, true, rest, seq);
  }
  reading.reader.seek(1);
  reading.roomBytes = 2 * MiB;
  assert.equal(reading.next(endOf(image, true)).kind, 'no-room');
  reading.roomBytes = 3 * MiB;
  assert.equal(reading.toEnd(endOf(image, true)), '1 2-3 4 end');
});

test('a lost piece loses its entry and no other', () => {
  const lost = ['0 lost 1 2-3 4 end', '0 lost 1 2-3 4 end', '0 lost 1 2-3 4 end'];
  for (const at of [60, 140]) {
    for (const [piece, expected] of lost.entries()) {
      const { disk, image } = withCut();
      disk.flipBit(segmentPath(1), 8 * (bytesOf(image, 2 + piece).from + at));
      check(disk, image, true, expected);
    }
    const { disk, image } = withCut();
    disk.flipBit(segmentPath(1), 8 * (bytesOf(image, 2).from + at));
    disk.flipBit(segmentPath(1), 8 * (bytesOf(image, 4).from + at));
    check(disk, image, true, '0 lost 1 lost none 2-3 4 end');
  }
});

test('next() does not take a block that another one stood before', () => {
  const { disk, image, first } = twoSegments();
  const other = new LogBuilder();
  other.begin();
  other.addGroup(group(70, 3));
  other.addGroup(group(3, 2));
  const { from, to } = bytesOf(image, 2);
  disk.overwrite(first, other.bytes().slice(from, to), from);
  check(disk, image, true, '0-2 lost 3-4 5-7 8-9 10-13 end');
  // The first of a segment is held against the last of the one before it.
  const { disk: second, image: whole, live } = twoSegments();
  const spliced = new LogBuilder();
  spliced.begin();
  spliced.addGroup(group(70, 3));
  spliced.addGroup(group(73, 2));
  spliced.addMark();
  spliced.addGroup(group(75, 3));
  spliced.end();
  spliced.begin();
  spliced.addGroup(group(8, 2));
  const block = bytesOf(whole, 5);
  second.overwrite(live, spliced.bytes().slice(block.from, block.to), block.from);
  check(second, whole, true, '0-2 3-4 5-7 lost 8-9 10-13 end');
});
