// Bugs of other systems with what is full, vault.md section 12: each is a named test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { VaultWord } from '../../src/memory/vault-page.ts';
import { BlockType } from '../../src/vault/format.ts';
import { SettleKind, VaultAnswer, VaultLogId } from '../../src/vault/hand-over.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { LogState } from '../../src/vault/log-state.ts';
import { listBlocks } from '../support/block-list.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import {
  commitAll,
  fill,
  lostPower,
  segmentsOn,
  startLife,
  takeRest,
} from '../support/vault-lives.ts';
import { bodyOf } from '../support/vault-model.ts';
import { rigConfig } from '../support/vault-rig.ts';

// Scenario: a full vault drops what is oldest; then it is started again, after any kind of end.
// Guarantees: what was dropped is not read again, counts as dropped and as nothing else.
test('R13 what was dropped does not come back (otel-arrow #4137)', () => {
  const config = { fullPolicy: 'drop_oldest' as const };
  for (const mode of ['close', 'all', 'none', 'some'] as const) {
    const disk = new SimulatedDisk();
    const rig = startLife(disk, { config });
    commitAll(rig, 250);
    const dropped = rig.vault.cursors.cursor(0).slot.dropped;
    assert.ok(dropped > 50);
    if (mode === 'close') rig.vault.close();
    const random = new SeededRandom(7);
    const choices = { close: 0, all: 1, none: 0, some: 2 };
    const after = disk.crashed((count) =>
      choices[mode] === 2 ? random.below(count) : choices[mode] * (count - 1),
    );
    const next = startLife(after, { config });
    const { slot } = next.vault.cursors.cursor(0);
    assert.deepEqual([slot.dropped, slot.lost, slot.watermark], [dropped, 0, dropped]);
    const { entries, others } = next.read(next.vault.cursors.lowestWatermark);
    assert.deepEqual(others, []);
    assert.equal(entries.length, 250 - dropped);
  }
});

// Scenario: the limit is reached with nothing settled; then a little of it is, again and again, or
// what is oldest may be dropped.
// Guarantees: it never stays full with room to be made.
test('R14 a full vault never waits for itself (otel-arrow: full quota, deadlock)', () => {
  const rig = startLife(new SimulatedDisk());
  const count = fill(rig);
  for (let round = 0; round < 10; round += 1) {
    rig.settle(SettleKind.Delivered, round * 4, 4);
    rig.pass(2_000);
    const { answer } = rig.commit(bodyOf(round, 24_000));
    assert.equal(answer, VaultAnswer.Acked, `round ${round} after ${count}`);
    while (rig.commit(bodyOf(round, 24_000)).answer === VaultAnswer.Acked);
  }
  const dropping = startLife(new SimulatedDisk(), { config: { fullPolicy: 'drop_oldest' } });
  commitAll(dropping, 400);
});

// Scenario: the file system itself has no byte left, with a poison entry in the oldest segment.
// Guarantees: the vault starts, is read, sets the poison aside, deletes and takes entries again.
test('R15 R19 a full disk can be started, drained and emptied (collector #7198, fluent-bit #2933)', () => {
  const capacityBytes = 1_200 * KiB;
  const config = { limitBytes: 64 * MiB };
  const disk = new SimulatedDisk({ capacityBytes });
  const first = startLife(disk, { config });
  commitAll(first, 1, 100);
  first.pass(1_000);
  const count = 1 + fill(first);
  assert.ok(capacityBytes - disk.usedBytes < 64 * KiB);
  assert.equal(first.page.get(VaultWord.State), LogState.Full, 'and not damaged');
  takeRest(disk);
  const after = lostPower(disk);
  const rig = startLife(after, { config });
  assert.equal(rig.read().entries.length, count);
  const letter = rig.commit('poison', { producer: 1, log: VaultLogId.DeadLetter });
  assert.equal(letter.answer, VaultAnswer.Acked);
  rig.settle(SettleKind.DeadLettered, 0);
  rig.settle(SettleKind.Delivered, 1, count - 1);
  rig.pass(6_000);
  assert.ok(segmentsOn(after).length <= 1);
  assert.equal(rig.commit(bodyOf(1, 24_000)).answer, VaultAnswer.Acked);
});

