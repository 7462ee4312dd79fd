import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { SimulatedCrash } from '../../test/support/call-script.ts';
import { everyCrash } from '../../test/support/crash-states.ts';
import {
  durable,
  folderBytes,
  onDisk,
  type StartedRig,
  started,
  written,
} from '../../test/support/cursor-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import type { CursorSnapshot } from './consumer-cursor.ts';
import { cursorFileSizeBytes } from './cursor-file.ts';
import { SettleKind } from './hand-over.ts';
import { IoFault, ioFaultName } from './io-fault.ts';

const consumer = 'otlp_grpc/main';
const names = ['otlp_grpc%2Fmain.cur', 'otlp_grpc%2Fmain.cur.tmp'];
const path = `cursor/${names[0]}`;

const slotBits = 8 * 32_768;

/** Where a new consumer starts: at the oldest entry of the rig's log. */
const fresh: CursorSnapshot = {
  base: 100,
  watermark: 100,
  delivered: 0,
  lost: 0,
  dropped: 0,
  deadLettered: 0,
  skipped: 0,
  ranges: new Float64Array(),
};

/** Cursors of one consumer over lives of the process: what they said, and which writes counted. */
class Life {
  readonly disk: SimulatedDisk;
  /** Any of these may be what the disk says after a crash now. */
  possible: CursorSnapshot[];
  /** Nothing below is needed from the log any more. */
  deletable: number;
  rig: StartedRig | undefined;

  constructor(disk: SimulatedDisk, before?: Life) {
    this.disk = disk;
    this.possible = [...(before?.possible ?? [fresh])];
    this.deletable = before?.deletable ?? 0;
  }

  /** Starts, then settles and writes, each time something else. */
  run(writes: number): this {
    const rig = started(this.disk, [consumer]);
    this.rig = rig;
    for (let write = 0; write < writes; write += 1) this.write(rig);
    return this;
  }

  write({ cursors, space }: StartedRig): IoFault {
    const cursor = cursors.cursor(0);
    cursors.settle(0, SettleKind.Delivered, cursor.settledEnd + 1, 2);
    cursors.settle(0, SettleKind.Lost, cursor.watermark, 1);
    const said = cursor.snapshot();
    this.possible.push(said);
    const fault = cursors.writeDirty(durable);
    if (fault === IoFault.None) this.possible = [said];
    this.deletable = cursors.lowestDurableWatermark;
    assert.ok(folderBytes(this.disk, names) <= space.usedBytes, 'bytes that nobody counts');
    return fault;
  }
}

function checkState(life: Life, state: SimulatedDisk): void {
  const found = onDisk(state, consumer);
  const isPossible = life.possible.some((said) => isDeepStrictEqual(said, found));
  assert.ok(isPossible, `a cursor that was never written: ${JSON.stringify(found)}`);
  assert.ok(found.watermark >= life.deletable, 'the log below may have been deleted');
  // And then one slot rots: the other does not miss what was deleted either, or all is lost.
  for (const magicBit of state.has(path) ? [0, slotBits] : []) {
    state.flipBit(path, magicBit);
    const rest = onDisk(state, consumer);
    const isLost = isDeepStrictEqual(rest, fresh);
    assert.ok(isLost || rest.watermark >= life.deletable, 'one slot below what was deleted');
    state.flipBit(path, magicBit);
  }
}

/** False: it ended before that call. */
function runToCrash(life: Life, writes: number, atCall: number): boolean {
  life.disk.script.inject(atCall, { kind: 'crash' });
  try {
    life.run(writes);
    return false;
  } catch (error) {
    if (error instanceof SimulatedCrash) return true;
    throw error;
  }
}

/** The disk after a power loss that kept nothing that was not synced. */
function restarted(life: Life): Life {
  return new Life(
    life.disk.crashed(() => 0),
    life,
  );
}

