// Scenario: the replay over the vault's own reader, on a simulated disk: sealed and live segments,
// entries in one block and cut over several, a jump, a flipped bit, and calls that fail.
// Guarantees: every entry reaches the destination as it was received; the damaged block is lost,
// and nothing else; what cannot be read for a while is not lost, and somebody is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf, putSegment } from '../../test/support/log-read-rig.ts';
import { ReplayLog, requestOf } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { Kernel } from '../kernel/kernel.ts';
import { MiB } from '../limits.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { segmentPath } from '../vault/file-names.ts';
import { DoneKind } from '../vault/hand-over.ts';
import { IoFault } from '../vault/io-fault.ts';
import { LogReader } from '../vault/log-reader.ts';
import { LogSource, logReadSizeBytes } from '../vault/log-source.ts';

const roomSizeBytes = 4 * MiB;

/** A log that knows what is in it, and the same on a disk. */
class DiskLog extends ReplayLog {
  readonly disk = new SimulatedDisk();
  readonly builder = new LogBuilder();
  #source: LogSource | undefined;

  add(bodies: readonly Uint8Array[]): void {
    this.append(bodies.map((body) => ({ body })));
    this.builder.addGroup(bodies);
  }

  begin(skippedEntries = 0): void {
    if (skippedEntries > 0) this.jump(skippedEntries);
    this.builder.begin({ skippedEntries, capacityBytes: 16 * MiB });
  }

  seal(): void {
    this.builder.seal();
    putSegment(this.disk, this.builder);
    this.builder.end();
  }

  goLive(): void {
    putSegment(this.disk, this.builder, 16 * MiB);
    this.publish();
  }

  override readEnd(end: DurableEnd): void {
    Object.assign(end, endOf(this.builder, true));
  }

  rig(order: 'oldest' | 'newest', consumerCount = 1): ReplayRig {
    return new ReplayRig({
      ...{ log: this, order, roomSizeBytes, consumerCount, sourceSizeBytes: 3 * MiB },
      openReader: ({ area, hash, memory }, { offsetBytes }) => {
        this.#source ??= new LogSource({
          directory: this.disk,
          direct: true,
          vaultUuid: this.builder.vaultUuid,
          ...{ kernel: Kernel.create(memory), area, hash },
          region: { offsetBytes, sizeBytes: logReadSizeBytes },
        });
        return new LogReader(this.#source);
      },
    });
  }
}

for (const order of ['oldest', 'newest'] as const) {
  test(`step() sends a log from the disk, ${order} first`, () => {
    const log = diskLog();
    const rig = log.rig(order, 2);
    runAndCompare(rig, log);
    for (const { slot } of rig.cursors) {
      assert.deepEqual([slot.delivered, slot.lost, slot.skipped], [log.entries.size, 0, 7]);
    }
    assert.deepEqual(rig.damage, []);
  });
}

test('step() sets a cut entry aside without a copy', () => {
  const log = diskLog();
  const rig = log.rig('oldest');
  rig.nowMs += 1;
  const rejected = new Set<number>();
  runAndCompare(rig, log, (entrySeq) => {
    if (log.entries.get(entrySeq)!.body.length < MiB || rejected.has(entrySeq)) return false;
    rejected.add(entrySeq);
    return true;
  });
  assert.equal(rig.cursors[0]?.slot.deadLettered, rejected.size);
  assert.ok(rejected.size > 0);
});

test('step() loses the block with a flipped bit, and no other', () => {
  const log = diskLog();
  const block = log.builder.blocks[1]!;
  log.disk.flipBit(segmentPath(block.segmentId), 8 * (block.offsetBytes + 200));
  const rig = log.rig('oldest', 2);
  runAndCompare(rig, log);
  for (const { slot } of rig.cursors) assert.equal(slot.lost, block.entryCount);
  assert.equal(rig.damage.length, 1);
  assert.equal(rig.damage[0]?.offsetBytes, block.offsetBytes);
});

for (const name of ['list', 'open'] as const) {
  test(`step() says that it cannot read when ${name} fails, and loses nothing`, () => {
    const log = diskLog();
    const rig = log.rig('oldest', 2);
    const fault = name === 'list' ? IoFault.NoDescriptor : IoFault.Denied;
    log.disk.script.watch = (call) => (call.name === name ? { kind: 'fault', fault } : undefined);
    const startMs = rig.nowMs;
    for (; rig.nowMs < startMs + 5_000; rig.nowMs += 100) rig.step();
    assert.deepEqual(rig.faults.slice(0, 2), [
      [0, fault],
      [1, fault],
    ]);
    assert.equal(rig.faults.length, 2 * 5);
    log.disk.script.watch = undefined;
    runAndCompare(rig, log);
    for (const { slot } of rig.cursors) {
      assert.deepEqual([slot.delivered, slot.lost], [log.entries.size, 0]);
    }
    assert.deepEqual(rig.damage, []);
  });
}

function diskLog(): DiskLog {
  const log = new DiskLog();
  log.begin();
  log.add([requestOf('a'), requestOf('b')]);
  log.add([requestOf('c'.repeat(5_000))]);
  log.add([requestOf('large'.repeat(500_000))]);
  log.add([requestOf('d')]);
  log.seal();
  log.begin(7);
  log.add([requestOf('e'), requestOf('f'), requestOf('g')]);
  log.add([requestOf('h'.repeat(900_000)), requestOf('i')]);
  log.goLive();
  return log;
}

function runAndCompare(
  rig: ReplayRig,
  log: DiskLog,
  isRejected: (entrySeq: number) => boolean = () => false,
): void {
  for (let turn = 0; turn < 300; turn += 1) {
    rig.step();
    for (const out of [...rig.out]) {
      assert.ok(Buffer.from(log.entries.get(out.entrySeq)!.body).equals(out.sent));
      const kind = isRejected(out.entrySeq) ? DoneKind.Rejected : DoneKind.Delivered;
      rig.answer(out, kind);
    }
    rig.nowMs += 50;
  }
  rig.runOut();
}
