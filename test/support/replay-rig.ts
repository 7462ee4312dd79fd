// A replayer without threads: scripted log, rings that are lists, shards and a vault thread that do
// what a test says. It checks what must always hold: what is handed out is what was received, and
// stays that until it is answered; every entry is settled once; both copies of a cursor agree.

import assert from 'node:assert/strict';
import { Kernel } from '../../src/kernel/kernel.ts';
import { KiB } from '../../src/limits.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { buildReplayer } from '../../src/replayer/build-replayer.ts';
import type { ReplayAnswer, ReplayCommand } from '../../src/replayer/replay-command.ts';
import { type PlanEnd, ReplayControl } from '../../src/replayer/replay-control.ts';
import type { Replayer } from '../../src/replayer/replayer.ts';
import { ConsumerCursor } from '../../src/vault/consumer-cursor.ts';
import { EntryHeader, readEntryHeader } from '../../src/vault/entry-header.ts';
import {
  DoneKind,
  highWord,
  lowWord,
  masksWord,
  NoticeKind,
  SettleKind,
  sequenceOf,
  VaultAnswer,
} from '../../src/vault/hand-over.ts';
import type { IoFault } from '../../src/vault/io-fault.ts';
import type { LostRead } from '../../src/vault/log-read.ts';
import { ListRing } from './list-ring.ts';
import type { ReplayLog } from './replay-log.ts';
import {
  noLetters,
  type OutEntry,
  type OutLetter,
  type RigOptions,
  unlimited,
} from './replay-rig-types.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

export class ReplayRig {
  readonly log: ReplayLog;
  readonly replayer: Replayer;
  readonly control: ReplayControl;
  readonly out: OutEntry[] = [];
  readonly letters: OutLetter[] = [];
  /** What is in the dead letter. */
  readonly buried: OutLetter[] = [];
  readonly damage: LostRead[] = [];
  /** Hand-overs in their order. */
  readonly handed: { readonly consumer: number; readonly entrySeq: number }[] = [];
  /** The vault thread's copies. */
  readonly cursors: readonly ConsumerCursor[];
  readonly settles: ListRing;
  readonly answers: ReplayAnswer[] = [];
  /** Entries that no room holds. */
  readonly tooLarge: number[] = [];
  /** Reads that failed: consumer and fault. */
  readonly faults: [consumer: number, fault: IoFault][] = [];
  nowMs = 1_000;
  zone: Zone = Zone.Green;
  isDiskBusy = false;
  usePercent = 10;
  pausesEnded = 0;
  readonly plansEnded: PlanEnd[] = [];
  replayed = 0;
  duplicates = 0;
  shardWakes = 0;
  vaultWakes = 0;
  /** By consumer. */
  readonly isDown: boolean[] = [];
  /** By shard, for every consumer. */
  readonly isShardDown: boolean[] = [];
  readonly queuedBytes: number[] = [];
  readonly enqueued: number[] = [];
  readonly #notices = new ListRing(Number.POSITIVE_INFINITY);
  readonly #letterAnswers = new ListRing(Number.POSITIVE_INFINITY);
  readonly #lettersOut: ListRing;
  readonly dones: readonly ListRing[];
  readonly #deliveries: ListRing[];
  readonly #arena;

