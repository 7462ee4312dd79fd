import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBlocks } from '../../test/support/block-list.ts';
import { SimulatedCrash } from '../../test/support/call-script.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { changesOf, startLife } from '../../test/support/vault-lives.ts';
import { VaultRig } from '../../test/support/vault-rig.ts';
import { settleRecordsMax } from '../memory/vault-links.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { BlockType } from './format.ts';
import { NoticeKind, SettleKind, VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';

const body = 'small';

test('step() answers Acked only after the fdatasync of the group, and publishes it then', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  rig.append(body);
  let synced = 0;
  disk.script.watch = ({ name, path }) => {
    const answered = rig.answers().length;
    const isOpen = path === 'seg/next.spare' && synced === 0;
    assert.ok(answered === 0 || !isOpen, `answered before ${name}`);
    if (name === 'fdatasync') synced += 1;
    return undefined;
  };
  assert.equal(rig.read().entries.length, 0);
  assert.ok(rig.vault.loop.step() === 0);
  assert.ok(synced >= 1);
  disk.script.watch = undefined;
  assert.deepEqual(rig.read().entries, [{ entrySeq: 0, body }]);
});

// Scenario: the machine stops at each call of a commit in turn.
// Guarantees: no answer is out if the group is not on disk afterwards.
test('step() has not answered wherever the machine stops before the group is durable', () => {
  for (let ahead = 1; ; ahead += 1) {
    const disk = new SimulatedDisk();
    const rig = startLife(disk);
    rig.append(body);
    disk.script.inject(disk.script.calls.length + ahead, { kind: 'crash' });
    let isOver = false;
    try {
      rig.turn();
      isOver = true;
    } catch (error) {
      assert.ok(error instanceof SimulatedCrash);
    }
    const answered = rig.answers().length;
    const after = new VaultRig({ directory: disk.crashed(() => 0) });
    assert.ok(after.read().entries.length >= answered, `stopped at call ${ahead}`);
    if (isOver) break;
    assert.ok(ahead < 100);
  }
});

// V11. Scenario: each call of a commit fails once.
// Guarantees: between the failed call and the answer there is a whole commit of the same entry.
test('step() rewrites a group that failed before it answers', () => {
  for (const name of ['write', 'fdatasync'] as const) {
    const disk = new SimulatedDisk();
    const rig = startLife(disk);
    let hasFailed = false;
    let wasSynced = false;
    disk.script.watch = (call) => {
      if (hasFailed && !wasSynced) assert.equal(rig.answers().length, 0);
      if (call.name !== name || hasFailed) {
        wasSynced ||= hasFailed && call.name === 'fdatasync';
        return undefined;
      }
      hasFailed = true;
      return { kind: 'fault', fault: IoFault.Medium };
    };
    const { answer, entrySeq } = rig.commit(body);
    disk.script.watch = undefined;
    assert.deepEqual([answer, entrySeq, wasSynced], [VaultAnswer.Acked, 0, true]);
    rig.pass(100);
    assert.equal(rig.page.get(VaultWord.RewrittenGroups), 1);
    const after = new VaultRig({ directory: disk.crashed(() => 0) });
    assert.deepEqual(after.read().entries, [{ entrySeq: 0, body }]);
  }
});

test('step() holds the end back until the replay thread has heard of every held entry', () => {
  const rig = startLife(new SimulatedDisk());
  const { vaultToReplay } = rig.links;
  for (let count = 0; count < settleRecordsMax; count += 1) vaultToReplay.push(9, count);
  rig.append(body, { held: 1 });
  rig.turn();
  assert.equal(rig.read().entries.length, 0, 'durable, and not published');
  assert.ok(rig.vault.loop.step() <= 10, 'it looks again soon');
  assert.equal(rig.answers().length, 0);
  assert.equal(rig.notices().length, settleRecordsMax);
  rig.turn();
  assert.deepEqual(rig.notices(), [[NoticeKind.Held, 0, 1]]);
  assert.equal(rig.answers().length, 1);
  assert.equal(rig.read().entries.length, 1);
});

test('step() marks the last group durable after 100 ms without work, once', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  rig.commit(body);
  const marks = () => listBlocks(disk).filter(({ header }) => header.type === BlockType.Mark);
  rig.pass(99, 1);
  assert.equal(marks().length, 0);
  rig.pass(1);
  assert.equal(marks().length, 1);
  const later = changesOf(disk, () => rig.pass(5_000));
  assert.ok(
    later.every((call) => call.includes('cursor')),
    later.join(' '),
  );
  assert.equal(marks().length, 1);
});

test('step() writes cursors every interval, and only what changed', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk, { consumers: ['a', 'b'] });
  rig.commit(body);
  rig.pass(1_000);
  rig.settle(SettleKind.Delivered, 0, 1, 1);
  const writes = changesOf(disk, () => rig.pass(249, 249));
  const path = 'cursor/b.cur.tmp'; // as it was opened
  assert.deepEqual(writes, [`write ${path}`, `fdatasync ${path}`], 'the interval was over');
  // Both slots have to have it before anything is deleted.
  const second = changesOf(disk, () => rig.pass(249, 249));
  assert.deepEqual(second, []);
  assert.deepEqual(
    changesOf(disk, () => rig.pass(1)),
    writes,
  );
  assert.deepEqual(
    changesOf(disk, () => rig.pass(5_000)),
    [],
  );
});

test('close() commits what waits, seals, and META says that it was a clean end', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  rig.append(body);
  rig.settle(SettleKind.Delivered, 0);
  rig.vault.close();
  assert.deepEqual(
    rig.answers().map(({ answer }) => answer),
    [VaultAnswer.Acked],
  );
  const types = listBlocks(disk).map(({ header }) => header.type);
  assert.deepEqual(types, [BlockType.Data, BlockType.Footer, BlockType.Trailer]);
  const after = disk.crashed(() => 0);
  const flags = new DataView(after.contents('META').buffer);
  const newest = flags.getUint32(8, true) > flags.getUint32(4096 + 8, true) ? 0 : 4096;
  assert.equal(flags.getUint32(newest + 36, true), 1, 'clean shutdown');
  const next = new VaultRig({ directory: after });
  assert.equal(next.vault.report.found, 'sealed');
  assert.equal(next.vault.cursors.cursor(0).slot.delivered, 1);
});

test('reportDamage() copies the evidence and notes a loss once, however many readers meet it', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  rig.commit(body);
  rig.pass(1_000);
  const note = { segmentId: 1, offsetBytes: 4096, lengthBytes: 4096, blockCount: 1 };
  for (let reader = 0; reader < 3; reader += 1)
    rig.vault.reportDamage({ ...note, fromEntrySeq: 0, toEntrySeq: 1 });
  assert.ok(disk.has('quarantine/1-4096-4096-damaged.bad'));
  const losses = listBlocks(disk).filter(({ header }) => header.type === BlockType.Loss);
  assert.equal(losses.length, 1);
  rig.vault.reportDamage({ ...note, offsetBytes: 8192, fromEntrySeq: 1, toEntrySeq: 1 });
  assert.equal(listBlocks(disk).filter(({ header }) => header.type === BlockType.Loss).length, 1);
});
