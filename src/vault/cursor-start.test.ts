import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cursorDisk,
  durable,
  loaded,
  onDisk,
  started,
  testVaultTag,
  written,
} from '../../test/support/cursor-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { settleRefused } from './consumer-cursor.ts';
import { loadCursors, type SlotEvidence } from './cursor-load.ts';
import { CursorSlot, writeCursorSlot } from './cursor-slot.ts';
import { cursorPath } from './file-names.ts';
import { cursorSlotSizeBytes } from './format.ts';
import { SettleKind } from './hand-over.ts';
import { IoFault } from './io-fault.ts';

const slotBits = 8 * cursorSlotSizeBytes;

/** Two consumers that have settled 100 to 109 and 100 to 104, each in both slots. */
function used(): SimulatedDisk {
  const disk = new SimulatedDisk();
  const { cursors } = started(disk, ['a', 'b']);
  written(cursors);
  cursors.settle(0, SettleKind.Delivered, 100, 10);
  cursors.settle(1, SettleKind.Delivered, 100, 5);
  assert.equal(cursors.writeThrough(durable), IoFault.None);
  cursors.close();
  return disk;
}

function changes(disk: SimulatedDisk): string[] {
  const reads = ['open', 'read', 'list', 'size', 'statfs'];
  return disk.script.calls.map(({ name }) => name).filter((name) => !reads.includes(name));
}

function lose(disk: SimulatedDisk, consumer: string): void {
  disk.flipBit(cursorPath(consumer), 70);
  disk.flipBit(cursorPath(consumer), slotBits + 70);
}

test('loadCursors() takes evidence of every valid slot, of consumers not configured too', () => {
  const disk = used();
  const calls = changes(disk).length;
  const { evidence, left, found } = loaded(disk, ['b', 'c']);
  assert.equal(changes(disk).length, calls, 'it writes nothing');
  const said = { vaultTag: testVaultTag, epoch: 7, durableSeq: 50, durableEntryEnd: 200 };
  const of = (consumer: string, watermark: number): SlotEvidence => {
    return { consumer, pins: consumer === 'b', ...said, watermark, rangesEnd: watermark };
  };
  assert.deepEqual(evidence, [of('a', 110), of('a', 110), of('b', 105), of('b', 105)]);
  assert.deepEqual(left, ['a']);
  assert.deepEqual(
    found.map(({ consumer, fileSizeBytes }) => [consumer, fileSizeBytes]),
    [
      ['b', 65_536],
      ['c', 0],
    ],
  );
  lose(disk, 'b');
  assert.equal(loaded(disk, ['b', 'c']).evidence.length, 2, 'no evidence of damaged slots');
  const opened = disk.open(cursorPath('b'), { mode: 1, direct: true });
  if (opened.fault === IoFault.None) opened.file.truncate(0);
  assert.equal(loaded(disk, ['b', 'c']).evidence.length, 2, 'nor of what was read before it');
});

test('startCursors() goes on where each consumer was, and at the oldest entry without one', () => {
  const disk = used();
  const { cursors, events } = started(disk, ['c', 'b']);
  assert.deepEqual(events, [
    { kind: 'left', consumer: 'a', watermark: 0 },
    { kind: 'new', consumer: 'c', watermark: 100 },
  ]);
  assert.deepEqual([cursors.cursor(0).watermark, cursors.cursor(1).watermark], [100, 105]);
  assert.equal(cursors.lowestDurableWatermark, 100);
  written(cursors);
  assert.equal(onDisk(disk, 'a').watermark, 110, 'kept');
  assert.equal(onDisk(disk, 'c').watermark, 100);
});

test('startCursors() starts at the oldest entry when both slots are bad, and says so', () => {
  const disk = used();
  lose(disk, 'a');
  const { cursors, events } = started(disk, ['a', 'b'], { oldestEntrySeq: 103 });
  assert.deepEqual(events, [{ kind: 'lost', consumer: 'a', watermark: 103 }]);
  const { base, watermark, delivered } = cursors.cursor(0).slot;
  assert.deepEqual({ base, watermark, delivered }, { base: 103, watermark: 103, delivered: 0 });
  assert.equal(cursors.durableWatermark(0), 103);
  written(cursors);
  // The old slots are gone with the file: bits that flip back bring nothing back.
  lose(disk, 'a');
  lose(disk, 'a');
  assert.equal(onDisk(disk, 'a').watermark, 103);
});

