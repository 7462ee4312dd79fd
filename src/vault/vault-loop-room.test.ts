import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBlocks } from '../../test/support/block-list.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import {
  changesOf,
  fill,
  halfSegment,
  segmentsOn,
  startLife,
  stateOf,
  takeRest,
} from '../../test/support/vault-lives.ts';
import { VaultRig } from '../../test/support/vault-rig.ts';
import { KiB } from '../limits.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { BlockType } from './format.ts';
import { NoticeKind, SettleKind, VaultAnswer, VaultLogId } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';

const body = 'small';

// V10. Scenario: many segments, all entries of which are settled.
// Guarantees: 5 s later the disk holds the live segment, the spares, META and cursors.
test('step() deletes what is settled, down to the floor, within 5 s', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  for (let count = 0; count < 40; count += 1) rig.commit(halfSegment);
  rig.pass(1_000);
  assert.ok(segmentsOn(disk).length >= 20);
  rig.settle(SettleKind.Delivered, 0, 40);
  rig.pass(5_000);
  assert.equal(segmentsOn(disk).length, 1, 'the live one');
  const floorBytes = 3 * 64 * KiB + 2 * 8 * KiB + 64 * KiB + 128 * KiB;
  assert.ok(disk.namedBytes <= floorBytes, `${disk.namedBytes}`);
  assert.equal(disk.usedBytes, disk.namedBytes, 'no descriptor keeps what was deleted');
});

// Scenario: a new vault to which nobody appends.
// Guarantees: what is made in the background shows on the page, which operators watch.
test('step() shows the spare that it has filled in idle time', () => {
  const rig = startLife(new SimulatedDisk());
  const { page } = rig;
  assert.equal(page.get(VaultWord.SpareBytes), 0);
  rig.pass(3_000);
  assert.ok(page.get(VaultWord.SpareBytes) > 0);
});

// R14. Scenario: producers never let the vault be idle, and everything is settled at once.
// Guarantees: what is settled is deleted all the same, and nobody is refused for it.
test('step() deletes what is settled although it is never idle', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { config: { limitBytes: 2048 * KiB } });
  let refused = 0;
  for (let count = 0; count < 300; count += 1) {
    rig.append(halfSegment);
    rig.append(halfSegment);
    while (rig.links.toVault(0).length > 0) assert.equal(rig.vault.loop.step(), 0);
    for (const { answer, entrySeq } of rig.answers()) {
      if (answer === VaultAnswer.Acked) rig.settle(SettleKind.Delivered, entrySeq);
      else refused += 1;
    }
    rig.clock.advance(50);
  }
  assert.equal(refused, 0);
});

test('step() answers Full at the limit, and takes entries again once segments are settled', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  const count = fill(rig);
  assert.equal(stateOf(rig), LogState.Full);
  assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Full);
  rig.pass(200);
  assert.equal(listBlocks(disk).at(-1)?.header.type, BlockType.Mark, 'there is room for it');
  assert.ok(disk.namedBytes <= 4096 * KiB);
  rig.settle(SettleKind.Delivered, 0, count - 4);
  rig.pass(1_000);
  assert.equal(stateOf(rig), LogState.Ok, 'it says so by itself');
  assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Acked);
  const { entries } = rig.read(count - 4);
  assert.equal(entries.length, 5);
});

test('step() probes a disk that takes no writes at growing distances, until it does', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  rig.commit(body);
  disk.isReadOnly = true;
  assert.equal(rig.commit(body).answer, VaultAnswer.ReadOnly);
  assert.equal(stateOf(rig), LogState.ReadOnly);
  const fromMs = rig.clock.nowMs();
  const probes: number[] = [];
  disk.script.watch = ({ name, path }) => {
    if (name === 'open' && path === 'seg/probe.tmp') probes.push(rig.clock.nowMs() - fromMs);
    return undefined;
  };
  rig.pass(100_000, 250);
  const distances = probes.map((ms, index) => ms - (probes[index - 1] ?? 0));
  assert.ok(probes.length >= 6, `${distances}`);
  assert.ok((distances[0] ?? 0) <= 1_500 && Math.max(...distances) <= 31_000, `${distances}`);
  assert.ok((distances[3] ?? 0) > (distances[1] ?? 0), `${distances}`);
  disk.isReadOnly = false;
  rig.pass(35_000, 500);
  assert.equal(stateOf(rig), LogState.Ok);
  assert.deepEqual(
    [rig.commit('again').answer, rig.read().entries.map((entry) => entry.body)],
    [VaultAnswer.Acked, [body, 'again']],
  );
});

