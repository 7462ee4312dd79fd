// A destination that takes OTLP requests, over whichever transport: joins the queue, the batcher,
// the breaker and the settlement, each of which knows its own part, and follows each request from
// its buffer to the buffer's return.

import type { Timer } from '../clock.ts';
import type { OtlpGrpcExporterConfig, OtlpHttpExporterConfig } from '../config/config.ts';
import { DestinationCounter } from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { Batcher, type BuiltRequest } from './batcher.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { DeliveryRate } from './delivery-rate.ts';
import type { Batch, Delivery, Destination, Outcome, Refusal } from './destination.ts';
import type { DestinationDeps } from './destination-deps.ts';
import { compresses, type ExportBuffer } from './export-buffer.ts';
import { ExportBuffers, type ExportSlabs } from './export-buffers.ts';
import { ExportQueue, isBacklog } from './export-queue.ts';
import type { ExportTransport } from './export-transport.ts';
import { LearnedSize } from './learned-size.ts';
import { QueueAdmission } from './queue-admission.ts';
import { RequestSchedule } from './request-schedule.ts';
import { RequestSender } from './request-sender.ts';
import { RequestSettlement, type SentRequest } from './request-settlement.ts';

export type OtlpExporterConfig = OtlpGrpcExporterConfig | OtlpHttpExporterConfig;

/** Of DestinationDeps what an OTLP destination needs. */
export type OtlpDestinationDeps = Omit<DestinationDeps, 'slabs' | 'stderr' | 'version'> & {
  readonly slabs: ExportSlabs;
};

export class OtlpDestination implements Destination {
  readonly id: string;
  readonly required: boolean;
  readonly #deps: OtlpDestinationDeps;
  readonly #queue: ExportQueue;
  readonly #admission: QueueAdmission;
  readonly #batcher: Batcher;
  readonly #buffers: ExportBuffers;
  readonly #breaker: CircuitBreaker;
  readonly #schedule: RequestSchedule;
  readonly #sender: RequestSender;
  readonly #settlement: RequestSettlement;
  readonly #rate = new DeliveryRate();
  readonly #runs = new Set<Promise<void>>();
  #inFlightRequests = 0;
  #inFlightBacklogRequests = 0;
  #wake: Timer | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;
  #closing = false;

