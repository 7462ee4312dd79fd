// A destination that takes OTLP requests, over whichever transport. It decides when the next request
// starts and in which buffer; the queue, the batcher, the breaker and the settlement know the rest.
//
// The consumer with the reserved buffer sends at once whatever waits. While it is busy batches gather, and
// a further consumer starts when there is a large request's worth of them or one has waited `flush_timeout`.

import { assert } from '../assert.ts';
import type { Timer } from '../clock.ts';
import type { OtlpGrpcExporterConfig, OtlpHttpExporterConfig } from '../config/config.ts';
import { grpcPrefixSizeBytes, retryDelayMsMax, retryDelayMsMin } from '../limits.ts';
import { DestinationCounter } from '../memory/state-page.ts';
import { Batcher, type BuiltRequest } from './batcher.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
  type Refusal,
} from './destination.ts';
import type { DestinationDeps } from './destination-deps.ts';
import { compresses, type ExportBuffer, withPrefixRoom } from './export-buffer.ts';
import { ExportBuffers, type ExportSlabs } from './export-buffers.ts';
import { ExportQueue } from './export-queue.ts';
import type {
  ExportTransport,
  RequestEnding,
  TransportCall,
  TransportRequest,
} from './export-transport.ts';
import { LearnedSize } from './learned-size.ts';
import { compressPayload, type PayloadEncoding } from './payload-compression.ts';
import { RequestSettlement, type SentRequest } from './request-settlement.ts';

export type OtlpExporterConfig = OtlpGrpcExporterConfig | OtlpHttpExporterConfig;

/** Of DestinationDeps what an OTLP destination needs. */
export type OtlpDestinationDeps = Omit<DestinationDeps, 'slabs' | 'stderr' | 'version'> & {
  readonly slabs: ExportSlabs;
};

// Below this a compressed request saves less than its codec costs.
const compressedSizeBytesMin = 1024;

export class OtlpDestination implements Destination {
  readonly id: string;
  readonly required: boolean;
  readonly #config: OtlpExporterConfig;
  readonly #deps: OtlpDestinationDeps;
  readonly #transport: ExportTransport;
  readonly #queue: ExportQueue;
  readonly #batcher: Batcher;
  readonly #buffers: ExportBuffers;
  readonly #breaker: CircuitBreaker;
  readonly #learnedSize: LearnedSize;
  readonly #settlement: RequestSettlement;
  readonly #consumersMax: number;
  readonly #requestIdPrefix: string;
  readonly #calls = new Set<TransportCall>();
  readonly #runs = new Set<Promise<void>>();
  #requestCount = 0;
  #inFlightRequests = 0;
  /** Rendered bytes that the destination took a millisecond, smoothed; 0 before the first delivery. */
  #bytesPerMs = 0;
  #wake: Timer | undefined;
  #closing = false;

