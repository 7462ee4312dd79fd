// The replay over a scripted log: order, pace, window and destinations that are down. What must
// hold in any order of events is in replayer-model.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { logOf, noisyRequest, ReplayLog, upTo } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';
import { DoneKind } from '../vault/hand-over.ts';

const { Gzip } = EntryCodec;
const { CompressedProtobuf } = EntryKind;

test('step() hands out every entry in order and settles it once', () => {
  const log = logOf(20);
  const rig = new ReplayRig({ log });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), upTo(20));
  assert.equal(rig.cursors[0]?.slot.delivered, 20);
  assert.deepEqual([rig.replayed, rig.duplicates], [20, 0]);
  assert.ok(rig.shardWakes > 0 && rig.vaultWakes > 0);
});

test('step() sends one consumer everything while another is dead', () => {
  const log = logOf(300);
  const rig = new ReplayRig({ log, consumerCount: 2, roomSizeBytes: 64 * 1024 });
  for (let turn = 0; turn < 200; turn += 1) {
    rig.step();
    rig.settle();
    rig.nowMs += 10;
    for (const out of [...rig.out]) if (out.consumer === 1) rig.answer(out, DoneKind.Delivered);
  }
  assert.equal(rig.cursors[1]?.watermark, 300);
  assert.equal(rig.cursors[0]?.watermark, 0);
});

test('step() tries a destination that is down with one entry at a time, ever more seldom', () => {
  const rig = new ReplayRig({ log: logOf(50) });
  rig.isDown[0] = true;
  const triedAtMs: number[] = [];
  for (let turn = 0; turn < 2_000; turn += 1) {
    rig.step();
    assert.ok(rig.out.length <= 1);
    for (const out of [...rig.out]) {
      triedAtMs.push(rig.nowMs);
      rig.answer(out, DoneKind.Again);
    }
    rig.nowMs += 10;
  }
  assert.ok(triedAtMs.length > 5 && triedAtMs.length < 15, String(triedAtMs));
  assert.deepEqual(new Set(rig.handedTo(0)), new Set([0]));
  rig.isDown[0] = false;
  rig.runOut();
});

test('step() rests while nothing can go out, whatever the reason', () => {
  const dead = new ReplayRig({ log: logOf(50) });
  dead.isDown[0] = true;
  dead.step();
  assert.equal(dead.out.length, 1);
  assert.ok(dead.step() >= 250, 'its destination is down');
  const held = new ReplayRig({ log: logOf(50) });
  held.zone = Zone.Red;
  assert.ok(held.step() >= 250, 'the zone holds it');
  const empty = new ReplayRig({ log: logOf(0) });
  empty.zone = Zone.Red;
  assert.ok(empty.step() >= 1_000, 'there is nothing');
});

test('step() keeps within its window', () => {
  const rig = new ReplayRig({ log: logOf(100), bounds: { windowEntriesMax: 8 } });
  for (let turn = 0; turn < 10; turn += 1) rig.step();
  assert.equal(rig.out.length, 8);
  rig.runOut();
});

test('step() closes its file when there is nothing to do, and opens it again', () => {
  const log = logOf(3);
  const rig = new ReplayRig({ log });
  rig.step();
  assert.equal(log.closes, 0);
  rig.runOut();
  for (let turn = 0; turn < 3; turn += 1) {
    rig.nowMs += 1_000;
    rig.step();
  }
  assert.equal(log.closes, 1);
  log.append([{}]);
  log.publish();
  rig.runOut();
});

test('step() sends the newest block first when asked, and each in its order', () => {
  const log = logOf(9, 3);
  const rig = new ReplayRig({ log, order: 'newest' });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [6, 7, 8, 3, 4, 5, 0, 1, 2]);
  log.append([{}, {}]);
  log.publish();
  rig.runOut();
  assert.deepEqual(rig.handedTo(0).slice(9), [9, 10]);
});

test('step() keeps to its rate in decompressed bytes', () => {
  const body = noisyRequest(5_000, 1);
  const log = new ReplayLog();
  for (let n = 0; n < 40; n += 1) {
    log.append([{ kind: CompressedProtobuf, codec: Gzip, body: gzipSync(body) }]);
  }
  log.publish();
  const limits = { rateBytesPerSecond: 50_000, yellowRateBytesPerSecond: 0, minSharePercent: 10 };
  const rig = new ReplayRig({ log, limits });
  for (const startMs = rig.nowMs; rig.nowMs < startMs + 2_000; rig.nowMs += 5) {
    rig.step();
    for (const out of [...rig.out]) rig.answer(out, DoneKind.Delivered);
  }
  assert.ok(Math.abs(rig.handed.length - (2 * 50_000) / body.length) <= 2, `${rig.handed.length}`);
});
