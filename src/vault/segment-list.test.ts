import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulatedVault } from '../../test/support/log-writer-rig.ts';
import type { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { OpenMode } from './block-file.ts';
import { segmentPath } from './file-names.ts';
import { IoFault } from './io-fault.ts';
import type { FinishedSegment } from './log-origin.ts';
import { SegmentFolder } from './segment-folder.ts';
import { SegmentList } from './segment-list.ts';
import { VaultSpace } from './space.ts';

function segmentsOn(disk: SimulatedDisk, count: number) {
  const space = new VaultSpace({ directory: disk, limitBytes: 1000, minFreeBytes: 0 });
  const folder = new SegmentFolder(disk, space);
  const segments = new SegmentList(folder);
  for (let n = 1; n <= count; n += 1) {
    const opened = disk.open(segmentPath(n), { mode: OpenMode.Create, direct: false });
    assert.ok(opened.fault === IoFault.None);
    opened.file.close();
    space.count(10);
    segments.append({ segmentId: n, sizeBytes: 10, firstEntrySeq: 5 * n, entryEnd: 5 * n + 5 });
  }
  return { space, folder, segments };
}

const never = () => {
  throw new Error('META was asked for');
};

describe('SegmentList', () => {
  it('deletes oldest first and gives space back after flush()', () => {
    const disk = simulatedVault();
    const { space, segments } = segmentsOn(disk, 4);
    const deleted: number[] = [];
    const note = ({ segmentId }: FinishedSegment) => deleted.push(segmentId);
    assert.equal(segments.deleteBelow(9, 9, never, note), 0);
    assert.equal(segments.deleteBelow(15, 1, never), 1);
    assert.equal(segments.deleteBelow(19, 9, never, note), 1);
    assert.deepEqual(deleted, [2]);
    assert.ok(!disk.has(segmentPath(1)) && !disk.has(segmentPath(2)) && disk.has(segmentPath(3)));
    assert.equal(space.usedBytes, 40);
    assert.equal(segments.flush(), IoFault.None);
    assert.equal(space.usedBytes, 20);
    const calls = disk.script.calls.length;
    assert.equal(segments.flush(), IoFault.None);
    assert.equal(disk.script.calls.length, calls);
    assert.deepEqual(segments.at(0), {
      ...{ segmentId: 3, sizeBytes: 10, firstEntrySeq: 15, entryEnd: 20 },
    });
  });

  it('asks for durable floors before the segment of the highest numbers goes', () => {
    const { segments } = segmentsOn(simulatedVault(), 2);
    assert.equal(
      segments.deleteBelow(99, 9, () => false),
      1,
    );
    assert.equal(
      segments.deleteBelow(99, 9, () => true),
      1,
    );
    assert.equal(segments.count, 0);
    const other = segmentsOn(simulatedVault(), 2).segments;
    other.hasNewer = true;
    assert.equal(other.deleteBelow(99, 9, never), 2);
  });

  it('keeps what cannot be unlinked, and what cannot be synced stays counted', () => {
    const disk = simulatedVault();
    const { space, segments } = segmentsOn(disk, 3);
    const next = disk.script.calls.length + 1;
    disk.script.inject(next + 1, { kind: 'fault', fault: IoFault.Medium });
    disk.script.inject(next + 2, { kind: 'fault', fault: IoFault.Medium });
    assert.equal(segments.deleteBelow(99, 9, never), 1);
    assert.equal(segments.lastFault, IoFault.Medium);
    assert.equal(segments.count, 2);
    assert.equal(segments.flush(), IoFault.Medium);
    assert.equal(space.usedBytes, 30);
    assert.equal(segments.flush(), IoFault.None);
    assert.equal(space.usedBytes, 20);
  });

  it('holds thousands, and forgets those that are gone', () => {
    const { segments } = segmentsOn(simulatedVault(), 0);
    const add = (n: number) =>
      segments.append({ segmentId: n, sizeBytes: 0, firstEntrySeq: n, entryEnd: n + 1 });
    for (let n = 1; n <= 3000; n += 1) add(n);
    assert.equal(segments.deleteBelow(2501, 9999, never), 2500);
    for (let n = 3001; n <= 6000; n += 1) add(n);
    assert.equal(segments.count, 3500);
    assert.ok(!segments.has(2500) && segments.has(2501) && segments.has(6000));
    segments.resize(4000, 7);
    assert.equal(segments.at(1499).sizeBytes, 7);
    assert.equal(segments.at(1499).segmentId, 4000);
  });
});