  constructor(options: RigOptions) {
    const { log, consumerCount = 1, shardCount = 1, ringCapacity = 1_024 } = options;
    const { roomSizeBytes = 64 * KiB, limits = unlimited, order = 'oldest' } = options;
    const scratchBytes = 64 * KiB;
    this.log = log;
    const { sourceSizeBytes = 0 } = options;
    const roomsOffsetBytes = firstFreeBytes + scratchBytes + sourceSizeBytes;
    this.#arena = vaultArena(scratchBytes + sourceSizeBytes + consumerCount * roomSizeBytes);
    const { area, hash, memory } = this.#arena;
    const counts = Array.from({ length: consumerCount }, (_, index) => index);
    const shards = Array.from({ length: shardCount }, (_, index) => index);
    const source = { offsetBytes: firstFreeBytes + scratchBytes, sizeBytes: sourceSizeBytes };
    const openReader = () => options.openReader?.(this.#arena, source) ?? log.reader(area);
    this.settles = new ListRing(ringCapacity);
    this.#lettersOut = new ListRing(ringCapacity);
    this.dones = shards.map(() => new ListRing(Number.POSITIVE_INFINITY));
    this.#deliveries = shards.map(() => new ListRing(ringCapacity));
    this.cursors = counts.map((index) => {
      const cursor = new ConsumerCursor(undefined, options.bounds?.cursorRangesMax);
      const snapshot = options.cursors?.[index];
      if (snapshot !== undefined) cursor.restore(snapshot);
      return cursor;
    });
    this.replayer = buildReplayer({
      ...{ area, hash, kernel: Kernel.create(memory), scanOffsetBytes: firstFreeBytes },
      messageSizeBytesMax: options.messageSizeBytesMax ?? roomSizeBytes - 72,
      ...{ limits, order, nowMs: this.nowMs, random: () => 0.5 },
      ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
      notices: this.#notices,
      settles: this.settles,
      letters: this.#lettersOut,
      letterAnswers: this.#letterAnswers,
      dones: this.dones,
      deliveries: this.#deliveries,
      readEnd: (end) => log.readEnd(end),
      zone: () => this.zone,
      isDiskBusy: () => this.isDiskBusy,
      usePercent: () => this.usePercent,
      wakeShard: () => {
        this.shardWakes += 1;
      },
      wakeVault: () => {
        this.vaultWakes += 1;
      },
      reportDamage: (lost) => this.damage.push(lost),
      countReplayed: () => {
        this.replayed += 1;
      },
      countDuplicates: (count) => {
        this.duplicates += count;
      },
      cannotHold: (_, entrySeq) => this.tooLarge.push(entrySeq),
      cannotRead: (consumer, { fault }) => this.faults.push([consumer, fault]),
      pauseEnded: () => {
        this.pausesEnded += 1;
      },
      forgetBelow() {},
      consumers: counts.map((index) => ({
        tag: 1 + index,
        cursor: this.cursors[index]!.snapshot(), // one for each
        room: { offsetBytes: roomsOffsetBytes + index * roomSizeBytes, sizeBytes: roomSizeBytes },
        reader: openReader(),
        queues: shards.map((shard) => ({
          isDown: () => (this.isDown[index] ?? false) || (this.isShardDown[shard] ?? false),
          queuedBytes: () => this.queuedBytes[index] ?? 0,
          queuedBatches: () => 0,
          enqueuedBatches: () => this.enqueued[index] ?? 0,
        })),
        ...{ queueSizeBytesMax: 1e9, queueBatchesMax: 1e9, flushTimeoutMs: 0 },
      })),
    });
    this.control = new ReplayControl({
      ...{ replayer: this.replayer, area, hash, order, openReader, letters: noLetters },
      planEnded: (cause) => this.plansEnded.push(cause),
    });
  }

  /** One step, and what came out of it goes to the shards. */
  step(): number {
    const waitMs = this.replayer.step(this.nowMs);
    const busy = this.control.step(this.nowMs);
    this.takeDeliveries();
    this.#takeLetters();
    return busy ? 0 : waitMs;
  }

  takeDeliveries(): void {
    const record = new Uint32Array(8);
    for (const [shard, ring] of this.#deliveries.entries()) {
      while (ring.pop(record)) this.#handOut(shard, record);
    }
  }

  answer(out: OutEntry, kind: DoneKind, rejectedRecords = 0, statusCode = 0): void {
    assert.deepEqual(this.#bytes(out.bodyOffsetBytes, out.sent.length), out.sent);
    this.out.splice(this.out.indexOf(out), 1);
    const { consumer, entrySeq, token } = out;
    const sequence = [lowWord(entrySeq), highWord(entrySeq)];
    this.dones[out.shard]?.push(kind, token, consumer, ...sequence, rejectedRecords, statusCode);
  }

  live(
    kind: typeof DoneKind.LiveSettled | typeof DoneKind.LiveReleased,
    consumer: number,
    entrySeq: number,
    rejectedRecords = 0,
  ): void {
    const sequence = [lowWord(entrySeq), highWord(entrySeq)];
    this.dones[entrySeq % this.dones.length]?.push(kind, 0, consumer, ...sequence, rejectedRecords);
  }

  notice(entrySeq: number, heldMask: number, settledMask = 0): void {
    const sequence = [lowWord(entrySeq), highWord(entrySeq)];
    this.#notices.push(NoticeKind.Held, ...sequence, masksWord(heldMask, settledMask));
  }

  dropBelow(entrySeq: number): void {
    this.#notices.push(NoticeKind.DroppedBelow, lowWord(entrySeq), highWord(entrySeq));
  }

  answerLetter(letter: OutLetter, answer: VaultAnswer): void {
    const { header, body } = this.#letter(letter.slab);
    assert.deepEqual([header, body], [letter.header, letter.body]);
    this.letters.splice(this.letters.indexOf(letter), 1);
    if (answer === VaultAnswer.Acked) this.buried.push(letter);
    this.#letterAnswers.push(letter.slab, answer);
  }

  /** The vault thread takes up to so many settles. */
  settle(countMax = Number.POSITIVE_INFINITY): void {
    const record = new Uint32Array(8);
    for (let taken = 0; taken < countMax && this.settles.pop(record); taken += 1) {
      const [head = 0, low = 0, high = 0, count = 0] = record;
      const cursor = this.cursors[head >>> 8];
      assert.ok(cursor !== undefined);
      const kind = (head & 0xff) as SettleKind;
      const newCount = cursor.settle(kind, sequenceOf(low, high), count);
      // What the replay took, the vault takes as well; single entries exactly once.
      assert.ok(newCount > 0 && newCount <= count, `settle of ${count} took ${newCount}`);
      if (kind === SettleKind.Delivered || kind === SettleKind.DeadLettered) {
        assert.equal(newCount, count);
      }
    }
  }

  command(command: ReplayCommand): ReplayAnswer | undefined {
    return this.control.execute(command, this.nowMs, (answer) => this.answers.push(answer));
  }

  /** Everything works: runs until nothing is left to do, and checks that nothing is left. */
  runOut(check = true): void {
    const turnsMax = 3_000 + 50 * this.log.endSeq;
    // Longer than any back-off, unless there is nothing to wait for.
    const idleTurnsMax = 120;
    let idle = 0;
    for (let turn = 0; idle < (this.isSettled ? 5 : idleTurnsMax); turn += 1) {
      assert.ok(turn < turnsMax, 'the replay does not come to an end');
      const waitMs = this.step();
      const isIdle = this.out.length + this.letters.length + this.settles.records.length === 0;
      idle = isIdle && waitMs > 0 ? idle + 1 : 0;
      this.settle();
      for (const out of [...this.out]) this.answer(out, DoneKind.Delivered);
      for (const letter of [...this.letters]) this.answerLetter(letter, VaultAnswer.Acked);
      this.nowMs += idle > 10 ? 500 : Math.min(waitMs + 1, 1_000);
    }
    if (check) this.checkEnd();
  }

  get isSettled(): boolean {
    return this.cursors.every(({ watermark }) => watermark === this.log.endSeq);
  }

  checkEnd(): void {
    for (const [index, cursor] of this.cursors.entries()) {
      assert.equal(cursor.watermark, this.log.endSeq, `consumer ${index}`);
      const own = this.replayer.parts.consumers[index]?.parts.ledger.cursor.snapshot();
      assert.deepEqual(own, cursor.snapshot());
    }
    for (const { parts } of this.replayer.parts.consumers) {
      assert.ok(parts.room.isEmpty, 'memory that nobody uses did not come back');
      assert.equal(parts.ledger.window.size, 0);
      assert.equal(parts.ledger.held.size, 0);
    }
  }

  /** Entries that a consumer was handed, in order. */
  handedTo(consumer: number): number[] {
    return this.handed.filter((one) => one.consumer === consumer).map(({ entrySeq }) => entrySeq);
  }

  #handOut(shard: number, record: Uint32Array): void {
    const [bodyOffsetBytes = 0, lengthBytes = 0, token = 0, consumer = 0] = record;
    const entrySeq = sequenceOf(record[6]!, record[7]!); // eight words
    const sent = this.#bytes(bodyOffsetBytes, lengthBytes);
    this.out.push({ consumer, shard, entrySeq, token, bodyOffsetBytes, sent });
    this.handed.push({ consumer, entrySeq });
    const { producer } = this.log.entries.get(entrySeq)!; // it was read there
    assert.equal(shard, producer % this.dones.length);
  }

  #takeLetters(): void {
    const record = new Uint32Array(8);
    while (this.#lettersOut.pop(record)) {
      const [slab = 0, masks = 0, log = 0] = record;
      assert.deepEqual([masks, log], [0, 1]);
      this.letters.push(this.#letter(slab));
    }
  }

  #letter(slab: number): OutLetter {
    const { area } = this.#arena;
    const header = new EntryHeader();
    assert.equal(readEntryHeader(area, slab * 64, area.bytes.length, header), 0);
    return { slab, header, body: this.#bytes(slab * 64 + 64, header.bodySizeBytes) };
  }

  #bytes(offsetBytes: number, lengthBytes: number): Uint8Array {
    return Uint8Array.from(this.#arena.area.bytes.subarray(offsetBytes, offsetBytes + lengthBytes));
  }
}
