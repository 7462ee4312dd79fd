// One accepted batch from the pivot to its last settlement. It keeps the promises that meet here:
// the producer gets exactly one answer, and OK only when every required destination or the vault
// has the batch; the slab is given back exactly once, when neither a destination nor the vault can
// read it any more.

import { assert } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { type Destination, type Outcome, OutcomeKind } from '../exporter/destination.ts';
import type { IngestCall } from '../ingester/ingest-call.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { SourceCounter } from '../memory/source-counters.ts';
import { ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import { TransportCounter } from '../memory/transport-counters.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { codecOf, kindOf } from './body-form.ts';
import { HeldEntry } from './held-entry.ts';
import { allConsumers, consumerCount, SentBatch } from './sent-batch.ts';
import type { VaultDoor, VaultEntry } from './vault-door.ts';
import type { VaultRefusalAnswer } from './vault-refusal.ts';

export interface InFlightOwner {
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  readonly vault: VaultDoor;
  nowMs(): number;
  /** `owesAnswer` may have changed. */
  moved(batch: InFlightBatch): void;
  /** The vault did not take it, and its producer waits. */
  vaultRefused(batch: InFlightBatch, answer: VaultRefusalAnswer): void;
  /** Nobody reads it any more: the slab may be used again. */
  release(batch: InFlightBatch): void;
}

/** All on the monotonic clock. */
export interface InFlightTimes {
  readonly receivedMs: number;
  /** When the producer is answered, whatever has happened. */
  readonly deadlineMs: number;
  /** When the vault is asked to take it too. */
  readonly hedgeMs: number;
}

export class InFlightBatch extends SentBatch implements VaultEntry {
  readonly slab: number;
  readonly kind: number;
  readonly codec: number;
  readonly producer: string;
  readonly receivedMs: number;
  readonly deadlineMs: number;
  /** While it is in memory alone: when to ask the vault. When the vault has it: when to let go. */
  nextStepMs: number;
  /** In which chain its owner, who alone writes this, has it. */
  isAmongOwed = true;
  handedMs = 0;
  readonly #call: IngestCall;
  readonly #owner: InFlightOwner;
  /** Where its producer is counted. */
  readonly #source: number;
  #entry: HeldEntry | undefined = undefined;
  #answered = false;
  /** Answered with an error, or not at all: the producer may send it again. */
  #takenBack = false;

  constructor(call: IngestCall, times: InFlightTimes, owner: InFlightOwner) {
    super(call.bodyOffsetBytes, call.bodyLengthBytes);
    this.#call = call;
    this.#owner = owner;
    this.slab = call.slab;
    this.kind = kindOf(call);
    this.codec = codecOf(call);
    this.producer = call.producer;
    this.receivedMs = times.receivedMs;
    this.deadlineMs = times.deadlineMs;
    this.nextStepMs = times.hedgeMs;
    const { counters } = owner;
    this.#source = counters.sources.slotOf(call.producer);
    counters.add(ShardCounter.InflightBatches, 1);
    counters.add(ShardCounter.InflightBytes, this.bodyLengthBytes);
    call.onGone = () => this.#producerGone();
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** The answer depends on destinations alone: the vault could help. */
  get owesAnswer(): boolean {
    return this.isSent && !this.#answered && this.#entry === undefined;
  }

  /** The vault has it, and so have required destinations that letGo() would take it from. */
  get isHeld(): boolean {
    return this.#entry?.isStored === true && this.isWithRequired;
  }

  get heldMask(): number {
    return this.#entry?.heldMask ?? 0;
  }

  get settledMask(): number {
    return this.#entry?.settledMask ?? 0;
  }

  /** Hands it to every destination. The pivot has asked them; they take it. */
  send(): void {
    if (!this.#owner.destinations.some(({ required }) => required)) this.#answerDirect();
    this.sendTo(this.#owner.destinations, allConsumers, false);
    this.#owner.moved(this);
  }

  /** Hands it to the vault alone, and to the held consumers once that has it. */
  store(heldMask: number): void {
    assert(!this.isSent, 'stored first, but sent already');
    this.#append(heldMask, 0);
  }

  /** Hands it to the vault as well: its destinations take too long. */
  hedge(): void {
    assert(this.owesAnswer, 'hedged without need');
    this.#owner.counters.addPivot(PivotCounter.VaultHedged);
    this.#append(this.outstandingMask, this.doneMask);
  }

  /** Takes it back from required destinations, wherever it is not under way: the vault has it. */
  letGo(): void {
    assert(this.#entry?.isStored === true, 'let go of what the vault has not');
    this.abandonRequired();
  }

  /** For one without records: there is nothing to send on. */
  acknowledge(): void {
    assert(!this.isSent, 'nothing to send, but sent');
    this.#owner.counters.add(ShardCounter.DirectBatches, 1);
    this.#answerOk();
  }

  /** Answers with an error and takes the batch back wherever it is not on its way. */
  giveUp(code: ErrorCode, message: string, retryDelayMs?: number): void {
    if (this.#answered) return;
    const { counters } = this.#owner;
    counters.addRefused(code);
    counters.add(ShardCounter.FailedBatches, 1);
    const { transport } = this.#call;
    counters.addTransport(transport, TransportCounter.FailedRecords, this.countedRecords);
    counters.sources.add(this.#source, SourceCounter.Refused, 1);
    const retry = retryDelayMs === undefined ? {} : { retryDelayMs };
    this.#answered = true;
    this.#call.answer({ kind: 'error', code, message, ...retry });
    this.#takeBack();
  }

  /**
   * For an answered batch: takes it back from the destinations that are not required and counts the
   * loss, so that its slab can serve somebody who is waiting.
   */
  drop(): void {
    assert(this.#answered, 'batch dropped before its producer was answered');
    this.dropOptional();
  }

  vaultAnswered(answer: VaultAnswer, entrySeq: number): void {
    const entry = this.#entry;
    assert(entry !== undefined && !entry.isStored, 'answer to no append');
    if (answer === VaultAnswer.Acked) {
      this.#stored(entry, entrySeq);
    } else {
      this.#entry = undefined;
      this.#owner.counters.add(ShardCounter.VaultRefused, 1);
      if (!this.#answered) this.#owner.vaultRefused(this, answer);
    }
    this.removeReader();
  }

  protected override get counters(): ShardCounters {
    return this.#owner.counters;
  }

  protected override consumerSettled(consumer: number, outcome: Outcome): void {
    // Before the answer there is partial_success to say it with.
    const untoldRecords = this.#answered ? outcome.rejectedRecords : 0;
    this.#entry?.settle(consumer, outcome.kind, untoldRecords);
    const isDone = outcome.kind !== OutcomeKind.Abandoned;
    assert(isDone || this.#answered, 'required destination abandoned what nobody gave up');
    if (this.outstandingMask === 0 && !this.#answered) this.#answerDirect();
  }

  protected override unread(): void {
    assert(this.#answered, 'batch ended without an answer');
    const { counters } = this.#owner;
    counters.add(ShardCounter.InflightBatches, -1);
    counters.add(ShardCounter.InflightBytes, -this.bodyLengthBytes);
    this.#call.onGone = undefined;
    this.#owner.release(this);
  }

  #append(heldMask: number, settledMask: number): void {
    this.#entry = new HeldEntry(this.#owner.vault, heldMask, settledMask);
    this.addReader();
    this.#owner.vault.append(this);
    this.#owner.moved(this);
  }

  #stored(entry: HeldEntry, entrySeq: number): void {
    entry.stored(entrySeq);
    this.#owner.counters.add(ShardCounter.StoredBatches, 1);
    if (!this.#answered) {
      this.#countVaulted();
      this.#answerOk();
    }
    if (this.isSent) this.abandonRequired();
    else if (this.#takenBack) entry.releaseAll();
    else if (this.resourceCount > 0) {
      this.sendTo(this.#owner.destinations, entry.heldMask, true);
    } else this.countUnsent(this.#owner.destinations);
  }

  #answerDirect(): void {
    const consumers = (1 << consumerCount(this.#owner.destinations)) - 1;
    if (this.doneMask === consumers) this.#owner.counters.add(ShardCounter.DirectBatches, 1);
    this.#answerOk();
  }

  #answerOk(): void {
    this.#answered = true;
    const { counters } = this.#owner;
    counters.add(ShardCounter.AckedBatches, 1);
    counters.add(ShardCounter.AckedRecords, this.countedRecords);
    counters.add(ShardCounter.AckedBytes, this.bodyLengthBytes);
    const { transport, wholeMs = this.receivedMs } = this.#call;
    counters.addTransport(transport, TransportCounter.AckedRecords, this.countedRecords);
    counters.addAckTime(this.#owner.nowMs() - wholeMs);
    counters.sources.add(this.#source, SourceCounter.Acked, 1);
    counters.sources.add(this.#source, SourceCounter.AckedRecords, this.countedRecords);
    const { rejectedRecords, message } = this;
    this.#call.answer({ kind: 'ok', rejectedRecords, message });
    // Of most batches this was the end: they need not be moved to be released.
    if (this.isWithOptional || this.#entry !== undefined) this.#owner.moved(this);
  }

  #countVaulted(): void {
    const { counters } = this.#owner;
    counters.add(ShardCounter.VaultedBatches, 1);
    counters.add(ShardCounter.VaultedRecords, this.countedRecords);
    counters.add(ShardCounter.VaultedBytes, this.bodyLengthBytes);
    if (this.isSent) counters.add(ShardCounter.HedgedBatches, 1);
  }

  #producerGone(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#owner.counters.add(ShardCounter.GoneBatches, 1);
    this.#owner.counters.sources.add(this.#source, SourceCounter.Gone, 1);
    this.#takeBack();
  }

  #takeBack(): void {
    this.#takenBack = true;
    if (this.doneMask !== 0) this.#owner.counters.add(ShardCounter.PartlyDeliveredBatches, 1);
    this.#owner.moved(this);
    this.abandonRequired();
    this.abandonOptional();
  }
}
