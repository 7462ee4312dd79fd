// What a configuration asks of memory: the process beside the arena, and the least that the arena's
// regions need. arena-plan.ts hands out regions from it, memory-limit-error.ts explains it.

import { assert } from '../assert.ts';
import { inflationsPerShardMax, KiB, MiB, messageSizeBytesLimit } from '../limits.ts';
import { largeControlSizeBytes } from './large-control.ts';
import { arenaPageSizeBytes, cacheLineSizeBytes, wholePagesSizeBytes } from './region.ts';
import { sizeClassCount, slabHeaderSizeBytes } from './size-class.ts';
import { smallRegionSizeBytes } from './small-slabs.ts';
import { destinationsMax, statePageSizeBytes } from './state-page.ts';
import { replayPlaceSizeBytes, vaultFixedSizeBytes } from './vault-regions.ts';
import { zonePageSizeBytes } from './zone-page.ts';

export interface ArenaPlanInput {
  readonly limitBytes: number;
  readonly shardCount: number;
  readonly connectionsMax: number;
  readonly messageSizeBytesMax: number;
  readonly destinations: readonly {
    /** As in the configuration, for the message of a refusal. */
    readonly id: string;
    readonly exportBufferSizeBytes: number;
  }[];
  readonly vault?: VaultPlanInput | undefined;
}

/** Of a process with a vault; undefined without. */
export interface VaultPlanInput {
  /** Required destinations, each with a cursor. */
  readonly consumerCount: number;
}

/** What the process beside the arena depends on. */
export type ProcessPlanInput = Pick<
  ArenaPlanInput,
  'limitBytes' | 'shardCount' | 'connectionsMax' | 'messageSizeBytesMax' | 'vault'
>;

/** Least sizes, in whole pages. */
export interface ArenaNeeds {
  readonly kernelSizeBytes: number;
  /** With the zone page behind it. */
  readonly statePageSizeBytes: number;
  readonly largeControlSizeBytes: number;
  /** 0 without a vault. */
  readonly vaultSizeBytes: number;
  /** Of one shard, as the next three. */
  readonly exportBufferSizesBytes: readonly number[];
  readonly scratchSizeBytes: number;
  readonly landingSizeBytesMin: number;
  readonly smallSizeBytesMin: number;
  readonly largeSizeBytesMin: number;
  /** All of it together, for all shards. */
  readonly sizeBytes: number;
}

// Anonymous memory of the process without arena and codecs. Measured as the peak of floods, arena
// taken off and what the connections took still in it, in MiB: Node 26.10, linux-x64, one shard,
// started by bin/gophership (its flags and variables count), AMD EPYC, 2 CPUs, 2026-11-26.
//
//                            built               from sources
//   at rest                  31.5                36.6
//   forwarding, 16 x 8 big   45.2                48
//   at rest, vault           48.7                62
//   16 x 8 big, vault, Red   58                  69
//   the same, forwarding     64.4                75.5
//   64 x 8 big, vault, Red   68.9                75
//   ten minutes of floods    73
//   a minute of 64 x 8 of 20 KB, vault    78, before the replay's tables
//
// A thread that runs from sources keeps their text, and more for each of 80 to 230 modules.
const isBuilt = !import.meta.url.endsWith('.ts');
const baseSizeBytes = (isBuilt ? 49 : 56) * MiB;
const furtherShardSizeBytes = (isBuilt ? 12 : 15) * MiB;

/** The vault thread and the replay thread, and what a minute of flood adds in all four. */
const vaultThreadsSizeBytes = (isBuilt ? 20 : 29) * MiB;

// An mTLS connection, idle (56 to 66 KiB of it) or busy. The first of a shard are read in pieces of
// 64 KiB (tls/secure-listener.ts), and those that wait for memory keep what was read and not taken;
// of them no more than so many are read at all (http2/read-crowd.ts). Measured with 40 to 2,064
// connections, which grew the process by 178 MiB when all were busy at once.
const connectionSizeBytes = 84 * KiB;
const wideReadSizeBytes = 64 * KiB;
const wideConnectionsPerShardMax = 16;
const unreadSizeBytes = 36 * KiB;
const unreadConnectionsPerShardMax = 2 * 256; // gRPC and HTTP port

// A zstd window, of which pages are touched as far as a message reaches, its copy of what was not
// flushed yet, and the pieces that go in and out: 8.75 MiB with bodies of 14 MB. gzip needs a tenth
// of a MiB.
const windowSizeBytesMax = 8 * MiB;
const besideWindowSizeBytes = 0.75 * MiB;
const limitPerInflationBytes = 192 * MiB;

// What the replay thread inflates stands outside of the arena until it is copied, and a body that
// turns out too large takes that twice.
const replayMessagesMax = 2;

// One message arrives, one is on its way to the destinations, and the next has its turn beside
// them; with fewer, a producer of large messages would wait for the answer to each before it may
// send another.
const largeMessagesMin = 3;

// A span for each size class: no body has to wait until all bodies of another size are gone.
const smallSpansPerShardMin = sizeClassCount;

const scratchSizeBytes = MiB;