test('write() makes the file, fills one slot after the other and counts both', () => {
  const disk = new SimulatedDisk();
  const { cursors, space, events } = started(disk, [consumer]);
  assert.deepEqual(events, [{ kind: 'new', consumer, watermark: 100 }]);
  assert.equal(disk.has(path), false, 'nothing is written by the start');
  assert.equal(space.usedBytes, 2 * cursorFileSizeBytes, 'room to replace it');
  written(cursors);
  assert.equal(disk.contents(path).length, cursorFileSizeBytes);
  const otherSlot = disk.contents(path).subarray(0, cursorFileSizeBytes / 2); // of generation 2
  assert.ok(otherSlot.every((byte) => byte === 0));
  assert.equal(cursors.isDirty, false);
  const calls = disk.script.calls.length;
  written(cursors);
  assert.equal(disk.script.calls.length, calls, 'nothing to write');
  cursors.settle(0, SettleKind.Delivered, 100, 5);
  assert.equal(cursors.isDirty, true);
  written(cursors);
  assert.equal(cursors.isDirty, true, 'one slot is older than what may be deleted');
  assert.equal(cursors.lowestDurableWatermark, 100);
  written(cursors);
  assert.equal(cursors.isDirty, false);
  assert.equal(cursors.lowestDurableWatermark, 105);
  assert.equal(onDisk(disk, consumer).delivered, 5);
  cursors.close();
  assert.equal(space.usedBytes, cursorFileSizeBytes);
});

test('write() crashes at every call and leaves the newest durable state or the one after', () => {
  // A file that survives in halves: the slots. Names survive one by one.
  for (let at = 1; ; at += 1) {
    const life = new Life(new SimulatedDisk({ unitSizeBytes: cursorFileSizeBytes / 2 }));
    const crashed = runToCrash(life, 4, at);
    for (const state of everyCrash(life.disk)) checkState(life, state);
    if (!crashed) break;
    assert.ok(at < 100, 'no end of calls');
  }
});

/** What a life that goes on from this one calls first of this name, counted from its start. */
function firstCall(life: Life, name: string): number {
  const { disk } = restarted(life).run(1);
  return 1 + disk.script.calls.findIndex((call) => call.name === name);
}

test('write() torn at any unit leaves the slot before it', () => {
  for (const writes of [1, 2, 3]) {
    const before = new Life(new SimulatedDisk()).run(writes);
    const life = restarted(before);
    assert.ok(runToCrash(life, 1, firstCall(before, 'fdatasync')));
    const states = [...everyCrash(life.disk)];
    assert.equal(states.length, 256, 'eight units');
    for (const state of states) checkState(life, state);
  }
});

test('write() torn inside units, of a new file too, leaves a cursor that was written', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let round = 0; round < caseCount(60); round += 1) {
    const life = new Life(new SimulatedDisk({ unitSizeBytes: 512 }));
    runToCrash(life, 4, 1 + random.below(40));
    for (let state = 0; state < 5; state += 1)
      checkState(
        life,
        life.disk.crashed((count) => random.below(count)),
      );
  }
});

test('a cursor of which any bit is flipped falls back to its other slot, or is lost', () => {
  const both = new Life(new SimulatedDisk()).run(3);
  const [older, newer] = [restarted(both), restarted(both)];
  older.disk.flipBit(path, slotBits + 1); // generation 3 is in slot 1
  newer.disk.flipBit(path, 1);
  const [second, third] = [onDisk(older.disk, consumer), onDisk(newer.disk, consumer)];
  assert.deepEqual([second.delivered, third.delivered], [4, 6]);
  assert.ok(second.watermark >= both.deletable, 'what was deleted is below both slots');
  const random = new SeededRandom(7);
  // The hash of a slot is tested bit by bit beside it; here, that the file is read so.
  const anywhere = Array.from({ length: caseCount(200) }, () => random.below(slotBits));
  const bits = [...Array(200).keys(), ...anywhere];
  for (const bit of bits) {
    for (const [slot, rest] of [second, third].entries()) {
      const at = (1 - slot) * slotBits + bit;
      const { disk } = restarted(both);
      disk.flipBit(path, at);
      assert.deepEqual(onDisk(disk, consumer), rest, `bit ${at}`);
      disk.flipBit(path, slot * slotBits + random.below(slotBits));
      const { events, cursors } = started(disk, [consumer]);
      assert.deepEqual(events, [{ kind: 'lost', consumer, watermark: 100 }]);
      assert.deepEqual(cursors.cursor(0).snapshot(), fresh);
    }
  }
});

const faults = [IoFault.Medium, IoFault.NoSpace, IoFault.Short, IoFault.ReadOnly] as const;

