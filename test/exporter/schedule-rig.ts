// When requests of a destination start, without a destination: nothing is rendered or sent, and a
// request ends when the test says so.

import assert from 'node:assert/strict';
import { Batcher } from '../../src/exporter/batcher.ts';
import { CircuitBreaker } from '../../src/exporter/circuit-breaker.ts';
import type { Batch, BatchRenderer } from '../../src/exporter/destination.ts';
import type { ExportBuffer } from '../../src/exporter/export-buffer.ts';
import { ExportBuffers } from '../../src/exporter/export-buffers.ts';
import { ExportQueue, isBacklog } from '../../src/exporter/export-queue.ts';
import { LearnedSize } from '../../src/exporter/learned-size.ts';
import type { Piece } from '../../src/exporter/queued-batch.ts';
import { RequestSchedule } from '../../src/exporter/request-schedule.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { FakeClock } from '../support/fake-clock.ts';

const sizeBytes = 500;

export const scheduleConfig = {
  consumersMax: 4,
  sizeBytesMax: 1_000_000,
  batchesMax: 1_000,
  batch: { flushTimeoutMs: 200, sizeBytesMin: 1_000, sizeBytesMax: 4_000 },
};

/** More than `flushTimeoutMs`, unless a test says otherwise. */
export const usualGatherMsMax = 500;

interface Request {
  readonly isBacklog: boolean;
  readonly pieces: readonly Piece[];
  readonly buffer: ExportBuffer;
}

/** Writes nothing: requests are counted here, and never looked at. */
const renderer: BatchRenderer = {
  sizeBytesMax: ({ bodyLengthBytes }) => bodyLengthBytes,
  renderBatch: ({ bodyLengthBytes }, _, capacityBytes) =>
    bodyLengthBytes > capacityBytes ? -1 : bodyLengthBytes,
  renderRecords: (_batch, recordFrom) => ({ lengthBytes: 0, recordEnd: recordFrom }),
};

/** A destination as far as starting requests goes: they end when the test says so. */
export class Requests {
  readonly clock = new FakeClock();
  readonly started: Request[] = [];
  readonly inFlight: Request[] = [];
  /** Of the last look. */
  waitMs = 0;
  zone: Zone = Zone.Green;
  readonly #queue: ExportQueue;
  readonly #batcher: Batcher;
  readonly #buffers: ExportBuffers;
  readonly #schedule: RequestSchedule;

  constructor(consumersMax = scheduleConfig.consumersMax, gatherMsMax = usualGatherMsMax) {
    const { clock } = this;
    const config = scheduleConfig;
    const page = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1);
    const queue = new ExportQueue({ config, clock, counters: page.shard(0).destination(0) });
    const retry = { initialIntervalMs: 100, multiplier: 2, randomizationFactor: 0 };
    const breaker = new CircuitBreaker({
      ...{ clock, consumersMax, random: () => 0.5 },
      retry: { ...retry, intervalMsMax: 5_000 },
    });
    const batcher = new Batcher(queue, renderer, () => assert.fail('nothing is too large'));
    const capacityBytes = scheduleConfig.batch.sizeBytesMax + 8;
    let slab = 0;
    const buffers = new ExportBuffers({
      memory: new SharedArrayBuffer(1_000_000),
      reserved: { offsetBytes: 0, sizeBytes: capacityBytes },
      slabs: {
        ...{ bodySizeBytesMax: 100_000, occupancyPercentWith: () => 0, free() {} },
        reserve: () => ++slab,
        bodyOffsetBytes: () => 8_192,
        capacityBytes: () => 100_000,
      },
      compressed: false,
    });
    const learnedSize = new LearnedSize(clock, scheduleConfig.batch.sizeBytesMax);
    const parts = { clock, config, consumersMax, queue, batcher, breaker, buffers, learnedSize };
    const zone = () => this.zone;
    this.#queue = queue;
    this.#batcher = batcher;
    this.#buffers = buffers;
    this.#schedule = new RequestSchedule({ ...parts, zone, gatherMsMax });
  }

  add(count: number, backlog: boolean, bodyLengthBytes = sizeBytes): void {
    const batch: Batch = {
      ...{ bodyOffsetBytes: 0, bodyLengthBytes, resourceCount: 1, recordCount: 1 },
      ...(backlog ? { isBacklog: true } : {}),
    };
    for (let added = 0; added < count; added += 1) this.#queue.enqueue(batch, () => {});
  }

  /** So many of both wait. */
  topUp(count: number): void {
    for (const backlog of [false, true]) {
      this.add(count - this.#queue.waitingBytes(backlog) / sizeBytes, backlog);
    }
  }

  /** Starts what may start; what that was. */
  start(): string[] {
    const from = this.started.length;
    for (;;) {
      const buffer = this.#schedule.next(this.inFlight.length, this.#inFlightOf(true));
      if (typeof buffer === 'number') {
        this.waitMs = buffer;
        return this.started.slice(from).map(nameOf);
      }
      this.#begin(buffer);
    }
  }

  /** The first of those under way has come to its end. */
  end(request = this.inFlight[0]): void {
    assert.ok(request !== undefined, 'nothing is under way');
    for (const piece of request.pieces) piece.queued.delivered(0, '');
    this.inFlight.splice(this.inFlight.indexOf(request), 1);
    this.#buffers.giveBack(request.buffer);
  }

  #begin(buffer: ExportBuffer): void {
    const { capacityBytes } = buffer;
    const built = this.#batcher.build(0, capacityBytes, this.#schedule.limitBytes);
    const first = built?.pieces[0];
    assert.ok(built !== undefined && first !== undefined, 'nothing to send');
    const ofBacklog = isBacklog(first);
    assert.ok(built.pieces.every((piece) => isBacklog(piece) === ofBacklog));
    const request = { isBacklog: ofBacklog, pieces: built.pieces, buffer };
    this.started.push(request);
    this.inFlight.push(request);
  }

  #inFlightOf(ofBacklog: boolean): number {
    return this.inFlight.filter((request) => request.isBacklog === ofBacklog).length;
  }
}

/** `backlog 2`: with two batches. */
function nameOf({ isBacklog, pieces }: Request): string {
  return `${isBacklog ? 'backlog' : 'live'} ${pieces.length}`;
}
