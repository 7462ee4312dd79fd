import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf, LogReading, putSegment } from '../../test/support/log-read-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { body, bytesOf, check, group, twoSegments } from '../../test/support/two-segments.ts';
import { BlockIndex } from './block-index.ts';
import { segmentPath } from './file-names.ts';
import { IoFault } from './io-fault.ts';

const MiB = 1024 * 1024;

test('next() gives every block up to the durable end, with its bodies', () => {
  const { disk, image, end } = twoSegments();
  const reading = new LogReading(disk, image.vaultUuid);
  const bodies = new Map<number, Buffer>();
  assert.equal(reading.toEnd(end, bodies), '0-2 3-4 5-7 8-9 10-13 end');
  for (let seq = 0; seq < 14; seq += 1) assert.deepEqual(bodies.get(seq), Buffer.from(body(seq)));
  reading.reader.close();
});

test('next() goes on when the durable end moves, in the same segment and into a new one', () => {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin();
  image.addGroup(group(0, 2));
  putSegment(disk, image, MiB);
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.toEnd(endOf(image, true)), '0-1 end');
  image.addGroup(group(2, 2));
  disk.overwrite(segmentPath(1), image.bytes(), 0);
  assert.equal(reading.toEnd(endOf(image, true)), '2-3 end');
  image.addGroup(group(4, 1));
  image.seal();
  disk.overwrite(segmentPath(1), image.bytes(), 0);
  image.end();
  image.begin();
  image.addGroup(group(5, 2));
  putSegment(disk, image, MiB);
  assert.equal(reading.toEnd(endOf(image, true)), '4 5-6 end');
});

test('next() never reads behind the durable end, whatever stands there', () => {
  const { disk, image } = twoSegments();
  const end = endOf(image, true);
  image.addGroup(group(14, 2));
  disk.overwrite(segmentPath(2), image.bytes(), 0);
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.toEnd(end), '0-2 3-4 5-7 8-9 10-13 end');
});

test('next() leaves out a segment that is not published yet', () => {
  const { disk, image } = twoSegments();
  const end = endOf(image, true);
  image.end();
  image.begin();
  image.addGroup(group(14, 2));
  putSegment(disk, image, MiB);
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.toEnd(end), '0-2 3-4 5-7 8-9 10-13 end');
  assert.equal(reading.toEnd(endOf(image, true)), '14-15 end');
});

test('next() passes over void tails: torn, poisoned while live, and given up', () => {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin();
  image.addGroup(group(0, 2));
  const point = image.point();
  image.addGroup(group(2, 3)); // the file failed with this group
  putSegment(disk, image, MiB);
  image.restore(point);
  const reading = new LogReading(disk, image.vaultUuid);
  const before = endOf(image, true);
  before.endBytes = bytesOf(image, 1).to;
  assert.equal(reading.toEnd(before), '0-1 end');
  image.begin({ skippedBlocks: 0 });
  image.addGroup(group(2, 1)); // and so did this file: both are void
  putSegment(disk, image, MiB);
  image.restore({ ...point, segmentId: 1 });
  image.begin({ skippedEntries: 4 });
  image.addGroup(group(6, 2));
  putSegment(disk, image, MiB);
  assert.equal(reading.toEnd(endOf(image, true)), 'skip 2-5 6-7 end');
  check(disk, image, true, '0-1 skip 2-5 6-7 end');
  check(disk, image, false, '0-1 skip 2-5 6-7 end');
  check(disk, image, true, 'skip 3-5 6-7 end', 3);
});

test('next() reads a log with no live segment up to the end that recovery decided', () => {
  const { disk, image } = twoSegments();
  check(disk, image, false, '0-2 3-4 5-7 8-9 10-13 end');
  const end = endOf(image, false);
  end.blockSeq -= 1;
  end.entryEnd = 10;
  assert.equal(
    new LogReading(disk, image.vaultUuid).toEnd(end),
    '0-2 3-4 5-7 8-9 end',
    'a torn group behind it is void',
  );
});

test('seek() goes on with the block that has the entry', () => {
  const { disk, image } = twoSegments();
  const expected = ['0-2', '0-2', '0-2', '3-4', '3-4', '5-7', '5-7', '5-7', '8-9', '8-9', '10-13'];
  for (const [seq, block] of expected.entries()) {
    const all = '0-2 3-4 5-7 8-9 10-13 end';
    check(disk, image, true, all.slice(all.indexOf(block)), seq);
  }
  check(disk, image, true, 'end', 14);
});

test('seek() finds its block by walking where footer or trailer are damaged', () => {
  for (const type of [3, 4]) {
    const { disk, image, first } = twoSegments();
    const block = image.blocks.find((built) => built.type === type);
    disk.flipBit(first, 8 * (block!.offsetBytes + 200));
    check(disk, image, true, '5-7 8-9 10-13 end', 6);
    const index = new BlockIndex();
    const reading = new LogReading(disk, image.vaultUuid);
    reading.source.refresh(endOf(image, true));
    const [segment] = reading.source.segments;
    assert.equal(reading.reader.index(segment!, endOf(image, true), index), IoFault.None);
    assert.equal(index.isFromFooter, false);
    assert.equal(index.count, 4);
  }
});

test('moveTo() gives the blocks of an index one by one, the newest first', () => {
  const { disk, image, end } = twoSegments();
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.source.refresh(end), IoFault.None);
  const seen: number[] = [];
  const index = new BlockIndex();
  for (const segment of reading.source.segments.toReversed()) {
    assert.equal(reading.reader.index(segment, end, index), IoFault.None);
    assert.equal(index.isFromFooter, segment.segmentId === 1);
    for (let row = index.count - 1; row >= 0; row -= 1) {
      if (index.entryCount(row) === 0) continue;
      reading.reader.moveTo(segment, index, row);
      const read = reading.next(end);
      assert.equal(read.kind, 'entries');
      if (read.kind === 'entries') seen.push(read.firstEntrySeq);
    }
  }
  assert.deepEqual(seen, [10, 8, 5, 3, 0]);
  assert.equal(reading.reader.blockStart(6, end), 5);
  assert.equal(reading.reader.blockStart(13, end), 10);
});

test('next() asks for the room that it needs, and goes on when it has it', () => {
  const { disk, image, end } = twoSegments();
  const reading = new LogReading(disk, image.vaultUuid);
  reading.roomBytes = 100;
  const read = reading.next(end);
  assert.ok(read.kind === 'no-room');
  reading.roomBytes = read.sizeBytes;
  assert.equal(reading.next(end).kind, 'entries');
});

test('next() passes over LOSS, MARK and types that old readers may pass over', () => {
  const disk = new SimulatedDisk();
  const image = new LogBuilder(5);
  image.begin();
  image.addLoss(0, 3);
  image.addMark();
  image.addGroup(group(5, 2));
  image.addUnknown(200);
  image.addMark();
  image.addGroup(group(7, 1));
  image.seal();
  putSegment(disk, image);
  check(disk, image, false, '5-6 7 end', 5);
  check(disk, image, false, 'lost 0-4 5-6 7 end', 0);
});

test('forgetBelow() forgets segments that were settled, and reading goes on', () => {
  const { disk, image, end } = twoSegments();
  const reading = new LogReading(disk, image.vaultUuid);
  assert.equal(reading.toEnd(end), '0-2 3-4 5-7 8-9 10-13 end');
  reading.source.forgetBelow(8);
  assert.equal(reading.source.segments.length, 1);
  disk.unlink(segmentPath(1));
  reading.reader.seek(9);
  assert.equal(reading.toEnd(end), '8-9 10-13 end');
});
