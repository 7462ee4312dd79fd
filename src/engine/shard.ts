// A shard joins the stages for the connections that it owns: a whole message comes from the
// ingester, is scanned, and goes through the pivot to the destinations, to the vault, or to both;
// the answer goes back when all that must have it do.

import type { Answer, IngestCall } from '../ingester/ingest-call.ts';
import { drainRetryDelayMs } from '../limits.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { SourceCounter } from '../memory/source-counters.ts';
import { ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import { TransportCounter } from '../memory/transport-counters.ts';
import { Zone } from '../memory/zone-word.ts';
import { EntryKind } from '../vault/format.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { isRaw } from './body-form.ts';
import type { InFlightBatch } from './in-flight-batch.ts';
import { InFlightBatches, type InFlightEvents, type InFlightParts } from './in-flight-batches.ts';
import { type Pivot, type PivotRefusal, pivot } from './pivot.ts';
import type { ShardTap } from './shard-tap.ts';
import { VaultReadiness } from './vault-door.ts';
import { type VaultRefusalAnswer, vaultRefusal } from './vault-refusal.ts';
import { VaultRefusals } from './vault-refusals.ts';

/** What the scan of one message says; the numbers count only when it is well formed. */
export interface ScanReport {
  readonly malformed: string | undefined;
  readonly resourceCount: number;
  readonly recordCount: number;
}

type ErrorAnswer = Extract<Answer, { kind: 'error' }>;

export interface ShardParts extends InFlightParts {
  readonly tap: Pick<ShardTap, 'isOpen' | 'offer'>;
  zone(): Zone;
  scan(bodyOffsetBytes: number, bodyLengthBytes: number): ScanReport;
  /** LogRecords of a message that nobody scans; -1: it cannot be counted. */
  countRecords(bodyOffsetBytes: number, bodyLengthBytes: number): number;
}

// How long a drain waits for destinations once all producers are answered.
const graceMs = 2_000;

const draining: ErrorAnswer = {
  kind: 'error',
  code: 'DRAINING',
  message: 'shutting down',
  retryDelayMs: drainRetryDelayMs,
};

export class Shard implements InFlightEvents {
  readonly counters: ShardCounters;
  readonly #parts: ShardParts;
  readonly #tap: ShardParts['tap'];
  readonly #inFlight: InFlightBatches;
  #grace: { cancel(): void } | undefined;
  /** Answered Full by a vault that takes from others. */
  readonly #vaultRefusals = new VaultRefusals();
  #draining = false;
  #givenUpCount = 0;
  #drained: (() => void) | undefined;

  constructor(parts: ShardParts) {
    this.#parts = parts;
    this.#tap = parts.tap;
    this.counters = parts.counters;
    this.#inFlight = new InFlightBatches(parts, this);
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** Calls that the end of the drain answered DRAINING. */
  get givenUpCount(): number {
    return this.#givenUpCount;
  }

  /**
   * The ingester asks this of a whole body that is compressed or JSON. True: it is to be accepted
   * as it is, at once.
   */
  takesRaw(bodyLengthBytes: number, producer: string): boolean {
    if (this.#draining || !this.#goesRaw(bodyLengthBytes)) return false;
    return !this.#vaultRefusals.has(producer, this.#parts.clock.nowMs());
  }

  /** The ingester's AcceptCall: takes the slab over and sees to it that the call is answered. */
  accept(call: IngestCall): void {
    const { bodyLengthBytes } = call;
    this.counters.add(ShardCounter.ReceivedBatches, 1);
    this.counters.add(ShardCounter.ReceivedBytes, bodyLengthBytes);
    this.counters.addTransport(call.transport, TransportCounter.ReceivedBatches, 1);
    this.counters.addTransport(call.transport, TransportCounter.ReceivedBytes, bodyLengthBytes);
    this.#countSource(call, SourceCounter.Received, 1);
    this.#countSource(call, SourceCounter.ReceivedBytes, bodyLengthBytes);
    if (this.#draining) this.#refuse(call, draining);
    else if (bodyLengthBytes === 0) this.#acceptEmpty(call);
    else if (isRaw(call)) this.#storeRaw(call, -1);
    else if (this.#goesRaw(bodyLengthBytes)) {
      this.#storeRaw(call, this.#parts.countRecords(call.bodyOffsetBytes, bodyLengthBytes));
    } else this.#acceptScanned(call);
  }

  /**
   * From now on refuses every call with DRAINING, hands to the vault what has no answer yet, and
   * resolves when nothing is in flight; at the latest when `deadlineMs` (monotonic) has come and
   * what is left was answered DRAINING. Then a destination may still be busy with it, until it is
   * closed.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#inFlight.hedgeAll();
    if (this.#inFlight.size === 0) return;
    const { clock } = this.#parts;
    const settled = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    const timer = clock.after(deadlineMs - clock.nowMs(), () => this.#giveUpAll());
    await settled;
    timer.cancel();
    this.#grace?.cancel();
  }

  /** A second signal: what is in flight is answered DRAINING now. */
  drainNow(): void {
    this.#draining = true;
    this.#giveUpAll();
  }

  /** It was sent nowhere, so whatever is right without a vault is right now. */
  refused(batch: InFlightBatch, answer: VaultRefusalAnswer): void {
    const { readiness, code, message, retryDelayMs } = vaultRefusal(answer);
    if (answer === VaultAnswer.Full) {
      this.#vaultRefusals.add(batch.producer, this.#parts.clock.nowMs());
    }
    if (batch.kind !== EntryKind.Protobuf) {
      batch.giveUp(code, message, retryDelayMs);
      return;
    }
    const report = this.#parts.scan(batch.bodyOffsetBytes, batch.bodyLengthBytes);
    if (report.malformed !== undefined) batch.giveUp('OTLP_MALFORMED', report.malformed);
    else if (report.recordCount === 0) batch.acknowledge();
    else this.#take(batch, report, this.#decide(batch.bodyLengthBytes, readiness));
  }

  /** A drain whose producers have all been answered gives destinations a little more time. */
  swept(): void {
    if (!this.#draining || this.#grace !== undefined || !this.#inFlight.isAllAnswered) return;
    this.#grace = this.#parts.clock.after(graceMs, () => this.#giveUpAll());
  }

  emptied(): void {
    this.#drained?.();
  }

  /** Red, and the vault is where it goes: nothing is parsed any more. */
  #goesRaw(bodyLengthBytes: number): boolean {
    const { zone, vault } = this.#parts;
    if (zone() !== Zone.Red || vault.readiness === VaultReadiness.Absent) return false;
    return this.#pivot(bodyLengthBytes, vault.readiness).kind === 'vault';
  }

  #pivot(bodyLengthBytes: number, readiness: VaultReadiness): Pivot {
    const { zone, destinations } = this.#parts;
    return pivot(zone(), destinations, readiness, bodyLengthBytes);
  }

  #decide(bodyLengthBytes: number, readiness: VaultReadiness): Pivot {
    const way = this.#pivot(bodyLengthBytes, readiness);
    this.counters.addPivot(way.counter);
    return way;
  }

  #acceptScanned(call: IngestCall): void {
    const report = this.#parts.scan(call.bodyOffsetBytes, call.bodyLengthBytes);
    if (report.malformed !== undefined) {
      this.#refuse(call, { kind: 'error', code: 'OTLP_MALFORMED', message: report.malformed });
      return;
    }
    this.#countReceived(call, report.recordCount);
    if (report.recordCount === 0) {
      this.#acceptEmpty(call);
      return;
    }
    if (this.#tap.isOpen) this.#tap.offer(call.bodyOffsetBytes, call.bodyLengthBytes);
    const way = this.#decide(call.bodyLengthBytes, this.#parts.vault.readiness);
    if (way.kind === 'refuse') this.#refuse(call, retryable(way), report.recordCount);
    else this.#take(this.#inFlight.add(call), report, way);
  }

  #take(batch: InFlightBatch, { resourceCount, recordCount }: ScanReport, way: Pivot): void {
    batch.resourceCount = resourceCount;
    batch.recordCount = recordCount;
    if (way.kind === 'export') batch.send();
    else if (way.kind === 'vault') batch.store(way.heldMask);
    else batch.giveUp(way.code, way.message, way.retryDelayMs);
  }

  /** As it came. -1: nobody counted its records. */
  #storeRaw(call: IngestCall, recordCount: number): void {
    this.counters.addPivot(PivotCounter.VaultRedZone);
    const batch = this.#inFlight.add(call);
    if (recordCount >= 0) {
      batch.recordCount = recordCount;
      this.#countReceived(call, recordCount);
    }
    batch.store(0);
  }

  #countSource({ producer }: IngestCall, word: SourceCounter, amount: number): void {
    const { sources } = this.counters;
    sources.add(sources.slotOf(producer), word, amount);
  }

  #countReceived({ transport }: IngestCall, recordCount: number): void {
    this.counters.add(ShardCounter.ReceivedRecords, recordCount);
    this.counters.addTransport(transport, TransportCounter.ReceivedRecords, recordCount);
  }

  /** `recordCount`: as far as they are counted. */
  #refuse(call: IngestCall, answer: ErrorAnswer, recordCount = 0): void {
    this.#parts.freeSlab(call.slab);
    this.counters.addRefused(answer.code);
    this.counters.add(ShardCounter.FailedBatches, 1);
    this.counters.addTransport(call.transport, TransportCounter.FailedRecords, recordCount);
    this.#countSource(call, SourceCounter.Refused, 1);
    call.answer(answer);
  }

  /** A request without records is a success (OTLP 1.11), and there is nothing to send on. */
  #acceptEmpty(call: IngestCall): void {
    this.#parts.freeSlab(call.slab);
    this.counters.add(ShardCounter.AckedBatches, 1);
    this.counters.add(ShardCounter.DirectBatches, 1);
    this.counters.add(ShardCounter.AckedBytes, call.bodyLengthBytes);
    this.#countSource(call, SourceCounter.Acked, 1);
    const { wholeMs } = call;
    this.counters.addAckTime(wholeMs === undefined ? 0 : this.#parts.clock.nowMs() - wholeMs);
    call.answer({ kind: 'ok', rejectedRecords: 0, message: '' });
  }

  #giveUpAll(): void {
    this.#givenUpCount += this.#inFlight.giveUpAll();
    this.#drained?.();
  }
}

function retryable({ code, message, retryDelayMs }: PivotRefusal): ErrorAnswer {
  return { kind: 'error', code, message, retryDelayMs };
}