  constructor(config: OtlpExporterConfig, deps: OtlpDestinationDeps, transport: ExportTransport) {
    const { clock, counters, random, log } = deps;
    const { id, required } = config;
    const consumersMax = Math.max(1, Math.ceil(config.queue.consumersMax / (deps.shardCount ?? 1)));
    const buffers = new ExportBuffers({
      memory: deps.buffer,
      reserved: deps.exportBuffer,
      slabs: deps.slabs,
      compressed: compresses(config),
    });
    const sizeBytesMax = Math.min(config.queue.batch.sizeBytesMax, buffers.capacityBytes);
    const learnedSize = new LearnedSize(clock, sizeBytesMax);
    const queue = new ExportQueue({ config: config.queue, clock, counters });
    const breaker = new CircuitBreaker({ clock, retry: config.retry, random, consumersMax });
    const parts = {
      config: config.queue,
      queue,
      breaker,
      buffers,
      learnedSize,
      clock,
      counters,
      log,
    };
    this.id = id;
    this.required = required;
    this.#deps = deps;
    this.#queue = queue;
    this.#breaker = breaker;
    this.#buffers = buffers;
    this.#settlement = new RequestSettlement({ id, ...parts });
    this.#batcher = new Batcher(queue, deps.renderer, (piece, message) =>
      this.#settlement.refuse(piece, message),
    );
    this.#schedule = new RequestSchedule({
      ...{ ...parts, consumersMax, batcher: this.#batcher },
      zone: deps.zone ?? (() => Zone.Green),
      gatherMsMax: deps.gatherMsMax ?? Number.POSITIVE_INFINITY,
    });
    this.#admission = new QueueAdmission({
      ...parts,
      id,
      required,
      downReason: () =>
        breaker.fault === undefined ? 'does not take requests' : 'is set up wrongly',
      // The fault 'codes' cannot be probed with an empty request.
      probesWithBatch: () => breaker.fault === 'codes',
      drainMs: (sizeBytes) => this.#rate.drainMs(sizeBytes),
      onWaiting: () => this.#pump(),
    });
    const salt = Math.floor(random() * 2 ** 32);
    this.#sender = new RequestSender({
      transport,
      compression: config.compression,
      counters,
      requestIdPrefix: `${salt.toString(16).padStart(8, '0')}-${deps.shardIndex}`,
    });
    transport.onConnected = () => {
      breaker.connected();
      this.#pump();
    };
  }

  refusal(bodyLengthBytes: number): Refusal | undefined {
    return this.#admission.refusal(bodyLengthBytes);
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    return this.#admission.enqueue(batch, settle);
  }

  idle(): Promise<void> {
    return this.#admission.idle();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#admission.close();
    this.#wake?.cancel();
    this.#queue.abandonAll();
    await this.#sender.close();
    await Promise.all(this.#runs);
  }

  /**
   * Starts what may start, and sets the timer for what may start later. Called after every change.
   */
  #pump(): void {
    if (this.#closing) return;
    const look = () => this.#schedule.next(this.#inFlightRequests, this.#inFlightBacklogRequests);
    let next = look();
    while (typeof next !== 'number') {
      this.#start(next);
      next = look();
    }
    this.#wakeAfter(next);
    this.#admission.breakerChanged();
  }

  /** A timer that comes too early only looks again: most looks change nothing. */
  #wakeAfter(delayMs: number): void {
    if (!Number.isFinite(delayMs)) return;
    const { clock } = this.#deps;
    const wakeMs = clock.nowMs() + delayMs;
    if (this.#wake !== undefined && this.#wakeMs <= wakeMs) return;
    this.#wake?.cancel();
    this.#wakeMs = wakeMs;
    this.#wake = clock.after(delayMs, () => {
      this.#wake = undefined;
      this.#pump();
    });
  }

  #start(buffer: ExportBuffer): void {
    const built = this.#schedule.wantsEmptyProbe ? nothing : this.#build(buffer);
    if (built === undefined) {
      // Everything that waited was too large for any request.
      this.#buffers.giveBack(buffer);
      return;
    }
    const run = this.#run(built, buffer, this.#breaker.begin());
    this.#runs.add(run);
    // A rejection is a bug of ours: it stays unhandled on this chain, and ends the process.
    void run.finally(() => this.#runs.delete(run));
  }

  #build(buffer: ExportBuffer): BuiltRequest | undefined {
    const { renderOffsetBytes, capacityBytes } = buffer;
    return this.#batcher.build(renderOffsetBytes, capacityBytes, this.#schedule.limitBytes);
  }

  async #run(built: BuiltRequest, buffer: ExportBuffer, epoch: number): Promise<void> {
    const { clock } = this.#deps;
    const [first] = built.pieces;
    const ofBacklog = first !== undefined && isBacklog(first);
    this.#countInFlight(1, ofBacklog);
    const request: SentRequest = {
      pieces: built.pieces,
      renderedSizeBytes: built.lengthBytes,
      requestId: built.requestId ?? this.#sender.nextRequestId(),
      epoch,
    };
    const call = await this.#sender.send(buffer, built.lengthBytes, request.requestId);
    const startedMs = clock.nowMs();
    const ending = await call.ended;

    this.#countInFlight(-1, ofBacklog);
    if (ending.kind === 'delivered') {
      this.#rate.delivered(built.lengthBytes, clock.nowMs() - startedMs);
    }
    this.#settlement.ended(request, ending);
    this.#pump();

    await call.released;
    this.#buffers.giveBack(buffer);
    this.#pump();
  }

  #countInFlight(change: 1 | -1, ofBacklog: boolean): void {
    this.#inFlightRequests += change;
    if (ofBacklog) this.#inFlightBacklogRequests += change;
    this.#deps.counters.add(DestinationCounter.InflightRequests, change);
  }
}

/** Of a probe. */
const nothing: BuiltRequest = { pieces: [], lengthBytes: 0, requestId: undefined };
