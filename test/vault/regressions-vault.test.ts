// Bugs of other systems that a whole vault could have, vault.md section 12: each is a named test.
// Those of recovery, of cursors and of full vaults are in regressions-*.test.ts beside this.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { SettleKind, VaultAnswer } from '../../src/vault/hand-over.ts';
import { prepareVaultRoot } from '../../src/vault/vault-root.ts';
import { listBlocks } from '../support/block-list.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { commitAll, lostPower, segmentsOn, startLife } from '../support/vault-lives.ts';
import { bodyOf } from '../support/vault-model.ts';

// Scenario: batches just below, at and above each limit of the format: 256 KiB in a shared block,
// 1 MiB in a block, the worst size that a segment holds.
// Guarantees: each is acknowledged and comes back, or is refused for good; nothing in between.
test('R5 an entry above an inner limit is whole, or refused (vector PR 25795)', () => {
  const disk = new SimulatedDisk();
  const config = { segmentSizeBytes: 2 * MiB, limitBytes: 80 * MiB };
  const options = { config, slabsSizeBytes: 8 * MiB };
  const rig = startLife(disk, options);
  const limits = [256 * KiB - 64, MiB - 64, 1_048_512, 1_800_000];
  const wanted: string[] = [];
  for (const limit of limits) {
    for (const sizeBytes of [limit - 1, limit, limit + 1]) {
      const body = bodyOf(wanted.length, sizeBytes);
      assert.equal(rig.commit(body).answer, VaultAnswer.Acked);
      wanted.push(body);
    }
  }
  assert.equal(rig.commit(bodyOf(99, 2 * MiB - 8 * KiB)).answer, VaultAnswer.TooLarge);
  assert.equal(rig.commit('next').answer, VaultAnswer.Acked, 'and it goes on');
  const { entries } = startLife(lostPower(disk), options).read();
  assert.deepEqual(
    entries.map(({ body }) => body.length),
    [...wanted.map((body) => body.length), 4],
  );
  assert.ok(wanted.every((body, index) => entries[index]?.body === body));
});

// Scenario: power is lost after each acknowledgement, and no name that was not synced survives.
// Guarantees: every acknowledged entry is there.
test('R7 no acknowledgement before the name of the file is durable (vector PR 25766)', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  for (let count = 1; count <= 12; count += 1) {
    rig.commit(bodyOf(count, 20_000));
    assert.equal(startLife(lostPower(disk)).read().entries.length, count);
  }
});

// Scenario: everything is settled and deleted, again and again, with clean ends and crashes.
// Guarantees: no number of an entry or a segment comes twice.
test('R8 numbers are not used again after deletion and restart (otel-arrow #1855, PR 4048)', () => {
  let disk = new SimulatedDisk();
  const seqs: number[] = [];
  const files = new Set<string>();
  for (let life = 0; life < 6; life += 1) {
    const rig = startLife(disk);
    const before = new Set(segmentsOn(disk));
    for (let count = 0; count < 5; count += 1)
      seqs.push(rig.commit(bodyOf(count, 24_000)).entrySeq);
    for (const name of segmentsOn(disk)) {
      if (before.has(name)) continue;
      assert.ok(!files.has(name), `${name} again`);
      files.add(name);
    }
    for (const seq of seqs) rig.settle(SettleKind.Delivered, seq);
    rig.pass(5_000);
    if (life % 2 === 0) rig.vault.close();
    disk = lostPower(disk);
  }
  assert.equal(new Set(seqs).size, 30);
  assert.deepEqual(
    seqs,
    [...seqs].sort((a, b) => a - b),
  );
});

// Scenario: a process ends and the next one gets nothing new.
// Guarantees: what was not settled is read all the same, up to the last entry.
test('R10 what was left is replayed without anything new (otel-arrow #1951)', () => {
  for (const isClean of [true, false]) {
    const disk = new SimulatedDisk();
    const rig = startLife(disk);
    commitAll(rig, 7);
    rig.settle(SettleKind.Delivered, 0, 3);
    rig.pass(1_000);
    if (isClean) rig.vault.close();
    const next = startLife(lostPower(disk));
    assert.equal(next.vault.cursors.lowestWatermark, 3);
    assert.deepEqual(
      next.read(3).entries.map(({ entrySeq }) => entrySeq),
      [3, 4, 5, 6],
    );
  }
});