// Scenario: two destinations, one of which has got some of what is dropped.
// Guarantees: each cursor counts what it missed, to the entry, and LOSS says the ranges.
test('R20 everything that is dropped is counted (fluent-bit #7887, #2878)', () => {
  const disk = new SimulatedDisk();
  const consumers = ['a', 'b'];
  const rig = startLife(disk, { consumers, config: { fullPolicy: 'drop_oldest' } });
  commitAll(rig, 100);
  rig.settle(SettleKind.Delivered, 10, 20, 1);
  commitAll(rig, 150);
  const [a, b] = [rig.vault.cursors.cursor(0).slot, rig.vault.cursors.cursor(1).slot];
  assert.ok(a.watermark >= 30);
  assert.deepEqual([a.dropped, a.delivered], [a.watermark, 0]);
  assert.deepEqual([b.dropped, b.delivered], [b.watermark - 20, 20]);
  assert.equal(rig.page.get(VaultWord.DroppedEntries), a.watermark);
  const losses = listBlocks(disk).filter(({ header }) => header.type === BlockType.Loss);
  assert.ok(losses.length > 0);
});

// Scenario: a vault near its limit is started again and again, with and without work, after crashes
// that keep everything.
// Guarantees: it never grows past its limit, and a start alone does not make it grow.
test('R25 restarts do not grow the vault (logstash: every restart grows the queue)', () => {
  let disk = new SimulatedDisk();
  let rig = startLife(disk);
  fill(rig);
  const watch = (watched: SimulatedDisk) => {
    watched.script.watch = () => {
      assert.ok(watched.namedBytes <= rigConfig.limitBytes, `${watched.namedBytes}`);
      return undefined;
    };
  };
  let before = Number.POSITIVE_INFINITY;
  for (let life = 0; life < 40; life += 1) {
    disk = disk.crashed((count) => (life % 2 === 0 ? 0 : count - 1));
    watch(disk);
    rig = startLife(disk);
    rig.pass(1_000);
    const { namedBytes } = disk;
    if (life > 2) assert.ok(namedBytes <= before + 64 * KiB, `life ${life}: ${namedBytes}`);
    before = Math.min(before, namedBytes);
    if (life > 20) rig.commit(bodyOf(life, 24_000));
  }
});

// Scenario: a torn record at the end of the log on a disk without a byte left.
// Guarantees: every start opens, though the evidence does not fit; nothing that counts is missing.
test('R33 a torn record on a full disk does not stop the start (loki #12583, #15235)', () => {
  const disk = new SimulatedDisk({ capacityBytes: 1_200 * KiB });
  const config = { limitBytes: 64 * MiB };
  const rig = startLife(disk, { config });
  const count = fill(rig);
  rig.pass(200);
  const last = listBlocks(disk).at(-1);
  assert.ok(last?.header.type === BlockType.Mark, 'also in a full vault');
  // Where the next block would begin: half of one.
  const endBytes = (last.header.offsetUnits + 1) * 4096;
  disk.overwrite(last.path, disk.contents(last.path).slice(4096, 8192), endBytes);
  takeRest(disk);
  let next = lostPower(disk);
  for (let life = 0; life < 5; life += 1) {
    const again = startLife(next, { config });
    assert.equal(again.read().entries.length, count, `life ${life}`);
    next = lostPower(next);
  }
});

// Scenario: a start has no descriptor left to look how much lies in one of its folders.
// Guarantees: it is refused, with a reason; what it did not see would be missing from the limit.
test('R25 a start counts everything, or does not happen', () => {
  const disk = new SimulatedDisk();
  commitAll(startLife(disk), 3);
  for (const folder of ['cursor', 'quarantine']) {
    const next = lostPower(disk);
    next.script.watch = ({ name, path }) =>
      name === 'list' && path === folder
        ? { kind: 'fault', fault: IoFault.NoDescriptor }
        : undefined;
    assert.throws(() => startLife(next), { name: 'GopherShipError', code: 'VAULT_FAILED' });
    let lists = 0;
    next.script.watch = ({ name, path }) => {
      if (name !== 'list' || path !== folder) return undefined;
      lists += 1;
      return lists === 2 ? { kind: 'fault', fault: IoFault.NoDescriptor } : undefined;
    };
    assert.throws(() => startLife(next), { name: 'GopherShipError', code: 'VAULT_FAILED' });
  }
});
