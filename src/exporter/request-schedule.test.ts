import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { StatePage, statePageSizeBytes } from '../memory/state-page.ts';
import { Batcher } from './batcher.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Batch, BatchRenderer } from './destination.ts';
import type { ExportBuffer } from './export-buffer.ts';
import { ExportBuffers } from './export-buffers.ts';
import { ExportQueue, isBacklog } from './export-queue.ts';
import { LearnedSize } from './learned-size.ts';
import type { Piece } from './queued-batch.ts';
import { RequestSchedule } from './request-schedule.ts';

const sizeBytes = 500;
const config = {
  consumersMax: 4,
  sizeBytesMax: 1_000_000,
  batchesMax: 1_000,
  batch: { flushTimeoutMs: 200, sizeBytesMin: 1_000, sizeBytesMax: 4_000 },
};

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
class Requests {
  readonly clock = new FakeClock();
  readonly started: Request[] = [];
  readonly inFlight: Request[] = [];
  /** Of the last look. */
  waitMs = 0;
  readonly #queue: ExportQueue;
  readonly #batcher: Batcher;
  readonly #buffers: ExportBuffers;
  readonly #schedule: RequestSchedule;

  constructor(consumersMax = config.consumersMax) {
    const { clock } = this;
    const page = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1);
    const queue = new ExportQueue({ config, clock, counters: page.shard(0).destination(0) });
    const retry = { initialIntervalMs: 100, multiplier: 2, randomizationFactor: 0 };
    const breaker = new CircuitBreaker({
      ...{ clock, consumersMax, random: () => 0.5 },
      retry: { ...retry, intervalMsMax: 5_000 },
    });
    const batcher = new Batcher(queue, renderer, () => assert.fail('nothing is too large'));
    const capacityBytes = config.batch.sizeBytesMax + 8;
    let slab = 0;
    const buffers = new ExportBuffers({
      memory: new SharedArrayBuffer(1_000_000),
      reserved: { offsetBytes: 0, sizeBytes: capacityBytes },
      slabs: {
        ...{ bodySizeBytesMax: 100_000, occupancyPercent: 0, free() {} },
        reserve: () => ++slab,
        bodyOffsetBytes: () => 8_192,
        capacityBytes: () => 100_000,
      },
      compressed: false,
    });
    const learnedSize = new LearnedSize(clock, config.batch.sizeBytesMax);
    const parts = { clock, config, consumersMax, queue, batcher, breaker, buffers, learnedSize };
    this.#queue = queue;
    this.#batcher = batcher;
    this.#buffers = buffers;
    this.#schedule = new RequestSchedule(parts);
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

test('next() sends a backlog at full speed while nothing comes live', () => {
  const requests = new Requests();
  requests.add(40, true);
  // Whole requests, on all consumers but the one that what comes live finds.
  assert.deepEqual(requests.start(), ['backlog 8', 'backlog 8', 'backlog 8']);
  requests.end();
  assert.deepEqual(requests.start(), ['backlog 8']);
});

test('next() starts what comes live at once, however much backlog waits or is under way', () => {
  const requests = new Requests();
  requests.add(100, true);
  requests.start();
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
  assert.equal(requests.inFlight.length, config.consumersMax);
});

test('next() sends a backlog one small request at a time for a second after a live batch', () => {
  const requests = new Requests();
  requests.add(1, false);
  requests.add(100, true);
  assert.deepEqual(requests.start(), ['live 1', 'backlog 2']);
  for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 100) {
    for (const request of [...requests.inFlight]) requests.end(request);
    assert.deepEqual(requests.start(), ['backlog 2']);
    assert.equal(requests.waitMs, Number.POSITIVE_INFINITY);
    requests.clock.advance(100);
  }
  requests.end();
  assert.deepEqual(requests.start(), ['backlog 8', 'backlog 8', 'backlog 8']);
});

test('next() leaves a batch of the backlog whole that is larger than a small request', () => {
  const requests = new Requests();
  requests.add(1, false);
  requests.add(2, true, 3 * config.batch.sizeBytesMin);
  assert.deepEqual(requests.start(), ['live 1', 'backlog 1']);
});

test('next() gathers what comes live behind live requests, and not behind a backlog', () => {
  const requests = new Requests();
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
  requests.add(1, false);
  assert.deepEqual(requests.start(), []);
  assert.equal(requests.waitMs, config.batch.flushTimeoutMs);
  requests.add(4, true);
  requests.end();
  assert.deepEqual(requests.start(), ['live 1', 'backlog 2']);
  requests.end();
  requests.end();
  requests.clock.advance(1_000);
  assert.deepEqual(requests.start(), ['backlog 2']);
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
});

test('next() lets live requests go on while the one of the backlog takes long', () => {
  const requests = new Requests();
  requests.topUp(20);
  while (!requests.inFlight.some(({ isBacklog }) => isBacklog)) {
    requests.start();
    if (requests.inFlight[0]?.isBacklog === false) requests.end();
  }
  for (let turn = 0; turn < 50; turn += 1) {
    requests.topUp(20);
    requests.start();
    assert.equal(requests.inFlight.length, config.consumersMax);
    requests.end(requests.inFlight.find(({ isBacklog }) => !isBacklog));
  }
  assert.equal(requests.started.filter(({ isBacklog }) => isBacklog).length, 1);
});

for (const consumersMax of [1, 2, 4]) {
  test(`next() gives a backlog one request in ten while both wait, of ${consumersMax} at a time`, () => {
    const requests = new Requests(consumersMax);
    for (let turn = 0; turn < 400; turn += 1) {
      requests.topUp(20);
      requests.start();
      assert.equal(requests.inFlight.length, consumersMax);
      assert.ok(requests.inFlight.filter(({ isBacklog }) => isBacklog).length <= 1);
      requests.end();
      requests.clock.advance(5);
    }
    const ofBacklog = requests.started.filter(({ isBacklog }) => isBacklog);
    const share = ofBacklog.length / requests.started.length;
    assert.ok(
      share >= 0.095 && share <= 0.105,
      `${ofBacklog.length} of ${requests.started.length}`,
    );
    assert.ok(ofBacklog.every(({ pieces }) => pieces.length === 2));
  });
}