  constructor(config: OtlpExporterConfig, deps: OtlpDestinationDeps, transport: ExportTransport) {
    const { clock, counters, random, log } = deps;
    this.id = config.id;
    this.required = config.required;
    this.#config = config;
    this.#deps = deps;
    this.#transport = transport;
    this.#consumersMax = Math.max(1, Math.ceil(config.queue.consumersMax / (deps.shardCount ?? 1)));
    this.#buffers = new ExportBuffers({
      memory: deps.buffer,
      reserved: deps.exportBuffer,
      slabs: deps.slabs,
      compressed: compresses(config),
    });
    const sizeBytesMax = Math.min(config.queue.batch.sizeBytesMax, this.#buffers.capacityBytes);
    this.#learnedSize = new LearnedSize(clock, sizeBytesMax);
    this.#queue = new ExportQueue({ config: config.queue, clock, counters });
    this.#breaker = new CircuitBreaker({
      clock,
      retry: config.retry,
      random,
      consumersMax: this.#consumersMax,
    });
    this.#settlement = new RequestSettlement({
      id: config.id,
      queue: this.#queue,
      breaker: this.#breaker,
      learnedSize: this.#learnedSize,
      counters,
      log,
    });
    this.#batcher = new Batcher(this.#queue, deps.renderer, (piece, message) =>
      this.#settlement.refuse(piece, message),
    );
    const salt = Math.floor(random() * 2 ** 32);
    this.#requestIdPrefix = `${salt.toString(16).padStart(8, '0')}-${deps.shardIndex}`;
    transport.onConnected = () => {
      this.#breaker.connected();
      this.#pump();
    };
  }

  refusal(bodyLengthBytes: number): Refusal | undefined {
    if (this.#closing) {
      return { code: 'DRAINING', message: `${this.id} is closing`, retryDelayMs: retryDelayMsMin };
    }
    if (!this.required) return undefined;
    if (this.#breaker.isDown && !this.#wantsBatchToProbe) return this.#down();
    if (!this.#queue.hasRoom(bodyLengthBytes)) return this.#full();
    return undefined;
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    assert(!this.#closing, 'enqueue after close');
    const { counters } = this.#deps;
    counters.add(DestinationCounter.EnqueuedBatches, 1);
    if (!this.required && !this.#makeRoom(batch.bodyLengthBytes)) {
      this.#countDropped(batch);
      counters.add(DestinationCounter.AbandonedBatches, 1);
      // Not from inside enqueue(): the caller has no Delivery yet.
      queueMicrotask(() =>
        settle({ kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' }),
      );
      return { abandon() {} };
    }
    const queued = this.#queue.enqueue(batch, settle);
    // Batches that arrive in the same turn go in one request, and the caller gets its Delivery first.
    queueMicrotask(() => this.#pump());
    return { abandon: () => this.#queue.abandon(queued) };
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.cancel();
    this.#queue.abandonAll();
    for (const call of this.#calls) call.cancel();
    await this.#transport.close();
    await Promise.all(this.#runs);
  }

  /** The fault 'codes' cannot be probed with an empty request: one batch is let in. */
  get #wantsBatchToProbe(): boolean {
    const { fault, probeIsDue } = this.#breaker;
    return fault === 'codes' && probeIsDue && this.#queue.firstWaiting === undefined;
  }

  #down(): Refusal {
    const { fault, waitMs } = this.#breaker;
    const reason = fault === undefined ? 'does not take requests' : 'is set up wrongly';
    return {
      code: 'DESTINATION_DOWN',
      message: `${this.id} ${reason}, next attempt in ${Math.ceil(waitMs / 1000)} s`,
      retryDelayMs: clampRetryDelayMs(waitMs),
    };
  }

  #full(): Refusal {
    const { sizeBytesMax, batchesMax } = this.#config.queue;
    const { sizeBytes, batchCount } = this.#queue;
    // Half a queue's time: a producer that comes back then finds room, and the queue does not run empty.
    const drainMs = this.#bytesPerMs === 0 ? 0 : sizeBytes / 2 / this.#bytesPerMs;
    return {
      code: 'QUEUE_FULL',
      message: `${this.id}: ${sizeBytes} of ${sizeBytesMax} bytes, ${batchCount} of ${batchesMax} batches`,
      retryDelayMs: clampRetryDelayMs(drainMs),
    };
  }

  /** A destination that nobody waits for loses its oldest batches. False: there are not enough of them. */
  #makeRoom(bodyLengthBytes: number): boolean {
    while (!this.#queue.hasRoom(bodyLengthBytes)) {
      const oldest = this.#queue.abandonOldestWaiting();
      if (oldest === undefined) return false;
      this.#countDropped(oldest.batch);
    }
    return true;
  }

  #countDropped(batch: Batch): void {
    const { counters, log } = this.#deps;
    counters.add(DestinationCounter.DroppedRecords, batch.recordCount);
    log.warn('QUEUE_FULL', `${this.id} is full and not required: dropped its oldest batch`, {
      records: batch.recordCount,
    });
  }

  /** Starts what may start, and sets the timer for what may start later. Called after every change. */
  #pump(): void {
    if (this.#closing) return;
    let wakeMs = Number.POSITIVE_INFINITY;
    for (;;) {
      const buffer = this.#takeBuffer();
      if (typeof buffer === 'number') {
        wakeMs = buffer;
        break;
      }
      this.#start(buffer);
    }
    this.#wake?.cancel();
    this.#wake = Number.isFinite(wakeMs)
      ? this.#deps.clock.after(wakeMs, () => this.#pump())
      : undefined;
    this.#countBreaker();
  }

  /** The buffer of a request that should start now, or the milliseconds after which to look again. */
  #takeBuffer(): ExportBuffer | number {
    const never = Number.POSITIVE_INFINITY;
    const nothingWaits = this.#queue.firstWaiting === undefined;
    const breaker = this.#breaker;
    if (nothingWaits && !this.#wantsEmptyProbe) return never;
    if (breaker.waitMs > 0) return breaker.waitMs;
    if (!breaker.mayStart(this.#inFlightRequests)) return never;

    const reserved = this.#buffers.takeReserved();
    if (reserved !== undefined) return reserved;
    if (nothingWaits || this.#inFlightRequests >= this.#consumersMax) return never;
    const gatherMs = this.#gatherMs();
    if (gatherMs > 0) return gatherMs;
    const sizeBytes = this.#batcher.sizeBytesMax(
      this.#learnedSize.limitBytes,
      this.#buffers.capacityBytes,
    );
    return this.#buffers.takeExtra(sizeBytes) ?? never;
  }

  /** How long batches may still gather while the consumer that is always there is busy. */
  #gatherMs(): number {
    const { flushTimeoutMs, sizeBytesMin } = this.#config.queue.batch;
    if (this.#queue.waitingBytes >= sizeBytesMin) return 0;
    const oldest = this.#queue.firstWaiting;
    assert(oldest !== undefined, 'nothing gathers');
    const waitedMs = this.#deps.clock.nowMs() - oldest.queued.enqueuedMs;
    return Math.max(0, flushTimeoutMs - waitedMs);
  }

  /** With nobody's batch at hand, or one that would only be refused, a dead destination is asked with an empty request. */
  get #wantsEmptyProbe(): boolean {
    const { isDown, fault, state } = this.#breaker;
    if (!isDown || state.kind !== 'waiting' || fault === 'codes') return false;
    return fault === 'setup' || this.#queue.firstWaiting === undefined;
  }

  #start(buffer: ExportBuffer): void {
    const run = this.#wantsEmptyProbe ? this.#probe(buffer) : this.#export(buffer);
    if (run === undefined) {
      // Everything that waited was too large for any request.
      this.#buffers.giveBack(buffer);
      return;
    }
    this.#runs.add(run);
    // A rejection is a bug of ours: it stays unhandled on this chain, and ends the process.
    void run.finally(() => this.#runs.delete(run));
  }

  #probe(buffer: ExportBuffer): Promise<void> {
    const nothing = { pieces: [], lengthBytes: 0, requestId: undefined };
    return this.#run(nothing, buffer, this.#breaker.begin());
  }

  #export(buffer: ExportBuffer): Promise<void> | undefined {
    const built = this.#batcher.build(
      buffer.renderOffsetBytes,
      buffer.capacityBytes,
      this.#learnedSize.limitBytes,
    );
    if (built === undefined) return undefined;
    return this.#run(built, buffer, this.#breaker.begin());
  }

  async #run(built: BuiltRequest, buffer: ExportBuffer, epoch: number): Promise<void> {
    const { counters, clock } = this.#deps;
    this.#inFlightRequests += 1;
    counters.add(DestinationCounter.InflightRequests, 1);
    const request: SentRequest = {
      pieces: built.pieces,
      renderedSizeBytes: built.lengthBytes,
      requestId: built.requestId ?? this.#nextRequestId(),
      epoch,
    };
    const { payload, encoding } = await this.#payload(buffer, built.lengthBytes);
    const startedMs = clock.nowMs();
    const call = this.#send(request, payload, encoding);
    const ending = call === undefined ? cancelledEnding : await call.ended;

    this.#inFlightRequests -= 1;
    counters.add(DestinationCounter.InflightRequests, -1);
    if (ending.kind === 'delivered') this.#learnRate(built.lengthBytes, clock.nowMs() - startedMs);
    this.#settlement.ended(request, ending);
    this.#pump();

    await call?.released;
    if (call !== undefined) this.#calls.delete(call);
    this.#buffers.giveBack(buffer);
    this.#pump();
  }

  async #payload(
    buffer: ExportBuffer,
    lengthBytes: number,
  ): Promise<{ payload: Uint8Array; encoding: PayloadEncoding }> {
    const rendered = buffer.rendered(lengthBytes);
    const { compression } = this.#config;
    if (compression === 'none' || lengthBytes < compressedSizeBytesMin) {
      return { payload: rendered, encoding: 'identity' };
    }
    const output = buffer.compressed(buffer.capacityBytes);
    const compressedBytes = await compressPayload(rendered, output, compression);
    return compressedBytes === undefined
      ? { payload: rendered, encoding: 'identity' }
      : { payload: buffer.compressed(compressedBytes), encoding: compression };
  }

  /** Undefined: closed while it was compressed. */
  #send(
    request: SentRequest,
    payload: Uint8Array,
    encoding: PayloadEncoding,
  ): TransportCall | undefined {
    if (this.#closing) return undefined;
    const { counters } = this.#deps;
    counters.add(DestinationCounter.Requests, 1);
    counters.add(DestinationCounter.RequestBytes, payload.length);
    const transportRequest: TransportRequest = {
      roomAndPayload: withPrefixRoom(payload),
      encoding,
      renderedSizeBytes: request.renderedSizeBytes,
      requestId: request.requestId,
    };
    assert(
      transportRequest.roomAndPayload.length === payload.length + grpcPrefixSizeBytes,
      'payload without room for its prefix',
    );
    const call = this.#transport.send(transportRequest);
    this.#calls.add(call);
    return call;
  }

  #nextRequestId(): string {
    this.#requestCount += 1;
    return `${this.#requestIdPrefix}-${this.#requestCount}`;
  }

  #learnRate(lengthBytes: number, tookMs: number): void {
    const bytesPerMs = lengthBytes / Math.max(1, tookMs);
    this.#bytesPerMs =
      this.#bytesPerMs === 0 ? bytesPerMs : 0.8 * this.#bytesPerMs + 0.2 * bytesPerMs;
  }

  #countBreaker(): void {
    const { kind } = this.#breaker.state;
    const value = kind === 'closed' ? 0 : kind === 'waiting' ? 1 : 2;
    this.#deps.counters.set(DestinationCounter.OpenBreaker, value);
  }
}

const cancelledEnding: RequestEnding = {
  kind: 'failed',
  failure: 'cancelled',
  message: 'closed before it was sent',
  outcomeUnknown: false,
  againNow: false,
};

function clampRetryDelayMs(delayMs: number): number {
  return Math.min(Math.max(delayMs, retryDelayMsMin), retryDelayMsMax);
}
