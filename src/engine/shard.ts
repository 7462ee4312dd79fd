// A shard joins the stages for the connections that it owns: a whole message comes from the
// ingester, is scanned, and goes through the pivot to the destinations; the answer goes back when
// they have it.

import { Chain } from '../chain.ts';
import type { Clock, Timer } from '../clock.ts';
import type { ErrorCode } from '../errors.ts';
import type { Destination } from '../exporter/destination.ts';
import type { Answer, IngestCall } from '../ingester/ingest-call.ts';
import { drainRetryDelayMs, retryDelayMsMin } from '../limits.ts';
import type { Log } from '../log.ts';
import { ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import { InFlightBatch, type InFlightOwner } from './in-flight-batch.ts';
import { pivot } from './pivot.ts';

/** What the scan of one message says; the numbers count only when it is well formed. */
export interface ScanReport {
  readonly malformed: string | undefined;
  readonly resourceCount: number;
  readonly recordCount: number;
}

type ErrorAnswer = Extract<Answer, { kind: 'error' }>;

export interface ShardParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  scan(bodyOffsetBytes: number, bodyLengthBytes: number): ScanReport;
  freeSlab(slab: number): void;
  /** Of this shard's memory, the fuller of its regions. */
  occupancyPercent(): number;
}

// A producer that names no deadline is answered after this: SDKs give up after 10 s, retries
// included, and a batch must not hold its slab for a producer that waits for ever.
export const answerWaitMsMax = 30_000;

// Above this, batches that were answered and wait only for a destination that is not required are
// dropped, oldest first: such a destination must never hold back a producer.
export const answeredOccupancyPercentMax = 60;

// How long a drain waits for destinations that are not required, once all producers are answered.
const optionalGraceMs = 2_000;

// Deadlines are looked at this often, all in one pass: a timer per call would cost more than the
// calls that ever reach their deadline.
const deadlineSweepMs = 100;

export class Shard implements InFlightOwner {
  readonly counters: ShardCounters;
  readonly #parts: ShardParts;
  readonly #inFlight = new Chain<InFlightBatch>();
  #sweep: Timer | undefined;
  #optionalGrace: Timer | undefined;
  #draining = false;
  #givenUpCount = 0;
  #drained: (() => void) | undefined;

  constructor(parts: ShardParts) {
    this.#parts = parts;
    this.counters = parts.counters;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** Calls that the end of the drain answered DRAINING. */
  get givenUpCount(): number {
    return this.#givenUpCount;
  }

  /** The ingester's AcceptCall: takes the slab over and sees to it that the call is answered. */
  accept(call: IngestCall): void {
    const { counters } = this.#parts;
    counters.add(ShardCounter.ReceivedBatches, 1);
    counters.add(ShardCounter.ReceivedBytes, call.bodyLengthBytes);

    const report = this.#parts.scan(call.bodyOffsetBytes, call.bodyLengthBytes);
    const refusal = this.#refusal(call, report);
    if (refusal !== undefined) this.#refuse(call, refusal);
    else if (report.recordCount === 0) this.#acceptEmpty(call);
    else this.#dispatch(call, report);
  }

  /**
   * From now on refuses every call with DRAINING, and resolves when nothing is in flight; at the
   * latest when `deadlineMs` (monotonic) has come and what is left was answered DRAINING. Then a
   * destination may still be busy with it, until it is closed.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    if (this.#inFlight.size === 0) return;
    const { clock } = this.#parts;
    const settled = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    const timer = clock.after(deadlineMs - clock.nowMs(), () => this.#giveUpAll());
    await settled;
    timer.cancel();
    this.#optionalGrace?.cancel();
  }

  /** A second signal: what is in flight is answered DRAINING now. */
  drainNow(): void {
    this.#draining = true;
    this.#giveUpAll();
  }

  release(batch: InFlightBatch): void {
    this.#inFlight.delete(batch);
    this.#parts.freeSlab(batch.slab);
    if (this.#inFlight.size === 0) this.#drained?.();
  }

  #refusal(call: IngestCall, report: ScanReport): ErrorAnswer | undefined {
    if (this.#draining) {
      return error('DRAINING', 'shutting down', drainRetryDelayMs);
    }
    if (report.malformed !== undefined) {
      return { kind: 'error', code: 'OTLP_MALFORMED', message: report.malformed };
    }
    this.counters.add(ShardCounter.ReceivedRecords, report.recordCount);
    if (report.recordCount === 0) return undefined;
    const refusal = pivot(this.#parts.destinations, call.bodyLengthBytes);
    return refusal && error(refusal.code, refusal.message, refusal.retryDelayMs);
  }

  #refuse(call: IngestCall, answer: ErrorAnswer): void {
    this.#parts.freeSlab(call.slab);
    this.counters.addRefused(answer.code);
    call.answer(answer);
  }

  #dispatch(call: IngestCall, report: ScanReport): void {
    const { clock, destinations } = this.#parts;
    const deadlineMs = Math.min(call.deadlineMs, clock.nowMs() + answerWaitMsMax);
    const batch = new InFlightBatch(call, report, deadlineMs, this);
    this.#inFlight.add(batch);
    this.#startSweep();
    batch.dispatch(destinations);
  }

  /** A request without records is a success (OTLP 1.11), and there is nothing to send on. */
  #acceptEmpty(call: IngestCall): void {
    this.#parts.freeSlab(call.slab);
    this.counters.add(ShardCounter.AckedBatches, 1);
    this.counters.add(ShardCounter.AckedBytes, call.bodyLengthBytes);
    call.answer({ kind: 'ok', rejectedRecords: 0, message: '' });
  }

  #startSweep(): void {
    if (this.#sweep !== undefined) return;
    this.#sweep = this.#parts.clock.after(deadlineSweepMs, () => {
      this.#sweep = undefined;
      this.#expire();
      this.#dropAnswered();
      this.#endDrainWithoutOptional();
      if (this.#inFlight.size > 0) this.#startSweep();
    });
  }

  #expire(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const batch of this.#inFlight.links()) {
      if (batch.answered || batch.deadlineMs > nowMs) continue;
      batch.giveUp('DEADLINE', 'no answer from every destination in time', retryDelayMsMin);
    }
  }

  #dropAnswered(): void {
    const { log, occupancyPercent } = this.#parts;
    if (occupancyPercent() <= answeredOccupancyPercentMax) return;
    // In order of arrival, so the oldest go first.
    for (const batch of this.#inFlight.links()) {
      if (!batch.answered) continue;
      batch.drop();
      log.warn(
        'QUEUE_FULL',
        'the arena is needed: batches dropped that only optional exporters miss',
      );
      if (occupancyPercent() <= answeredOccupancyPercentMax) return;
    }
  }

  /**
   * A drain whose producers have all been answered gives the other destinations a little more time.
   */
  #endDrainWithoutOptional(): void {
    if (!this.#draining || this.#optionalGrace !== undefined) return;
    if (this.#inFlight.links().some((batch) => !batch.answered)) return;
    this.#optionalGrace = this.#parts.clock.after(optionalGraceMs, () => this.#giveUpAll());
  }

  #giveUpAll(): void {
    for (const batch of this.#inFlight.links()) {
      if (!batch.answered) this.#givenUpCount += 1;
      batch.giveUp('DRAINING', 'shutting down before every destination had it', drainRetryDelayMs);
      // What was answered waits only for destinations that are not required.
      batch.drop();
    }
    this.#drained?.();
  }
}

function error(code: ErrorCode, message: string, retryDelayMs: number): ErrorAnswer {
  return { kind: 'error', code, message, retryDelayMs };
}
