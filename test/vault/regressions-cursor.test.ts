// Bugs of other systems that a cursor could have, vault.md section 12: each is a named test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConsumerWord } from '../../src/memory/vault-page.ts';
import { ConsumerCursor } from '../../src/vault/consumer-cursor.ts';
import { publishCursor } from '../../src/vault/cursor-words.ts';
import { cursorPath } from '../../src/vault/file-names.ts';
import { SettleKind } from '../../src/vault/hand-over.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { everyCrash } from '../support/crash-states.ts';
import { durable, onDisk, started, written } from '../support/cursor-rig.ts';
import { testSeed } from '../support/seed.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';

/** `a` has settled 100 to 149, in both slots. */
function used(): SimulatedDisk {
  const disk = new SimulatedDisk({ unitSizeBytes: 32_768 });
  const { cursors } = started(disk, ['a']);
  written(cursors);
  cursors.settle(0, SettleKind.Delivered, 100, 50);
  assert.equal(cursors.writeThrough(durable), IoFault.None);
  cursors.close();
  return disk;
}

function words(cursor: ConsumerCursor, entryEnd: number): Map<ConsumerWord, number> {
  const map = new Map<ConsumerWord, number>();
  publishCursor(cursor, entryEnd, { set: (word, value) => map.set(word, value) });
  return map;
}

// Scenario: numbers of the log and numbers of the cursor are read at different times.
// Guarantees: none of them is ever below zero, so nobody waits for a difference that cannot come.
test('R1 counters of two moments never underflow (vector #10436, beats PR 52666)', (context) => {
  const seed = testSeed(context);
  const settle = fc.record({
    kind: fc.constantFrom(...Object.values(SettleKind)),
    from: fc.nat(60),
    count: fc.integer({ min: 1, max: 10 }),
    staleEnd: fc.nat(80),
  });
  const property = fc.property(fc.array(settle), (run) => {
    const cursor = new ConsumerCursor();
    cursor.begin(30);
    for (const { kind, from, count, staleEnd } of run) {
      assert.ok(cursor.settle(kind, from, count) >= 0);
      const all = words(cursor, staleEnd);
      assert.equal(all.size, Object.keys(ConsumerWord).length);
      for (const value of all.values()) assert.ok(value >= 0, 'a counter below zero');
      const sum = [3, 4, 5, 6, 7].reduce((total, word) => total + (all.get(word as never) ?? 0), 0);
      assert.equal(sum, cursor.settledCount);
    }
  });
  fc.assert(property, { seed, numRuns: 300 });
});

// Scenario: entries are settled, the log is deleted as far as the cursors allow, power is lost.
// Guarantees: no crash state has a cursor below what was deleted.
test('R3 nothing may be deleted before the cursor is durable', () => {
  const disk = used();
  const { cursors } = started(disk, ['a']);
  for (let round = 0; round < 6; round += 1) {
    const before = cursors.lowestDurableWatermark;
    cursors.settle(0, SettleKind.Delivered, 150 + round, 1);
    assert.equal(cursors.lowestDurableWatermark, before, 'settled in memory alone');
    const { calls } = disk.script;
    if (round % 2 === 1)
      disk.script.inject(calls.length + 2, { kind: 'fault', fault: IoFault.Medium });
    cursors.writeDirty(durable);
    const deletable = cursors.lowestDurableWatermark;
    for (const state of everyCrash(disk)) assert.ok(onDisk(state, 'a').watermark >= deletable);
  }
});

// Scenario: sequences pass 2^16, 2^32 and come to the limit of 2^53, with ranges across the line.
// Guarantees: what is settled there is exactly what was said, in memory and through the disk.
test('R6 entry numbers pass 65,536, 2^32 and end at 2^53', () => {
  for (const line of [2 ** 16, 2 ** 32, 2 ** 53 - 101]) {
    const disk = new SimulatedDisk({ unitSizeBytes: 32_768 });
    const log = { oldestEntrySeq: line - 50, entryEnd: line + 100 };
    const { cursors } = started(disk, ['a'], log);
    const cursor = cursors.cursor(0);
    cursors.settle(0, SettleKind.Delivered, line - 50, 40);
    cursors.settle(0, SettleKind.Delivered, line - 5, 10);
    cursors.settle(0, SettleKind.Lost, line + 99, 1);
    assert.equal(cursor.nextUnsettled(line - 5), line + 5);
    assert.equal(cursor.unsettledCount(line + 100), 150 - 51);
    assert.equal(cursors.writeThrough({ blockSeq: 50, entryEnd: line + 100 }), IoFault.None);
    const again = started(disk, ['a'], log).cursors.cursor(0);
    assert.deepEqual(again.snapshot(), cursor.snapshot());
    assert.deepEqual([...again.snapshot().ranges], [line - 5, line + 5, line + 99, line + 100]);
  }
});