test('startCursors() takes no slot of another vault, and none of another consumer', () => {
  const disk = used();
  const other = started(disk, ['a'], { vaultTag: testVaultTag + 1 });
  assert.deepEqual(other.events[1], { kind: 'lost', consumer: 'a', watermark: 100 });
  disk.overwrite(cursorPath('b'), disk.contents(cursorPath('a')), 0);
  const { events, cursors, loaded: seen } = started(disk, ['a', 'b']);
  assert.deepEqual(events, [{ kind: 'lost', consumer: 'b', watermark: 100 }]);
  assert.equal(cursors.cursor(1).watermark, 100);
  assert.equal(seen.evidence.length, 4, 'what they say of the log is true all the same');
});

test('startCursors() settles numbers that recovery burnt, once, as skipped', () => {
  const disk = used();
  const log = { entryEnd: 120, nextEntrySeq: 130 };
  const first = started(disk, ['a'], log).cursors;
  assert.equal(first.cursor(0).slot.skipped, 10);
  assert.equal(first.cursor(0).unsettledCount(130), 10, '110 to 119');
  assert.equal(first.cursor(0).nextUnsettled(120), 130);
  written(first);
  const second = started(disk, ['a'], log).cursors;
  assert.equal(second.cursor(0).slot.skipped, 10);
  assert.equal(second.cursor(0).settle(SettleKind.Skipped, 120, 10), 0, 'the reader, passing by');
});

test('startCursors() keeps a cursor that is ahead of the log, and says so', () => {
  const disk = used();
  const { events, cursors } = started(disk, ['a'], { entryEnd: 104, nextEntrySeq: 200 });
  assert.deepEqual(events.at(-1), { kind: 'ahead', consumer: 'a', watermark: 110 });
  assert.equal(cursors.cursor(0).watermark, 200, 'what is above the log is void');
  assert.equal(cursors.cursor(0).unsettledCount(104), 0);
  const floorsBelow = { entryEnd: 104, nextEntrySeq: 109 };
  assert.throws(() => started(disk, ['a'], floorsBelow), { name: 'AssertionFailed' });
});

test('startCursors() says whose cursor is behind the oldest segment', () => {
  const { events } = started(used(), ['a', 'b'], { oldestEntrySeq: 108 });
  assert.deepEqual(events, [{ kind: 'behind', consumer: 'b', watermark: 105 }]);
});

test('startCursors() read-only settles in memory and changes nothing on the disk', () => {
  const disk = used();
  const calls = changes(disk).length;
  const { cursors, space } = started(disk, ['a', 'b', 'c'], { isWritable: false });
  assert.equal(cursors.settle(0, SettleKind.Delivered, 110, 90), 90);
  assert.equal(cursors.isDirty, false);
  assert.equal(cursors.writeThrough(durable), IoFault.None);
  assert.equal(cursors.durableWatermark(0), 110, 'as before');
  assert.equal(cursors.lowestDurableWatermark, 100);
  cursors.close();
  assert.equal(changes(disk).length, calls);
  assert.equal(space.usedBytes, 2 * 65_536);
});

test('startCursors() deletes unfinished files of ours and nothing else', () => {
  const disk = used();
  for (const name of ['a.cur.tmp', 'gone.cur.tmp', 'note.txt', 'note.txt.tmp', 'A B.cur']) {
    const opened = disk.open(`cursor/${name}`, { mode: 2, direct: false });
    if (opened.fault !== IoFault.None) assert.fail(name);
    opened.file.write(new Uint8Array(10), 0, 10, 0);
    opened.file.close();
  }
  const names = () => {
    const listed = disk.list('cursor');
    return listed.fault === IoFault.None ? listed.names.map(({ name }) => name) : [];
  };
  started(disk, ['a', 'b'], { isWritable: false });
  assert.ok(names().includes('a.cur.tmp'), 'not by a start that is read-only');
  const { events, loaded: seen, space } = started(disk, ['a', 'b']);
  assert.deepEqual(
    events.map(({ kind, consumer }) => `${kind} ${consumer}`),
    ['foreign A B.cur', 'foreign note.txt', 'foreign note.txt.tmp'],
  );
  assert.equal(seen.sizeBytes, 2 * 65_536 + 50);
  assert.equal(space.usedBytes, 4 * 65_536 + 30, 'room to replace both, and what is foreign');
  assert.deepEqual(names(), ['A B.cur', 'a.cur', 'b.cur', 'note.txt', 'note.txt.tmp']);
});

