// One destination on what the engine runs it on: an arena, its slab pool, the kernel and the
// renderer. Batches lie in slabs, which are freed when the destination settles them.

import assert from 'node:assert/strict';
import { systemClock } from '../../src/clock.ts';
import type { ExporterConfig } from '../../src/config/config.ts';
import { createRenderer } from '../../src/enrichment/resource-splice.ts';
import { createDestination } from '../../src/exporter/create-destination.ts';
import type { Destination, Outcome } from '../../src/exporter/destination.ts';
import { exportBufferSizeBytes } from '../../src/exporter/export-buffer.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { ScanStatus, scanResultSizeBytes } from '../../src/kernel/kernel-abi.ts';
import { encodeSplicePlan, type SpliceOp } from '../../src/kernel/splice-plan.ts';
import { silentLog } from '../../src/log.ts';
import type { Arena } from '../../src/memory/arena.ts';
import { SlabPool } from '../../src/memory/slab-pool.ts';
import { DestinationCounter, StatePage } from '../../src/memory/state-page.ts';
import { smallArena } from '../support/small-arena.ts';

const spare = 'arena has no region';

export class ArenaRig {
  readonly destination: Destination;
  readonly pool: SlabPool;
  readonly #arena: Arena;
  readonly #kernel: Kernel;
  readonly #counters;
  readonly #scanResultOffsetBytes: number;

  constructor(config: ExporterConfig, ops: readonly SpliceOp[]) {
    const exportBufferSizesBytes = [exportBufferSizeBytes(config)];
    this.#arena = smallArena({ exportBufferSizesBytes, largePageCount: 96 });
    const { bytes, buffer, memory, layout } = this.#arena;
    const [shard] = layout.shards;
    const [exportBuffer] = shard?.exportBuffers ?? [];
    assert.ok(shard !== undefined && exportBuffer !== undefined, spare);
    this.pool = new SlabPool(this.#arena, 0);
    this.#kernel = Kernel.create(memory);
    this.#counters = new StatePage(buffer, layout.statePage.offsetBytes, 1).shard(0).destination(0);
    // The end of the scratch is the scan's, the rest the renderer's.
    const planSizeBytes = shard.scratch.sizeBytes - scanResultSizeBytes;
    this.#scanResultOffsetBytes = shard.scratch.offsetBytes + planSizeBytes;
    this.destination = createDestination(config, {
      clock: systemClock,
      log: silentLog,
      renderer: createRenderer({
        kernel: this.#kernel,
        bytes,
        scratch: { offsetBytes: shard.scratch.offsetBytes, sizeBytes: planSizeBytes },
        plan: ops.length === 0 ? new Uint8Array(0) : encodeSplicePlan(ops),
      }),
      buffer,
      exportBuffer,
      slabs: this.pool,
      counters: this.#counters,
      random: Math.random,
      shardIndex: 0,
      version: '1.2.3',
      stderr: process.stderr,
    });
  }

  /** Undefined: no slab, as when the arena is full. */
  send(body: Uint8Array): Promise<Outcome> | undefined {
    const slab = this.pool.reserve(body.length);
    if (slab === 0) return undefined;
    const bodyOffsetBytes = this.pool.bodyOffsetBytes(slab);
    this.#arena.bytes.set(body, bodyOffsetBytes);
    const result = this.#scanResultOffsetBytes;
    const status = this.#kernel.scan(bodyOffsetBytes, body.length, result);
    assert.equal(status, ScanStatus.Ok);
    const batch = {
      bodyOffsetBytes,
      bodyLengthBytes: body.length,
      resourceCount: this.#kernel.resourceCount(result),
      recordCount: this.#kernel.recordCount(result),
    };
    return new Promise((resolve) => {
      this.destination.enqueue(batch, (outcome) => {
        // Whoever reads it after this reads nonsense.
        this.#arena.bytes.fill(0xff, bodyOffsetBytes, bodyOffsetBytes + body.length);
        this.pool.free(slab);
        resolve(outcome);
      });
    });
  }

  count(name: keyof typeof DestinationCounter): number {
    return this.#counters.get(DestinationCounter[name]);
  }
}
