// The replay under random events: whatever shards, live path, vault and operator do, and in
// whatever order, every entry ends settled once for each consumer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  type EntryInput,
  jsonRequestOf,
  ReplayLog,
  requestOf,
} from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { Zone } from '../memory/zone-word.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';
import { DoneKind, VaultAnswer } from '../vault/hand-over.ts';
import { noPlan } from './replay-command.ts';

const producerCount = 3;

class History {
  readonly log = new ReplayLog();
  readonly random: SeededRandom;
  readonly consumerCount: number;
  /** Never settled or released by a shard yet: consumer and entry. */
  readonly held: [consumer: number, entrySeq: number][] = [];
  readonly everHeld = new Set<string>();
  /** Said before they are durable. */
  readonly poison = new Set<number>();
  readonly altered = new Set<number>();
  droppedBelow = 0;
  /** Answers nothing. */
  silentShard = -1;
  /** Nothing that makes the order of hand-overs something else. */
  readonly isOrdered: boolean;
  rig: ReplayRig;
  /** The same after a restart. */
  readonly #rangesMax: number;
  readonly #handedBefore: { consumer: number; entrySeq: number }[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.consumerCount = 1 + this.random.below(3);
    this.isOrdered = this.random.oneIn(2);
    this.#rangesMax = this.isOrdered ? 1_000 : 1 + this.random.below(12);
    this.rig = this.#start();
  }

  run(stepCount: number): void {
    for (let step = 0; step < stepCount; step += 1) this.#event();
    this.#calm();
    this.rig.runOut();
    this.#check();
  }

  #start(): ReplayRig {
    const { log, consumerCount, random } = this;
    const cursors = this.rig?.cursors.map((cursor) => cursor.snapshot());
    const rig = new ReplayRig({
      ...{ log, consumerCount, shardCount: 1 + random.below(3) },
      ...{ roomSizeBytes: 4096, ringCapacity: 1 + random.below(20) },
      order: this.isOrdered || random.oneIn(2) ? 'oldest' : 'newest',
      bounds: {
        windowEntriesMax: 1 + random.below(20),
        heldEntriesMax: this.isOrdered ? 1_000 : 1 + random.below(20),
        outboxRunsMax: 25 + random.below(10),
        cursorRangesMax: this.#rangesMax,
      },
      limits: {
        rateBytesPerSecond: random.pick([10_000, 1e9]),
        yellowRateBytesPerSecond: random.pick([0, 5_000]),
        minSharePercent: random.pick([0, 10, 100]),
      },
      ...(cursors === undefined ? {} : { cursors }),
    });
    return rig;
  }

  #event(): void {
    const { rig, random } = this;
    const events: (() => void)[] = [
      () => this.#append(),
      () => this.#append(),
      () => rig.step(),
      () => rig.step(),
      () => this.#answerOne(),
      () => this.#answerOne(),
      () => this.#answerOne(),
      () => this.#liveOne(),
      () => rig.settle(1 + random.below(5)),
      () => this.#answerLetter(),
      () => this.#wait(random.pick([1, 20, 700])),
      () => this.#breakOne(random.below(this.consumerCount)),
      () => this.#breakShard(random.below(rig.dones.length)),
    ];
    const disorderly: (() => void)[] = [
      () => this.#changeZone(),
      () => rig.command({ kind: random.pick(['pause', 'resume']) }),
      () => this.#plan(),
      () => this.#plan(),
      () => rig.command({ kind: 'dry-run', key: 1, range: undefined }),
      () => rig.command({ kind: 'drain', isOn: random.oneIn(2) }),
      () => this.#breakDisk(),
      () => (random.oneIn(4) ? this.#restart() : this.#drop()),
    ];
    random.pick(this.isOrdered ? events : [...events, ...disorderly])();
  }

  #wait(ms: number): void {
    this.rig.nowMs += ms;
  }

  #breakOne(consumer: number): void {
    this.rig.isDown[consumer] = this.random.oneIn(3);
  }

  /** Its breakers are open, or its destinations only do not answer. */
  #breakShard(shard: number): void {
    this.rig.isShardDown[shard] = this.random.oneIn(3);
    this.silentShard = this.random.oneIn(3) ? shard : -1;
  }

  #breakDisk(): void {
    this.log.isFaulty = this.random.oneIn(3);
  }

  #changeZone(): void {
    const { Green, Yellow, Red } = Zone;
    this.rig.zone = this.random.pick([Green, Green, Yellow, Red]);
    this.rig.isDiskBusy = this.random.oneIn(4);
    this.rig.usePercent = this.random.pick([10, 60, 90]);
  }

  #append(): void {
    const { log, random, rig } = this;
    if (random.oneIn(6)) log.lose(1 + random.below(5));
    if (random.oneIn(8)) log.jump(1 + random.below(10));
    const fromSeq = log.endSeq;
    log.append(Array.from({ length: 1 + random.below(6) }, (_, n) => this.#entry(fromSeq + n)));
    for (let entrySeq = fromSeq; entrySeq < log.endSeq; entrySeq += 1) {
      if (!random.oneIn(4)) continue;
      const consumer = random.below(this.consumerCount);
      const settled = random.oneIn(3);
      rig.notice(entrySeq, settled ? 0 : 1 << consumer, settled ? 1 << consumer : 0);
      if (!settled) this.held.push([consumer, entrySeq]);
      this.everHeld.add(`${consumer} ${entrySeq}`);
    }
    log.publish();
  }

  #entry(entrySeq: number): EntryInput {
    const { random } = this;
    const producer = random.below(producerCount);
    const message = `${entrySeq} `.repeat(1 + random.below(random.oneIn(5) ? 150 : 10));
    const isAltered = random.oneIn(20);
    if (isAltered) this.altered.add(entrySeq);
    const common = { producer, isAltered };
    switch (random.below(8)) {
      case 0:
        return { ...common, kind: EntryKind.Json, body: jsonRequestOf(message) };
      case 1: {
        const body = gzipSync(requestOf(message));
        return { ...common, kind: EntryKind.CompressedProtobuf, codec: EntryCodec.Gzip, body };
      }
      case 2: {
        const body = gzipSync(jsonRequestOf(message));
        return { ...common, kind: EntryKind.Json, codec: EntryCodec.Gzip, body };
      }
      case 3:
        if (!isAltered) this.poison.add(entrySeq);
        return { ...common, ...random.pick(poisons) };
      default:
        return { ...common, body: requestOf(message) };
    }
  }

  #answerOne(): void {
    const { rig, random } = this;
    const answering = rig.out.filter(({ shard }) => shard !== this.silentShard);
    if (answering.length === 0) return;
    const out = random.pick(answering);
    const kind = random.pick([DoneKind.Delivered, DoneKind.Delivered, DoneKind.Again]);
    if (random.oneIn(8)) rig.answer(out, DoneKind.Rejected, 0, 400);
    else rig.answer(out, kind, kind === DoneKind.Delivered && random.oneIn(8) ? 1 : 0);
  }

  #liveOne(): void {
    const { rig, random, held } = this;
    if (held.length === 0) return;
    const [one] = held.splice(random.below(held.length), 1);
    assert.ok(one !== undefined);
    const kind = random.pick([DoneKind.LiveSettled, DoneKind.LiveReleased]);
    rig.live(kind, ...one, kind === DoneKind.LiveSettled && random.oneIn(4) ? 1 : 0);
  }

  #answerLetter(): void {
    const { rig, random } = this;
    if (rig.letters.length === 0) return;
    const { Acked, Full, ReadOnly } = VaultAnswer;
    rig.answerLetter(random.pick(rig.letters), random.pick([Acked, Acked, Full, ReadOnly]));
  }

  #plan(): void {
    const fromNs = BigInt(1000 + this.random.below(1 + this.log.endSeq)) * 1_000_000n;
    const range = this.random.oneIn(2) ? { fromNs, toNs: fromNs + 5_000_000n } : undefined;
    const order = this.random.pick(['oldest', 'newest', undefined] as const);
    const rateBytesPerSecond = this.random.pick([1_000, 100_000, undefined]);
    this.rig.command({ kind: 'plan', plan: { order, rateBytesPerSecond, range } });
  }

  #drop(): void {
    const highest = Math.max(...this.rig.cursors.map(({ watermark }) => watermark));
    this.droppedBelow = Math.max(this.droppedBelow, highest + 2);
    if (this.droppedBelow > this.log.endSeq) return;
    this.rig.dropBelow(this.droppedBelow);
  }

  /** A crash: what the vault thread knows is all that is left. */
  #restart(): void {
    this.#handedBefore.push(...this.rig.handed);
    this.held.length = 0;
    this.rig = this.#start();
  }

  #calm(): void {
    const { rig, log } = this;
    log.isFaulty = false;
    rig.isDown.length = 0;
    rig.isShardDown.length = 0;
    rig.zone = Zone.Green;
    rig.isDiskBusy = false;
    rig.usePercent = 10;
    rig.command({ kind: 'resume' });
    rig.command({ kind: 'drain', isOn: false });
    rig.command({ kind: 'plan', plan: noPlan });
    for (const one of this.held.splice(0)) rig.live(DoneKind.LiveReleased, ...one);
    assert.deepEqual(
      rig.replayer.parts.consumers.map(({ outCount }) => outCount).reduce((a, b) => a + b, 0),
      rig.replayer.outCount,
    );
  }

  #check(): void {
    const { rig, log, poison } = this;
    const jumps = countOf(log, 'skipped');
    const handed = [...this.#handedBefore, ...rig.handed];
    for (const { entrySeq } of handed) {
      assert.ok(!poison.has(entrySeq) && !this.altered.has(entrySeq), `entry ${entrySeq} went out`);
    }
    for (const { slot } of rig.cursors) {
      assert.ok(slot.skipped <= jumps);
      if (this.droppedBelow === 0 && this.everHeld.size === 0) {
        assert.equal(slot.lost, countOf(log, 'lost') + this.altered.size);
        assert.equal(slot.skipped, jumps);
      }
    }
    if (this.isOrdered) this.#checkOrder();
  }

  /** Of one producer, entries that no shard held go out in their order the first time. */
  #checkOrder(): void {
    const last = new Map<string, number>();
    const seen = new Set<string>();
    for (const { consumer, entrySeq } of this.rig.handed) {
      const name = `${consumer} ${entrySeq}`;
      if (this.everHeld.has(name) || seen.has(name)) continue;
      seen.add(name);
      const line = `${consumer} ${this.log.entries.get(entrySeq)?.producer}`;
      assert.ok((last.get(line) ?? -1) < entrySeq, `${name} after ${last.get(line)}`);
      last.set(line, entrySeq);
    }
  }
}

const poisons: EntryInput[] = [
  { body: Uint8Array.of(0xff) },
  { kind: EntryKind.Json, body: Buffer.from('{"resourceLogs":') },
  { kind: EntryKind.CompressedProtobuf, codec: EntryCodec.Gzip, body: Buffer.from('no gzip') },
  { kind: EntryKind.CompressedProtobuf, codec: EntryCodec.Gzip, body: gzipSync('\u00ff') },
  { kind: EntryKind.Json, codec: EntryCodec.Gzip, body: gzipSync('{]') },
];

function countOf(log: ReplayLog, kind: 'lost' | 'skipped'): number {
  let count = 0;
  for (let seq = 0; seq < log.endSeq; seq += 1) if (log.partOf(seq)?.kind === kind) count += 1;
  return count;
}

test('step() settles every entry once for each consumer, whatever happens on the way', (context) => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 400 }), (seed, stepCount) => {
      new History(seed).run(stepCount);
    }),
    { numRuns: 80, seed: testSeed(context) },
  );
});