// Scenario: the file of a cursor is there and empty, too short, or zeros.
// Guarantees: the start goes on at the oldest entry, says so, and the next write heals the file.
test('R24 a cursor of 0 bytes starts at the oldest entry (logstash #8218)', () => {
  for (const sizeBytes of [0, 1, 4096, 32_767, 32_768, 65_535]) {
    const disk = used();
    const opened = disk.open(cursorPath('a'), { mode: 1, direct: false });
    if (opened.fault !== IoFault.None) assert.fail('no cursor');
    opened.file.truncate(0);
    opened.file.truncate(sizeBytes);
    opened.file.close();
    const { cursors, events, space } = started(disk, ['a']);
    assert.deepEqual(events, [{ kind: 'lost', consumer: 'a', watermark: 100 }]);
    cursors.settle(0, SettleKind.Delivered, 100, 7);
    written(cursors);
    assert.equal(disk.contents(cursorPath('a')).length, 65_536);
    for (const state of everyCrash(disk)) assert.equal(onDisk(state, 'a').watermark, 107);
    cursors.close();
    assert.equal(space.usedBytes, 65_536);
  }
});

// Scenario: a mount becomes read-only under load and comes back; and a log ends below the cursor.
// Guarantees: the state is never reset, no entry counts as unsettled or settled that is not, and
// the numbers that the cursor has seen are never given again.
test('R27 a read-only remount keeps the cursor, and one ahead of the log stays (nats #6211)', () => {
  const disk = used();
  const { cursors } = started(disk, ['a']);
  disk.isReadOnly = true;
  cursors.settle(0, SettleKind.Delivered, 150, 10);
  assert.equal(cursors.writeDirty(durable), IoFault.ReadOnly);
  assert.equal(cursors.cursor(0).watermark, 160, 'in memory');
  assert.equal(cursors.lowestDurableWatermark, 150);
  assert.equal(onDisk(disk, 'a').watermark, 150, 'the start on a read-only mount');
  disk.isReadOnly = false;
  assert.equal(cursors.writeThrough(durable), IoFault.None);
  for (const state of everyCrash(disk)) assert.equal(onDisk(state, 'a').watermark, 160);

  const log = { entryEnd: 120, nextEntrySeq: 200 };
  const ahead = started(disk, ['a'], log);
  assert.equal(ahead.events[0]?.kind, 'ahead');
  assert.equal(ahead.cursors.cursor(0).slot.delivered, 60, 'not reset');
  assert.equal(ahead.cursors.cursor(0).unsettledCount(120), 0);
  assert.equal(ahead.cursors.cursor(0).isSettled(200), false, 'the next entry that is written');
  const reused = { entryEnd: 120, nextEntrySeq: 120 };
  assert.throws(() => started(disk, ['a'], reused), { name: 'AssertionFailed' });
});

// Scenario: the file of a cursor disappears, before the start or while it is used; or it can never
// be written.
// Guarantees: entries come again and none is passed over; a fault is said with every write, and as
// long as it lasts nothing may be deleted.
test('R35 a lost cursor costs duplicates, and no cursor is kept in memory in silence', () => {
  const disk = used();
  disk.unlink(cursorPath('a'));
  const { cursors, events } = started(disk, ['a']);
  assert.deepEqual(events, [{ kind: 'new', consumer: 'a', watermark: 100 }]);
  assert.equal(cursors.cursor(0).isSettled(100), false);
  disk.isReadOnly = true;
  for (let write = 0; write < 3; write += 1) {
    cursors.settle(0, SettleKind.Delivered, 100 + write, 1);
    assert.equal(cursors.writeDirty(durable), IoFault.ReadOnly);
    assert.equal(cursors.lastFault, IoFault.ReadOnly);
    assert.equal(cursors.isDirty, true);
    assert.equal(cursors.lowestDurableWatermark, 100);
  }
  disk.isReadOnly = false;
  written(cursors);
  assert.equal(onDisk(disk, 'a').watermark, 103);
});
