// All batches of a shard that are in flight, and what time and memory do to them: deadlines,
// copies in the vault for those whose destinations take too long, losses of destinations that are
// not required.

import { Chain } from '../chain.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Destination } from '../exporter/destination.ts';
import type { IngestCall } from '../ingester/ingest-call.ts';
import { drainRetryDelayMs, MiB, retryDelayMsMin } from '../limits.ts';
import type { Log } from '../log.ts';
import type { ShardCounters } from '../memory/state-page.ts';
import { InFlightBatch, type InFlightOwner } from './in-flight-batch.ts';
import { type VaultDoor, VaultReadiness } from './vault-door.ts';
import type { VaultRefusalAnswer } from './vault-refusal.ts';

export interface InFlightParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  readonly vault: VaultDoor;
  /** How long destinations may take before the vault is asked; Infinity: it never is. */
  readonly ackDeadlineMs: number;
  freeSlab(slab: number): void;
  /** Of this shard's memory, the fuller of its regions. */
  occupancyPercent(): number;
}

export interface InFlightEvents {
  /** The vault did not take a batch that was sent nowhere: its producer still waits. */
  refused(batch: InFlightBatch, answer: VaultRefusalAnswer): void;
  /** Deadlines have just been looked at. */
  swept(): void;
  /** Nothing is in flight any more. */
  emptied(): void;
}

// A producer that names no deadline is answered after this: SDKs give up after 10 s, retries
// included, and a batch must not hold its slab for a producer that waits for ever.
export const answerWaitMsMax = 30_000;

// Above this, batches that were answered and wait only for a destination that is not required are
// dropped, oldest first: such a destination must never hold back a producer.
export const answeredOccupancyPercentMax = 60;

// Above this, the vault is asked to take what is in memory without waiting for its time, oldest
// first. Below the bound above: what can be kept is kept.
export const hedgeOccupancyPercentMax = 50;

// While memory is short this much is handed to the vault at once: two groups, so that it always has
// one waiting, and no more, because a destination may still be faster.
const hedgeBytesMax = 8 * MiB;

// Deadlines are looked at this often, all in one pass: a timer per call would cost more than the
// calls that ever reach their deadline.
const sweepMs = 100;
const sweepWhileShortMs = 10;

export class InFlightBatches implements InFlightOwner {
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  readonly vault: VaultDoor;
  readonly #parts: InFlightParts;
  readonly #events: InFlightEvents;
  /** In order of arrival: the answer waits for destinations alone, or nothing was done yet. */
  readonly #owed = new Chain<InFlightBatch>();
  /** Answered, or with the vault. */
  readonly #others = new Chain<InFlightBatch>();
  #sweep: Timer | undefined;
  #sweepAtMs = Infinity;

  constructor(parts: InFlightParts, events: InFlightEvents) {
    this.#parts = parts;
    this.#events = events;
    this.counters = parts.counters;
    this.destinations = parts.destinations;
    this.vault = parts.vault;
  }

  get size(): number {
    return this.#owed.size + this.#others.size;
  }

  get isAllAnswered(): boolean {
    return this.#owed.size === 0 && !this.#others.links().some((batch) => !batch.answered);
  }

  nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  /** From now on somebody must answer it. */
  add(call: IngestCall): InFlightBatch {
    const nowMs = this.#parts.clock.nowMs();
    const patienceMs = Math.min(this.#parts.ackDeadlineMs, (call.deadlineMs - nowMs) / 3);
    const times = {
      receivedMs: nowMs,
      deadlineMs: Math.min(call.deadlineMs, nowMs + answerWaitMsMax),
      hedgeMs: nowMs + Math.max(0, patienceMs),
    };
    const batch = new InFlightBatch(call, times, this);
    this.#owed.add(batch);
    this.#startSweep(nowMs);
    return batch;
  }

  /** A drain does not wait for destinations: everything that the vault may take goes to it. */
  hedgeAll(): void {
    for (const batch of this.#owed.links()) {
      if (!this.#vaultIsOpen) return;
      if (batch.owesAnswer) batch.hedge();
    }
  }

  /** Answers everything DRAINING, and lets go of it; returns how many answers that were. */
  giveUpAll(): number {
    let answeredCount = 0;
    for (const batch of [...this.#owed.links(), ...this.#others.links()]) {
      if (!batch.answered) answeredCount += 1;
      batch.giveUp('DRAINING', 'shutting down before every destination had it', drainRetryDelayMs);
      if (batch.isHeld) batch.letGo();
      // What was answered waits only for destinations that are not required.
      batch.drop();
    }
    return answeredCount;
  }

  moved(batch: InFlightBatch): void {
    if (!batch.isChained || batch.isAmongOwed === batch.owesAnswer) return;
    this.#chainOf(batch).delete(batch);
    batch.isAmongOwed = batch.owesAnswer;
    this.#chainOf(batch).add(batch);
  }

  vaultRefused(batch: InFlightBatch, answer: VaultRefusalAnswer): void {
    // Not before another while: the vault may say that it takes, and refuse all the same.
    batch.nextStepMs = this.#parts.clock.nowMs() + this.#parts.ackDeadlineMs;
    if (batch.owesAnswer) this.moved(batch);
    else this.#events.refused(batch, answer);
  }

  release(batch: InFlightBatch): void {
    this.#chainOf(batch).delete(batch);
    this.#parts.freeSlab(batch.slab);
    if (this.size === 0) this.#events.emptied();
  }

  #chainOf(batch: InFlightBatch): Chain<InFlightBatch> {
    return batch.isAmongOwed ? this.#owed : this.#others;
  }

  get #vaultTakes(): boolean {
    return this.vault.readiness === VaultReadiness.Takes;
  }

  get #vaultIsOpen(): boolean {
    return this.#vaultTakes || this.vault.readiness === VaultReadiness.Behind;
  }

  get #isShort(): boolean {
    return this.#vaultTakes && this.#parts.occupancyPercent() > hedgeOccupancyPercentMax;
  }

  #startSweep(nowMs: number): void {
    const atMs = nowMs + (this.#isShort ? sweepWhileShortMs : sweepMs);
    if (atMs >= this.#sweepAtMs) return;
    this.#sweep?.cancel();
    this.#sweepAtMs = atMs;
    this.#sweep = this.#parts.clock.after(atMs - nowMs, () => {
      this.#sweepAtMs = Infinity;
      this.#sweepOnce(this.#parts.clock.nowMs());
      if (this.size > 0) this.#startSweep(this.#parts.clock.nowMs());
    });
  }

  #sweepOnce(nowMs: number): void {
    this.#sweepOwed(nowMs);
    this.#sweepOthers(nowMs);
    this.#dropAnswered();
    this.#events.swept();
  }

  #sweepOwed(nowMs: number): void {
    const isShort = this.#isShort;
    for (const batch of this.#owed.links()) {
      if (!batch.owesAnswer) continue;
      if (batch.deadlineMs <= nowMs) this.#expire(batch);
      else if (this.#wantsCopy(batch, nowMs, isShort)) batch.hedge();
    }
  }

  #wantsCopy(batch: InFlightBatch, nowMs: number, isShort: boolean): boolean {
    if (batch.nextStepMs <= nowMs) return this.#vaultTakes;
    // One that was refused has had its turn.
    if (batch.nextStepMs > batch.receivedMs + this.#parts.ackDeadlineMs) return false;
    return isShort && this.vault.outBytes < hedgeBytesMax;
  }

  #sweepOthers(nowMs: number): void {
    const isShort = this.#parts.occupancyPercent() > hedgeOccupancyPercentMax;
    for (const batch of this.#others.links()) {
      if (!batch.answered && batch.deadlineMs <= nowMs) this.#expire(batch);
      // Memory never tries again what the disk holds.
      else if (batch.isHeld && (isShort || batch.nextStepMs <= nowMs)) batch.letGo();
    }
  }

  #expire(batch: InFlightBatch): void {
    batch.giveUp('DEADLINE', 'no answer from every destination in time', retryDelayMsMin);
  }

  #dropAnswered(): void {
    const { log, occupancyPercent } = this.#parts;
    if (occupancyPercent() <= answeredOccupancyPercentMax) return;
    // In order of their answers, so about the oldest go first.
    for (const batch of this.#others.links()) {
      if (!batch.answered || !batch.isWithOptional) continue;
      batch.drop();
      log.warn(
        'QUEUE_FULL',
        'the arena is needed: batches dropped that only optional exporters miss',
      );
      if (occupancyPercent() <= answeredOccupancyPercentMax) return;
    }
  }
}