// Scenario: the file system of the vault has no modes, or the directory is somebody else's.
// Guarantees: a warning, and no refusal.
test('R11 a chmod that is not permitted is a warning (otel-arrow PR 2041)', (context) => {
  const directory = temporaryDirectory('chmod');
  const { path } = directory;
  fs.chmodSync(path, 0o755);
  const denied = Object.assign(new Error('EPERM'), { code: 'EPERM', errno: -1 });
  const chmod = mock.method(fs, 'chmodSync', () => {
    throw denied;
  });
  syncBuiltinESMExports();
  context.after(() => {
    chmod.mock.restore();
    syncBuiltinESMExports();
    directory.remove();
  });
  const { warnings } = prepareVaultRoot(path);
  assert.ok(chmod.mock.callCount() > 0);
  assert.match(warnings.join(), /EPERM/);
});

// Scenario: entries are read in later lives, a day later each.
// Guarantees: they are as old as when they were received.
test('R12 a restart does not make entries younger (otel-arrow PR 1984)', () => {
  const clock = new FakeClock();
  let disk = new SimulatedDisk();
  const rig = startLife(disk, { clock });
  const receivedNs = BigInt(clock.wallMs()) * 1_000_000n;
  rig.commit('old');
  for (let life = 0; life < 3; life += 1) {
    clock.advance(86_400_000);
    disk = lostPower(disk);
    const next = startLife(disk, { clock });
    assert.deepEqual(next.read().receivedNs, [receivedNs]);
    next.vault.close();
  }
});

// Scenario: damage is found and noted; the vault goes on and is damaged once more, at another place
// and at the same one.
// Guarantees: each start opens, each loss is counted once, the rest is read.
test('R31 a vault that was damaged can be damaged again (tigerbeetle PR 2653)', () => {
  let disk = new SimulatedDisk();
  let rig = startLife(disk);
  commitAll(rig, 12, 9_000);
  rig.pass(200);
  const [, second, , fourth] = listBlocks(disk);
  assert.ok(second !== undefined && fourth !== undefined);
  const hit = new Set<number>();
  for (const { path, header } of [second, fourth, second]) {
    disk.flipBit(path, header.offsetUnits * 4096 * 8 + 3_000 + hit.size);
    hit.add(header.firstEntrySeq);
    disk = lostPower(disk);
    rig = startLife(disk);
    rig.pass(200);
    const { entries, others } = rig.read();
    assert.equal(entries.length, 12 - hit.size);
    assert.deepEqual(
      others.map((read) => (read.kind === 'lost' ? read.fromEntrySeq : read.kind)),
      [...hit],
    );
  }
});

// Scenario: bodies of every size around one and two units, so that entries, blocks and padding end
// at and around each boundary.
// Guarantees: all come back, live and after a crash.
test('R34 records that end at a page boundary (alloy #6757)', () => {
  const disk = new SimulatedDisk();
  const config = { limitBytes: 32 * MiB, segmentSizeBytes: 256 * KiB };
  const rig = startLife(disk, { config });
  const wanted: string[] = [];
  for (const around of [4096, 8192]) {
    for (let sizeBytes = around - 280; sizeBytes <= around + 40; sizeBytes += 1) {
      const body = bodyOf(wanted.length, sizeBytes);
      rig.commit(body);
      wanted.push(body);
    }
  }
  for (const life of [rig, startLife(lostPower(disk), { config })]) {
    const { entries, others } = life.read();
    assert.deepEqual(others, []);
    assert.equal(entries.length, wanted.length);
    assert.ok(entries.every(({ body }, index) => body === wanted[index]));
  }
});