test('loadCursors() refuses a slot of another major, and what the process cannot open', () => {
  const disk = used();
  const { area, slotOffsetBytes, hash } = cursorDisk(disk);
  const slot = Object.assign(new CursorSlot(), { generation: 2, epoch: 1 });
  writeCursorSlot(area, slotOffsetBytes, slot, hash);
  area.view.setUint16(slotOffsetBytes + 4, 2, true);
  // Its hash, made right by reading: the slot says what it should have been.
  const bytes = area.bytes.slice(slotOffsetBytes, slotOffsetBytes + cursorSlotSizeBytes);
  const body = new Uint8Array(area.bytes.buffer, slotOffsetBytes + 8, cursorSlotSizeBytes - 8);
  body.set(bytes.subarray(0, 120));
  body.set(bytes.subarray(128), 120);
  hash.hash64(area.bytes, slotOffsetBytes + 8, cursorSlotSizeBytes - 8, slot.hash);
  slot.hash.write(new DataView(bytes.buffer), 120);
  const good = disk.contents(cursorPath('b')).slice(0, cursorSlotSizeBytes);
  disk.overwrite(cursorPath('b'), bytes, 0);
  const refusal = { kind: 'unknown-version', path: 'cursor/b.cur' };
  assert.deepEqual(loadCursors(cursorDisk(disk), ['a']), refusal);
  disk.overwrite(cursorPath('b'), good, 0);
  const fault = IoFault.NoDescriptor;
  for (const [at, path] of [
    [1, 'cursor'],
    [2, 'cursor/a.cur'],
    [5, 'cursor/b.cur'],
  ] as const) {
    const again = disk.crashed(() => 0);
    again.script.inject(at, { kind: 'fault', fault });
    assert.deepEqual(loadCursors(cursorDisk(again), ['a']), { kind: 'fault', path, fault });
  }
});

test('loadCursors() takes a unit that cannot be read for a damaged slot', () => {
  const disk = used();
  disk.breakUnit(cursorPath('a'), 3);
  assert.equal(onDisk(disk, 'a').watermark, 110);
  disk.breakUnit(cursorPath('a'), 9);
  assert.equal(started(disk, ['a']).events.at(-1)?.kind, 'lost');
  const { cursors } = started(disk, ['a', 'b']);
  written(cursors);
  assert.equal(onDisk(disk, 'a').watermark, 100, 'a new file');
});

test('writeThrough() makes both slots of each cursor durable, and only those that need it', () => {
  const disk = used();
  const { cursors } = started(disk, ['a', 'b']);
  assert.equal(cursors.isDirty, false);
  cursors.settle(1, SettleKind.Lost, 105, 20);
  assert.equal(cursors.isDirty, true);
  assert.equal(cursors.lowestDurableWatermark, 105);
  const calls = disk.script.calls.length;
  assert.equal(cursors.writeThrough(durable), IoFault.None);
  assert.ok(disk.script.calls.slice(calls).every(({ path }) => path === 'cursor/b.cur'));
  assert.equal(cursors.lowestDurableWatermark, 110);
  assert.equal(cursors.isDirty, false);
  cursors.settleAllBelow(SettleKind.Dropped, 115);
  assert.equal(cursors.cursor(0).slot.dropped, 5);
  assert.equal(cursors.cursor(1).slot.dropped, 0, 'it had settled them');
  assert.equal(cursors.settle(1, SettleKind.Lost, 105, 20), 0);
  assert.notEqual(cursors.settle(1, SettleKind.Lost, 130, 1), settleRefused);
});

test('a set without consumers lets nothing be deleted', () => {
  const { cursors } = started(used(), []);
  assert.deepEqual([cursors.lowestDurableWatermark, cursors.lowestWatermark], [0, 0]);
});