for (const fault of faults) {
  test(`write() with ${ioFaultName(fault)} at any call says so, and the next ones mend it`, () => {
    for (let at = 1; ; at += 1) {
      const before = new Life(new SimulatedDisk({ unitSizeBytes: 32_768 })).run(2);
      const life = restarted(before);
      const rig = started(life.disk, [consumer]);
      const callsBefore = life.disk.script.calls.length;
      life.disk.script.inject(callsBefore + at, { kind: 'fault', fault, writtenBytes: 4096 });
      const results = [life.write(rig)];
      for (const state of everyCrash(life.disk)) checkState(life, state);
      results.push(life.write(rig), life.write(rig));
      assert.deepEqual(results.slice(1), [IoFault.None, IoFault.None], `call ${at}`);
      for (const state of everyCrash(life.disk)) checkState(life, state);
      const isHit = life.disk.script.calls.some(({ result }) => result === fault);
      assert.equal(rig.cursors.lastFault, isHit ? fault : IoFault.None);
      rig.cursors.writeThrough(durable);
      assert.equal(rig.cursors.lowestDurableWatermark, rig.cursors.lowestWatermark);
      rig.cursors.close();
      assert.equal(rig.space.usedBytes, cursorFileSizeBytes);
      if (!isHit) break;
    }
  });
}

/** Two calls to fail, of those that it takes to overwrite a slot and then to replace the file. */
const pairs = Array.from({ length: 16 * 16 }, (_, pair) => [1 + (pair >> 4), 1 + (pair & 15)])
  .map(([first = 0, second = 0]) => ({ first, second }))
  .filter(({ first, second }) => first < second);

for (const writes of [0, 2]) {
  test(`write() ${writes + 1} with two failing calls keeps what the disk had`, () => {
    for (const { first, second } of pairs) {
      const life = restarted(new Life(new SimulatedDisk({ unitSizeBytes: 32_768 })).run(writes));
      const rig = started(life.disk, [consumer]);
      const { script } = life.disk;
      const callsBefore = script.calls.length;
      script.inject(callsBefore + first, { kind: 'fault', fault: IoFault.Medium });
      script.inject(callsBefore + second, { kind: 'fault', fault: IoFault.Medium });
      while (script.calls.length < callsBefore + second) life.write(rig);
      for (const state of everyCrash(life.disk)) checkState(life, state);
      assert.equal(life.write(rig), IoFault.None);
      assert.equal(life.possible.length, 1);
    }
  });
}

test('write() of a disk that has become read-only goes on in memory', () => {
  const life = new Life(new SimulatedDisk()).run(2);
  life.disk.isReadOnly = true;
  const rig = life.rig!; // run() has made it
  const { deletable } = life;
  assert.equal(life.write(rig), IoFault.ReadOnly);
  assert.equal(life.write(rig), IoFault.ReadOnly);
  assert.equal(rig.cursors.lowestDurableWatermark, deletable);
  assert.ok(rig.cursors.lowestWatermark > deletable);
  life.disk.isReadOnly = false;
  assert.equal(life.write(rig), IoFault.None);
  for (const state of everyCrash(life.disk)) checkState(life, state);
});

test('write() on a full disk and a full vault overwrites slots, and can replace the file', () => {
  const sizes = { unitSizeBytes: 32_768, capacityBytes: 2 * cursorFileSizeBytes };
  const disk = new SimulatedDisk(sizes);
  const life = new Life(disk);
  const rig = started(disk, [consumer], { limitBytes: 2 * cursorFileSizeBytes });
  assert.equal(life.write(rig), IoFault.None);
  assert.equal(rig.space.reserve(1), false, 'the limit is reached');
  const { calls } = disk.script;
  disk.script.inject(calls.length + 2, { kind: 'fault', fault: IoFault.Medium });
  assert.equal(life.write(rig), IoFault.None, 'a new file');
  assert.equal(rig.cursors.lowestDurableWatermark, rig.cursors.lowestWatermark, 'in one slot');
  for (let write = 0; write < 3; write += 1) assert.equal(life.write(rig), IoFault.None);
  const consumers = [consumer, 'new', 'newer']; // the disk has room for two files
  const tight = started(disk, consumers, { limitBytes: 2 * cursorFileSizeBytes });
  assert.equal(tight.cursors.writeDirty(durable), IoFault.Quota);
  tight.space.limitBytes = 4 * cursorFileSizeBytes;
  assert.equal(tight.cursors.writeDirty(durable), IoFault.NoSpace);
  assert.equal(onDisk(disk, consumer).watermark, rig.cursors.lowestWatermark);
});
