// An OtlpDestination over a transport whose every step the test decides, on a fake clock. Records
// are 64 bytes that begin with their number, so that what a request carries can be read without a
// codec. Memory of settled batches and of free buffers is scribbled over, so that late reads are
// seen.

import assert from 'node:assert/strict';
import type { OtlpGrpcExporterConfig } from '../../src/config/config.ts';
import type { Batch, BatchRenderer, Delivery, Outcome } from '../../src/exporter/destination.ts';
import { exportBufferSizeBytes } from '../../src/exporter/export-buffer.ts';
import type {
  ExportTransport,
  RequestEnding,
  TransportCall,
  TransportRequest,
} from '../../src/exporter/export-transport.ts';
import { OtlpDestination } from '../../src/exporter/otlp-destination.ts';
import type { Verdict } from '../../src/exporter/retry-policy.ts';
import { grpcPrefixSizeBytes, KiB } from '../../src/limits.ts';
import { silentLog } from '../../src/log.ts';
import { DestinationCounter, StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ListSlabs } from './exporter-rig.ts';

export const recordSizeBytes = 64;
const bodiesOffsetBytes = 512 * KiB;
const memorySizeBytes = 4096 * KiB;

export const scriptedConfig: OtlpGrpcExporterConfig = {
  id: 'otlp_grpc/scripted',
  kind: 'otlp_grpc',
  required: true,
  host: '127.0.0.1',
  port: 1,
  plaintext: true,
  balancer: 'round_robin',
  tls: {
    ca: undefined,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    versionMin: 'TLSv1.3',
    reloadIntervalMs: 60_000,
  },
  headers: {},
  compression: 'none',
  timeoutMs: 5_000,
  outcomeOverrides: {},
  retry: {
    initialIntervalMs: 1_000,
    multiplier: 2,
    randomizationFactor: 0,
    intervalMsMax: 4_000,
  },
  queue: {
    consumersMax: 3,
    sizeBytesMax: 64 * recordSizeBytes,
    batchesMax: 12,
    batch: {
      flushTimeoutMs: 200,
      sizeBytesMin: 8 * recordSizeBytes,
      sizeBytesMax: 16 * recordSizeBytes,
    },
  },
};

export class ScriptedCall implements TransportCall {
  readonly records: readonly number[];
  readonly request: TransportRequest;
  readonly ended: Promise<RequestEnding>;
  readonly released: Promise<void>;
  isEnded = false;
  isReleased = false;
  readonly #copy: Uint8Array;
  readonly #end: (ending: RequestEnding) => void;
  readonly #release: () => void;

  constructor(request: TransportRequest) {
    this.request = request;
    const payload = request.roomAndPayload.subarray(grpcPrefixSizeBytes);
    this.#copy = Uint8Array.from(payload);
    const view = new DataView(this.#copy.buffer);
    const count = payload.length / recordSizeBytes;
    this.records = Array.from({ length: count }, (_, index) =>
      view.getUint32(index * recordSizeBytes),
    );
    const ended = Promise.withResolvers<RequestEnding>();
    const released = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.released = released.promise;
    this.#end = ended.resolve;
    this.#release = released.resolve;
  }

  end(ending: RequestEnding): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#end(ending);
  }

  /** Nobody may have touched the payload until now. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const payload = this.request.roomAndPayload.subarray(grpcPrefixSizeBytes);
    assert.deepEqual(Uint8Array.from(payload), this.#copy, 'payload changed before its release');
    this.#release();
  }

  cancel(): void {
    this.end(failed({ failure: 'cancelled', outcomeUnknown: true }));
    this.release();
  }

  /** Ends and releases. */
  finish(ending: RequestEnding): void {
    this.end(ending);
    this.release();
  }
}

export class ScriptedTransport implements ExportTransport {
  onConnected: (() => void) | undefined;
  readonly calls: ScriptedCall[] = [];

  get open(): ScriptedCall[] {
    return this.calls.filter((call) => !call.isEnded);
  }

  send(request: TransportRequest): TransportCall {
    const call = new ScriptedCall(request);
    this.calls.push(call);
    return call;
  }

  async close(): Promise<void> {
    for (const call of this.calls) call.cancel();
  }
}

export interface SentBatch {
  readonly records: readonly number[];
  readonly batch: Batch;
  readonly delivery: Delivery;
  abandoned: boolean;
  outcome: Outcome | undefined;
}

