// Both receivers over a small arena and a fake clock, with an engine that keeps the calls it
// accepts.

import { Admission } from '../../src/ingester/admission.ts';
import { CallWatch } from '../../src/ingester/call-watch.ts';
import { Decompression } from '../../src/ingester/decompression.ts';
import { GrpcReceiver } from '../../src/ingester/grpc-receiver.ts';
import { HttpReceiver, type HttpReceiverLimits } from '../../src/ingester/http-receiver.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { MiB } from '../../src/limits.ts';
import { LandingPool } from '../../src/memory/landing-pool.ts';
import { SlabPool } from '../../src/memory/slab-pool.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeRequest, FakeServerStream } from './fake-server-stream.ts';
import { type SmallArenaOptions, smallArena } from './small-arena.ts';

export class ReceiverHarness {
  readonly clock = new FakeClock();
  readonly slabs: SlabPool;
  readonly bytes: Uint8Array;
  readonly page = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1);
  readonly counters = this.page.shard(0);
  readonly admission: Admission;
  readonly decompression: Decompression;
  readonly watch: CallWatch;
  readonly receiver: GrpcReceiver;
  readonly httpReceiver: HttpReceiver;
  readonly landing: LandingPool;
  /** Calls that the engine holds, oldest first. */
  readonly accepted: IngestCall[] = [];
  /** Whether the engine takes bodies as they came. */
  takesRaw = false;

  constructor(
    options: SmallArenaOptions = {},
    messageSizeBytesMax = MiB,
    httpLimits: Partial<HttpReceiverLimits> = {},
  ) {
    const arena = smallArena(options);
    const { bytes } = arena;
    this.slabs = new SlabPool(arena, 0);
    this.bytes = bytes;
    this.landing = new LandingPool(bytes, arena.layout.shards[0]!.landing); // one shard
    this.admission = new Admission(this.slabs, () => 0.5);
    this.landing.isMoving = () => this.admission.isMoving;
    this.admission.onStop = () => this.landing.movingStopped();
    this.decompression = new Decompression({
      slabs: this.slabs,
      bytes,
      inflationsMax: 4,
      admission: this.admission,
      clock: this.clock,
    });
    this.watch = new CallWatch(this.clock);
    const parts = {
      memory: { stallTimeoutMs: 10_000, admissionTimeoutMs: 3_000 },
      slabs: this.slabs,
      bytes,
      landing: this.landing,
      counters: this.counters,
      clock: this.clock,
      admission: this.admission,
      decompression: this.decompression,
      watch: this.watch,
      accept: (call: IngestCall) => this.accepted.push(call),
      takesRaw: () => this.takesRaw,
    };
    this.receiver = new GrpcReceiver(parts, { messageSizeBytesMax });
    this.httpReceiver = new HttpReceiver(parts, {
      requestBodySizeBytesMax: messageSizeBytesMax,
      jsonBodySizeBytesMax: messageSizeBytesMax / 4,
      logsUrlPath: '/v1/logs',
      ...httpLimits,
    });
  }

  open(request?: FakeRequest): FakeServerStream {
    return new FakeServerStream(this.receiver.accept, request);
  }

  openHttp(request: FakeRequest = {}): FakeServerStream {
    const headers = { 'content-type': 'application/x-protobuf', ...request.headers };
    return new FakeServerStream(this.httpReceiver.accept, {
      path: '/v1/logs',
      ...request,
      headers,
    });
  }

  /** Nothing is held by anybody. */
  get isAtRest(): boolean {
    return (
      this.slabs.reservedBytes === 0 &&
      this.admission.incompleteBytes === 0 &&
      this.landing.freeBytes === this.landing.sizeBytes &&
      this.watch.size === 0 &&
      this.admission.waitingCount === 0 &&
      this.decompression.runningCount === 0
    );
  }

  /** What the engine would read. */
  bodyOf(call: IngestCall): Uint8Array {
    return this.bytes.slice(call.bodyOffsetBytes, call.bodyOffsetBytes + call.bodyLengthBytes);
  }

  /** The engine answers OK to the oldest call and gives its slab back. */
  finishOldest(): void {
    const call = this.accepted.shift();
    if (call === undefined) return;
    this.slabs.free(call.slab);
    call.answer({ kind: 'ok', rejectedRecords: 0, message: '' });
  }

  /** Until `stream` is answered or its call accepted; inflation runs in other threads. */
  async settled(stream: FakeServerStream): Promise<void> {
    const acceptedCount = this.accepted.length;
    while (stream.answers.length === 0 && this.accepted.length === acceptedCount) {
      if (this.decompression.runningCount === 0) return;
      await new Promise(setImmediate);
    }
  }

  async turn(): Promise<void> {
    await new Promise(setImmediate);
  }
}
