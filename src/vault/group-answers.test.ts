import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RigMemory } from '../../test/support/rig-memory.ts';
import { separateZonePage } from '../../test/support/zone-page.ts';
import { settleRecordsMax, VaultLinks } from '../memory/vault-links.ts';
import { DurableEnd, VaultPage, VaultWord } from '../memory/vault-page.ts';
import { GroupAnswers } from './group-answers.ts';
import { NoticeKind, PendingEntry, sequenceOf, VaultAnswer } from './hand-over.ts';

function rigOf(shardCount = 2) {
  const memory = new RigMemory({ shardCount });
  const links = new VaultLinks(memory.buffer, memory.links, shardCount);
  const page = new VaultPage(memory.buffer, memory.page.offsetBytes);
  const wakes: number[] = [];
  const { zone } = separateZonePage();
  const answers = new GroupAnswers(links, page, zone, (shard) => wakes.push(shard));
  const record = new Uint32Array(8);
  const end = new DurableEnd();
  return {
    ...{ links, page, wakes, answers },
    answered(producer: number): [answer: number, entrySeq: number][] {
      const all: [number, number][] = [];
      while (links.fromVault(producer).pop(record)) {
        const [, answer = 0, low = 0, high = 0] = record;
        all.push([answer, sequenceOf(low, high)]);
      }
      return all;
    },
    notice(): number[] {
      return links.vaultToReplay.pop(record) ? [...record.subarray(0, 4)] : [];
    },
    published(): number {
      page.readEnd(end);
      return end.entryEnd;
    },
  };
}

function entry(producer: number, entrySeq: number, heldMask = 0, settledMask = 0): PendingEntry {
  const pending = new PendingEntry();
  return Object.assign(pending, { slab: 9, producer, entrySeq, heldMask, settledMask });
}

function endAt(entryEnd: number): DurableEnd {
  return Object.assign(new DurableEnd(), { entryEnd, blockSeq: 1, liveSegmentId: 1, endBytes: 8 });
}

test('answer() counts what is refused for want of room or of a disk', () => {
  const rig = rigOf();
  const group = [entry(0, 5), entry(1, 6)];
  for (const answer of Object.values(VaultAnswer)) rig.answers.answer(group, 2, answer);
  rig.answers.answer(group, 1, VaultAnswer.Full);
  const words = [VaultWord.AnsweredFull, VaultWord.AnsweredReadOnly];
  assert.deepEqual(
    words.map((word) => rig.page.get(word)),
    [3, 2],
  );
});

test('answer() wakes each producer once for all of its answers', () => {
  const rig = rigOf();
  const group = [entry(0, 5), entry(1, 6), entry(0, 7), entry(2, 8)];
  rig.answers.answer(group, 4, VaultAnswer.Acked);
  assert.deepEqual(rig.answered(0), [
    [VaultAnswer.Acked, 5],
    [VaultAnswer.Acked, 7],
  ]);
  assert.deepEqual(rig.answered(2), [[VaultAnswer.Acked, 8]], 'of the replay thread');
  assert.deepEqual(rig.wakes, [0, 1]);
  rig.answers.answer([entry(0, 8)], 1, VaultAnswer.Full);
  assert.deepEqual(rig.wakes, [0, 1], 'its flag is still up: it has not looked yet');
  rig.links.vaultFlag(0).lower();
  rig.answers.answer([entry(0, 9)], 1, VaultAnswer.ReadOnly);
  assert.deepEqual(rig.wakes, [0, 1, 0]);
});

test('answer() tells of who has an entry before its producer hears and before it is published', () => {
  const rig = rigOf();
  rig.answers.answer([entry(0, 2 ** 33, 2, 5)], 1, VaultAnswer.Acked);
  assert.deepEqual(rig.notice(), [NoticeKind.Held, 0, 2, 2 | (5 << 16)]);
  assert.equal(rig.published(), 0);
  assert.ok(rig.answers.publish(endAt(2 ** 33 + 1)));
  assert.equal(rig.published(), 2 ** 33 + 1);
});

test('answer() tells nobody of an entry that is not in the vault', () => {
  const rig = rigOf();
  for (const answer of [VaultAnswer.Full, VaultAnswer.ReadOnly, VaultAnswer.TooLarge])
    rig.answers.answer([entry(0, 0, 1)], 1, answer);
  assert.deepEqual(rig.notice(), []);
  assert.equal(rig.answered(0).length, 3);
});

// Scenario: the replay thread does not look at its ring while more entries come in than it holds.
// Guarantees: the end stays where it was, and with it whatever comes later, until every notice is
// through; none is lost and none comes twice.
test('publish() holds the end back while a notice does not fit', () => {
  const rig = rigOf();
  for (let seq = 0; seq < settleRecordsMax + 10; seq += 1) {
    rig.answers.answer([entry(0, seq, 1)], 1, VaultAnswer.Acked);
    rig.answered(0);
  }
  assert.equal(rig.answers.publish(endAt(5_000)), false);
  assert.equal(rig.published(), 0);
  for (let seq = 0; seq < 9; seq += 1) assert.equal(rig.notice()[1], seq);
  assert.equal(rig.answers.publish(endAt(5_000)), false, 'one is still too many');
  assert.equal(rig.answered(0).length, 9, 'producers hear with the notices');
  assert.equal(rig.notice()[1], 9);
  assert.ok(rig.answers.publish(endAt(5_000)));
  assert.equal(rig.published(), 5_000);
  for (let seq = 10; seq < settleRecordsMax + 10; seq += 1) assert.equal(rig.notice()[1], seq);
  assert.deepEqual(rig.notice(), []);
});

test('droppedBelow() is told in the order of the groups', () => {
  const rig = rigOf();
  rig.answers.droppedBelow(7);
  rig.answers.answer([entry(0, 9, 1)], 1, VaultAnswer.Acked);
  assert.deepEqual(rig.notice(), [NoticeKind.DroppedBelow, 7, 0, 0]);
  assert.deepEqual(rig.notice(), [NoticeKind.Held, 9, 0, 1]);
  assert.ok(rig.answers.publish(endAt(10)));
});

// Scenario: what is oldest is dropped again and again while the replay thread is stuck.
// Guarantees: it is told of all of it with one notice, so what waits for it does not grow.
test('droppedBelow() while nothing fits the ring is told once, with the last entry', () => {
  const rig = rigOf();
  for (let seq = 0; seq < settleRecordsMax; seq += 1) {
    rig.answers.answer([entry(0, seq, 1)], 1, VaultAnswer.Acked);
    rig.answered(0);
  }
  for (let seq = 1; seq <= 1_000; seq += 1) rig.answers.droppedBelow(seq);
  assert.equal(rig.answers.publish(endAt(5_000)), false);
  while (rig.notice()[0] === NoticeKind.Held);
  assert.ok(rig.answers.publish(endAt(5_000)));
  assert.deepEqual(rig.notice(), [NoticeKind.DroppedBelow, 1_000, 0, 0]);
  assert.deepEqual(rig.notice(), []);
});
