// How the one memory limit is spent: the arena's plan from the configuration, and the heaps of the
// threads.

import type { ResourceLimits } from 'node:worker_threads';
import type { Config } from '../config/config.ts';
import { exportBufferSizeBytes } from '../exporter/export-buffer.ts';
import { type ArenaLayout, planArena } from '../memory/arena-plan.ts';

/**
 * V8 heap of a data-plane thread. Batches live in the arena, so what is left are connections,
 * streams and code. Received chunks are garbage outside of the heap that only a scavenge frees, so
 * a small young generation (semi-spaces of 1 MiB) both cuts the peak and stays in the CPU's cache:
 * big requests cost 221 MB per CPU-second with it, 196 with 2 MiB, 153 with 4 MiB.
 */
export const threadHeap: ResourceLimits = {
  maxOldGenerationSizeMb: 64,
  maxYoungGenerationSizeMb: 3,
};

/**
 * V8 heap of the vault thread and of the replay thread: code, and a few records for each segment.
 */
export const vaultThreadHeap: ResourceLimits = {
  maxOldGenerationSizeMb: 32,
  maxYoungGenerationSizeMb: 1,
};

/**
 * Throws GopherShipError MEMORY_LIMIT, naming the key to change, when the limit cannot hold the
 * configuration.
 */
export function arenaLayout(config: Config): ArenaLayout {
  return planArena({
    limitBytes: config.memory.limitBytes,
    shardCount: config.memory.shardCount,
    connectionsMax: config.memory.connectionsMax,
    messageSizeBytesMax: messageSizeBytesMax(config.receivers),
    destinations: config.exporters.map((exporter) => ({
      id: exporter.id,
      exportBufferSizeBytes: exportBufferSizeBytes(exporter),
    })),
    vault: config.vault && {
      consumerCount: config.exporters.filter(({ required }) => required).length,
    },
  });
}

/** A slab holds a message of whichever receiver. */
export function messageSizeBytesMax({ grpc, http }: Config['receivers']): number {
  return Math.max(grpc?.messageSizeBytesMax ?? 0, http?.requestBodySizeBytesMax ?? 0);
}