// What eight busy connections send on the credit that none of them needs a slab for; with less,
// sockets would be paused as soon as a few messages wait.
const landingSizeBytesMin = 512 * KiB;

// WebAssembly can address 65,536 pages; with one less, every end offset is a 32-bit number.
const arenaSizeBytesMax = 65_535 * arenaPageSizeBytes;

/**
 * What a limit leaves for the arena, in whole pages; negative when it does not even hold the rest.
 */
export function arenaBudgetBytes(input: ProcessPlanInput): number {
  assert(input.shardCount >= 1, 'no shard');
  assert(input.connectionsMax >= 1, 'no connection');
  const besideBytes =
    baseSizeBytes +
    (input.shardCount - 1) * furtherShardSizeBytes +
    (input.vault === undefined ? 0 : vaultThreadsSizeBytes) +
    connectionsSizeBytes(input) +
    codecsSizeBytes(input);
  const pages = Math.floor((input.limitBytes - besideBytes) / arenaPageSizeBytes);
  return Math.min(pages * arenaPageSizeBytes, arenaSizeBytesMax);
}

/** Of all places together. */
export function connectionsSizeBytes({
  connectionsMax,
  shardCount,
}: Pick<ProcessPlanInput, 'connectionsMax' | 'shardCount'>): number {
  const wideCount = Math.min(connectionsMax, shardCount * wideConnectionsPerShardMax);
  const unreadCount = Math.min(connectionsMax, shardCount * unreadConnectionsPerShardMax);
  return (
    connectionsMax * connectionSizeBytes +
    wideCount * wideReadSizeBytes +
    unreadCount * unreadSizeBytes
  );
}

/** Of all inflations that may run at once, the one of the replay thread among them. */
export function codecsSizeBytes(input: ProcessPlanInput): number {
  const { messageSizeBytesMax, shardCount, vault } = input;
  const inflation = Math.min(windowSizeBytesMax, messageSizeBytesMax) + besideWindowSizeBytes;
  const replay = vault === undefined ? 0 : inflation + replayMessagesMax * messageSizeBytesMax;
  return shardCount * inflationsPerShard(input) * inflation + replay;
}

/** Inflations that each shard may run at once: the windows of their codecs are not in the arena. */
export function inflationsPerShard({
  limitBytes,
  shardCount,
}: Pick<ArenaPlanInput, 'limitBytes' | 'shardCount'>): number {
  const affordable = Math.floor(limitBytes / shardCount / limitPerInflationBytes);
  return Math.min(inflationsPerShardMax, Math.max(1, affordable));
}

/** In the region of the state page. */
export function zonePageOffsetBytes(shardCount: number): number {
  const statePage = statePageSizeBytes(shardCount);
  return Math.ceil(statePage / cacheLineSizeBytes) * cacheLineSizeBytes;
}

export function arenaNeeds(input: ArenaPlanInput): ArenaNeeds {
  const { shardCount, vault } = input;
  assert(input.destinations.length <= destinationsMax, 'more destinations than the state page has');
  assert(input.messageSizeBytesMax <= messageSizeBytesLimit, 'message size above its own limit');

  const pageCount = Math.max(1, arenaBudgetBytes(input) / arenaPageSizeBytes);
  const kernelSizeBytes = arenaPageSizeBytes;
  const statePage = wholePagesSizeBytes(
    zonePageOffsetBytes(shardCount) + zonePageSizeBytes(shardCount),
  );
  const largeControl = wholePagesSizeBytes(largeControlSizeBytes(shardCount, pageCount));
  assert((vault?.consumerCount ?? 0) <= input.destinations.length, 'consumers without destination');
  const vaultSizeBytes =
    vault === undefined
      ? 0
      : vaultFixedSizeBytes(shardCount) +
        vault.consumerCount * replayPlaceSizeBytes(input.messageSizeBytesMax);
  const exportBufferSizesBytes = input.destinations.map((destination) =>
    wholePagesSizeBytes(destination.exportBufferSizeBytes),
  );
  const smallSizeBytesMin = wholePagesSizeBytes(smallRegionSizeBytes(smallSpansPerShardMin));
  const largeSizeBytesMin =
    largeMessagesMin * wholePagesSizeBytes(input.messageSizeBytesMax + slabHeaderSizeBytes);

  const sizeBytes =
    kernelSizeBytes +
    statePage +
    largeControl +
    vaultSizeBytes + // buffers of its two threads, and a largest message for each consumer
    shardCount * scratchSizeBytes + // the kernel's results
    shardCount * landingSizeBytesMin + // what arrives before its slab
    shardCount * exportBufferSizesBytes.reduce((sum, next) => sum + next, 0) + // a request each
    shardCount * smallSizeBytesMin + // bodies up to 256 KiB
    largeSizeBytesMin; // bodies above 256 KiB
  return {
    kernelSizeBytes,
    statePageSizeBytes: statePage,
    largeControlSizeBytes: largeControl,
    vaultSizeBytes,
    exportBufferSizesBytes,
    scratchSizeBytes,
    landingSizeBytesMin,
    smallSizeBytesMin,
    largeSizeBytesMin,
    sizeBytes,
  };
}