// Scenario: the lock is lost while there is all kinds of work to do.
// Guarantees: after the next look at it, not one call that changes the disk, until the end and in
// it; producers hear READ_ONLY; it never comes back.
test('step() writes and deletes nothing any more once the lock is lost', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  for (let count = 0; count < 20; count += 1) rig.commit(halfSegment);
  rig.holdsLock = false;
  rig.pass(10_000, 500);
  assert.equal(stateOf(rig), LogState.ReadOnly);
  rig.holdsLock = true;
  const calls = changesOf(disk, () => {
    rig.settle(SettleKind.Delivered, 0, 20);
    assert.equal(rig.commit(body).answer, VaultAnswer.ReadOnly);
    const dead = { producer: 1, log: VaultLogId.DeadLetter };
    assert.equal(rig.commit(body, dead).answer, VaultAnswer.ReadOnly);
    const damage = { segmentId: 1, offsetBytes: 4096, lengthBytes: 4096, blockCount: 1 };
    rig.vault.reportDamage({ ...damage, fromEntrySeq: 0, toEntrySeq: 1 });
    rig.pass(60_000, 500);
    rig.vault.close();
  });
  assert.deepEqual(calls, []);
  const next = new VaultRig({ directory: disk.crashed(() => 0) });
  assert.equal(next.read().entries.length, 20);
});

test('step() looks at the lock with each new segment, however fast they come', () => {
  const rig = startLife(new SimulatedDisk());
  rig.commit(halfSegment);
  rig.holdsLock = false;
  const answers = [1, 2, 3, 4].map(() => rig.commit(halfSegment).answer);
  assert.equal(answers.at(-1), VaultAnswer.ReadOnly);
});

// R3. Scenario: a full vault that may drop what is oldest gets one more entry.
// Guarantees: LOSS, then both slots of each cursor, then the name goes; the replay thread hears of
// it before it can read on; everything is counted.
test('drop_oldest writes LOSS and cursors before it unlinks', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { config: { fullPolicy: 'drop_oldest' } });
  let count = 0;
  let calls: string[] = [];
  for (; rig.page.get(VaultWord.DroppedEntries) === 0 && count < 400; count += 1) {
    calls = changesOf(disk, () => assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Acked));
  }
  // What came before each unlink, and after the one before.
  const parts = calls
    .join('\n')
    .split(/unlink seg\/0.*/)
    .slice(0, -1);
  assert.ok(parts.length >= 1 && parts.length <= 2, calls.join('\n'));
  for (const part of parts)
    assert.match(part, /write seg\/.*fdatasync seg\/.*fdatasync cursor\//s, part);
  const losses = listBlocks(disk).filter(({ header }) => header.type === BlockType.Loss);
  assert.equal(losses.length, parts.length);
  const dropped = rig.page.get(VaultWord.DroppedEntries);
  assert.deepEqual(rig.notices().at(-1), [NoticeKind.DroppedBelow, dropped, 0]);
  assert.equal(rig.vault.cursors.cursor(0).slot.dropped, dropped);
  assert.equal(rig.read(dropped).entries.length, count - dropped);
});

// Scenario: what is oldest is settled, and only memory knows it when room is needed.
// Guarantees: wherever the machine stops, no cursor is below what was unlinked, and nothing is
// called lost that was delivered.
test('drop_oldest writes cursors also if nothing has to be dropped', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { config: { fullPolicy: 'drop_oldest', cursorIntervalMs: 1_000 } });
  const before = segmentsOn(disk);
  while (segmentsOn(disk).length < 60 && rig.page.get(VaultWord.State) === LogState.Ok) {
    if (rig.page.get(VaultWord.UsedBytes) > 4096 * KiB - 3 * 64 * KiB) break;
    rig.commit(halfSegment);
  }
  assert.ok(before.length === 0 && segmentsOn(disk).length > 10);
  const first = segmentsOn(disk)[0];
  rig.settle(SettleKind.Delivered, 0, 20);
  for (let count = 0; segmentsOn(disk)[0] === first; count += 1) {
    rig.commit(halfSegment);
    assert.ok(count < 20);
  }
  assert.equal(rig.page.get(VaultWord.DroppedEntries), 0);
  const after = new VaultRig({ directory: disk.crashed(() => 0) });
  const { others } = after.read(after.vault.cursors.lowestWatermark);
  assert.deepEqual(others, []);
});