export class ScriptedRig {
  readonly clock = new FakeClock();
  readonly transport = new ScriptedTransport();
  readonly slabs = new ListSlabs(256 * KiB, 256 * KiB);
  readonly destination: OtlpDestination;
  readonly batches: SentBatch[] = [];
  zone: Zone = Zone.Green;
  readonly #memory = new SharedArrayBuffer(memorySizeBytes);
  readonly #counters = new StatePage(new SharedArrayBuffer(statePageSizeBytes(1)), 0, 1)
    .shard(0)
    .destination(0);
  #nextBodyBytes = bodiesOffsetBytes;
  #nextRecord = 1;

  constructor(config: OtlpGrpcExporterConfig = scriptedConfig, random: () => number = () => 0.5) {
    this.slabs.attach(this.#memory);
    this.destination = new OtlpDestination(
      config,
      {
        clock: this.clock,
        log: silentLog,
        renderer: new RecordRenderer(this.#memory),
        buffer: this.#memory,
        exportBuffer: { offsetBytes: 0, sizeBytes: exportBufferSizeBytes(config) },
        slabs: this.slabs,
        counters: this.#counters,
        random,
        shardIndex: 0,
        zone: () => this.zone,
      },
      this.transport,
    );
  }

  enqueue(recordCount: number): SentBatch {
    const records = Array.from({ length: recordCount }, () => this.#nextRecord++);
    const bodyOffsetBytes = this.#nextBodyBytes;
    const bodyLengthBytes = recordCount * recordSizeBytes;
    assert.ok(bodyOffsetBytes + bodyLengthBytes <= memorySizeBytes, 'test uses too much memory');
    this.#nextBodyBytes += bodyLengthBytes;
    const view = new DataView(this.#memory, bodyOffsetBytes, bodyLengthBytes);
    for (const [index, record] of records.entries())
      view.setUint32(index * recordSizeBytes, record);
    const batch = { bodyOffsetBytes, bodyLengthBytes, resourceCount: 1, recordCount };
    const delivery = this.destination.enqueue(batch, (outcome) => {
      assert.equal(sent.outcome, undefined, 'settled twice');
      sent.outcome = outcome;
      new Uint8Array(this.#memory, bodyOffsetBytes, bodyLengthBytes).fill(0xff);
    });
    const sent: SentBatch = { records, batch, delivery, abandoned: false, outcome: undefined };
    this.batches.push(sent);
    return sent;
  }

  count(name: keyof typeof DestinationCounter): number {
    return this.#counters.get(DestinationCounter[name]);
  }

  /** Lets everything run that waits for no timer. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }
}

export const delivered: RequestEnding = { kind: 'delivered', rejectedRecords: 0, message: '' };

export function refused(
  verdict: Exclude<Verdict, typeof Verdict.Delivered>,
  serverDelayMs?: number,
): RequestEnding {
  return { kind: 'refused', verdict, message: 'no', serverDelayMs, outcomeUnknown: false };
}

export function failed(
  changes: Partial<Extract<RequestEnding, { kind: 'failed' }>> = {},
): RequestEnding {
  return {
    kind: 'failed',
    failure: 'lost',
    message: 'lost',
    outcomeUnknown: false,
    againNow: false,
    ...changes,
  };
}

class RecordRenderer implements BatchRenderer {
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(memory);
  }

  sizeBytesMax(batch: Batch): number {
    return batch.bodyLengthBytes + 10;
  }

  renderBatch(batch: Batch, dstOffsetBytes: number, dstCapacityBytes: number): number {
    if (batch.bodyLengthBytes > dstCapacityBytes) return -1;
    return this.renderRecords(batch, 0, batch.recordCount, dstOffsetBytes, dstCapacityBytes)
      .lengthBytes;
  }

  renderRecords(
    batch: Batch,
    recordFrom: number,
    recordTo: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): { lengthBytes: number; recordEnd: number } {
    const fitting = Math.floor(dstCapacityBytes / recordSizeBytes);
    const recordEnd = Math.min(recordTo, recordFrom + Math.max(0, fitting));
    const from = batch.bodyOffsetBytes + recordFrom * recordSizeBytes;
    const lengthBytes = (recordEnd - recordFrom) * recordSizeBytes;
    this.#bytes.copyWithin(dstOffsetBytes, from, from + lengthBytes);
    return { lengthBytes, recordEnd };
  }
}