// V19. Scenario: a vault is full with a poison entry in its oldest segment.
// Guarantees: the dead letter is taken, the watermark moves, the segment goes, and there is room.
test('a full vault takes a dead letter, and room follows from it', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  const count = fill(rig);
  const letter = rig.commit('poison', { producer: 1, log: VaultLogId.DeadLetter });
  assert.deepEqual([letter.answer, letter.entrySeq], [VaultAnswer.Acked, 0]);
  rig.settle(SettleKind.DeadLettered, 0);
  rig.settle(SettleKind.Delivered, 1, count - 1);
  rig.pass(5_000);
  assert.equal(rig.page.get(VaultWord.DeadLetters), 1);
  assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Acked);
});

test('close() seals a full vault as well: it needs no new space', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  fill(rig);
  rig.vault.close();
  const next = new VaultRig({ directory: disk.crashed(() => 0) });
  assert.equal(next.vault.report.found, 'sealed');
});

// V19. Scenario: a full vault on a file system with no byte left gets a consumer that it did not
// have. Guarantees: its cursor gets the room of a spare, so that what it settles can be deleted.
test('step() gives a spare up for a cursor that a full disk does not take', () => {
  const disk = new SimulatedDisk({ capacityBytes: 8 * 1024 * KiB });
  const first = startLife(disk);
  const count = fill(first);
  first.pass(1_000);
  first.vault.close();
  takeRest(disk);
  const rig = startLife(disk, { consumers: ['renamed'] });
  rig.settle(SettleKind.Delivered, 0, count);
  rig.pass(5_000);
  assert.ok(segmentsOn(disk).length <= 1, segmentsOn(disk).join(' '));
  assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Acked);
});

// Scenario: making room fails once, and from then on nobody asks the full vault any more.
// Guarantees: it tries again by itself, and says that it takes entries.
test('drop_oldest is tried again by itself after a failure', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { config: { fullPolicy: 'drop_oldest' } });
  let fails = true;
  disk.script.watch = ({ name, path }) =>
    fails && name === 'write' && path.startsWith('cursor/')
      ? { kind: 'fault', fault: IoFault.Medium }
      : undefined;
  fill(rig);
  assert.equal(stateOf(rig), LogState.Full);
  fails = false;
  rig.pass(3_000);
  assert.equal(stateOf(rig), LogState.Ok);
  assert.equal(rig.commit(halfSegment).answer, VaultAnswer.Acked);
});

// Scenario: more dead letters than dead_letter_limit holds, under both policies.
// Guarantees: held, nothing is dropped and the letter is answered Full; else the oldest go, whole
// segments at a time, with a LOSS that says so, and the newest are there.
test('a full dead letter is answered Full, or loses its oldest as configured', () => {
  for (const deadLetterPolicy of ['hold', 'drop_oldest'] as const) {
    const disk = new SimulatedDisk();
    const rig = startLife(disk, { config: { deadLetterPolicy } });
    const letter = { producer: 1, log: VaultLogId.DeadLetter };
    const answers = Array.from({ length: 12 }, () => rig.commit(halfSegment, letter).answer);
    const takenCount = answers.filter((answer) => answer === VaultAnswer.Acked).length;
    if (deadLetterPolicy === 'hold') {
      assert.ok(takenCount >= 2 && takenCount < 12, `${takenCount}`);
      assert.equal(answers.at(-1), VaultAnswer.Full);
    } else assert.equal(takenCount, 12);
    const dead = listBlocks(disk, 'dead/');
    const losses = dead.filter(({ header }) => header.type === BlockType.Loss);
    assert.equal(losses.length > 0, deadLetterPolicy === 'drop_oldest');
    assert.ok(disk.namedBytes <= 4096 * KiB);
  }
});
