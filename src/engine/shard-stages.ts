// Builds the stages of one shard over its regions of the arena and hands each what it needs of the
// others.

import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { createRenderer } from '../enrichment/resource-splice.ts';
import { createDestination } from '../exporter/create-destination.ts';
import type { Destination } from '../exporter/destination.ts';
import { gatherMsMax } from '../exporter/request-schedule.ts';
import { Listener } from '../ingester/listener.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { Log } from '../log.ts';
import { Arena } from '../memory/arena.ts';
import { LandingPool } from '../memory/landing-pool.ts';
import type { Region } from '../memory/region.ts';
import { SlabPool } from '../memory/slab-pool.ts';
import { StatePage } from '../memory/state-page.ts';
import { ZonePage } from '../memory/zone-page.ts';
import type { CertificateWatch } from '../tls/certificate-watch.ts';
import { ListenerCertificates } from './listener-certificates.ts';
import { createScan, scanScratchSizeBytes } from './message-scan.ts';
import { Shard } from './shard.ts';
import { ShardSampler } from './shard-sampler.ts';
import { ShardTap } from './shard-tap.ts';
import type { ShardStart } from './thread-messages.ts';
import { noVault } from './vault-door.ts';
import { createVaultDoors, type VaultDoors, vaultScratchSizeBytes } from './vault-doors.ts';

export interface ShardStages {
  readonly shard: Shard;
  readonly listener: Listener;
  readonly destinations: readonly Destination[];
  /** Undefined: no vault. */
  readonly vaultDoors: VaultDoors | undefined;
  readonly sampler: ShardSampler;
  readonly tap: ShardTap;
  readonly watches: readonly CertificateWatch[];
}

export async function buildShard(start: ShardStart, log: Log): Promise<ShardStages> {
  const { config, shardIndex, layout, version } = start;
  const clock = systemClock;
  const { random } = Math;
  const arena = Arena.attach(start.memory, layout);
  const regions = layout.shards[shardIndex];
  const { grpc, http } = config.receivers;
  assert(regions !== undefined, 'shard index out of range');
  assert(grpc !== undefined || http !== undefined, 'a shard without a receiver');

  const { buffer, bytes, memory } = arena;
  const slabs = new SlabPool(arena, shardIndex);
  const counters = new StatePage(
    buffer,
    layout.statePage.offsetBytes,
    config.memory.shardCount,
  ).shard(shardIndex);
  const kernel = Kernel.create(memory);
  const scratch = splitScratch(regions.scratch);
  const renderer = createRenderer({
    kernel,
    bytes,
    scratch: scratch.plan,
    plan: start.splicePlan,
  });
  const zones = new ZonePage(buffer, layout.zonePage, config.memory.shardCount);
  const sampler = new ShardSampler({
    ...{ clock, random, zones: config.zones, zone: zones.zone },
    signals: zones.shard(shardIndex),
    occupancyPercent: () => slabs.occupancyPercent,
  });
  slabs.onWait = () => sampler.starved();
  const ackDeadlineMs = config.vault?.ackDeadlineMs ?? Infinity;
  const destinations = config.exporters.map((exporter, index) =>
    createDestination(exporter, {
      clock,
      log,
      renderer,
      buffer,
      exportBuffer: regionAt(regions.exportBuffers, index),
      slabs,
      counters: counters.destination(index),
      random,
      shardIndex,
      shardCount: config.memory.shardCount,
      zone: () => sampler.zone,
      gatherMsMax: gatherMsMax(config.vault?.ackDeadlineMs),
      version,
      stderr: process.stderr,
    }),
  );
  const { wakePorts } = start;
  const vaultDoors =
    wakePorts &&
    createVaultDoors({
      ...{ clock, arena, kernel, shardIndex, counters, destinations, wakePorts },
      scratch: scratch.vault,
    });
  const tap = new ShardTap({ clock, bytes, zone: () => sampler.zone });
  const shard = new Shard({
    clock,
    log,
    counters,
    destinations,
    vault: vaultDoors?.vault ?? noVault,
    ackDeadlineMs,
    tap,
    zone: () => sampler.zone,
    scan: createScan(kernel, scratch.scan.offsetBytes),
    countRecords: (bodyOffsetBytes, bodyLengthBytes) =>
      kernel.countRecords(bodyOffsetBytes, bodyLengthBytes),
    freeSlab: (slab) => slabs.free(slab),
    occupancyPercent: () => slabs.occupancyPercent,
  });

  const certificates = await ListenerCertificates.load(
    config.receivers,
    start.ticketSecret,
    clock.wallMs(),
  );
  const connectionsMax = Math.floor(config.memory.connectionsMax / config.memory.shardCount);
  const listener = new Listener({
    ...(grpc && { grpc: { config: grpc, tls: certificates.options('grpc', ['h2']) } }),
    ...(http && { http: { config: http, tls: certificates.options('http', httpProtocols) } }),
    memory: { ...config.memory, connectionsMax: Math.max(1, connectionsMax) },
    slabs,
    landing: new LandingPool(bytes, regions.landing),
    bytes,
    counters,
    clock,
    log,
    random,
    accept(call) {
      sampler.operation();
      shard.accept(call);
    },
    takesRaw: (bodyLengthBytes, producer) => shard.takesRaw(bodyLengthBytes, producer),
  });
  const watches = certificates.watch({
    clock,
    log,
    onChange: (transport, context) => listener.setSecureContext(transport, context),
  });
  return { shard, listener, destinations, vaultDoors, sampler, tap, watches };
}

/** Many SDKs speak only the latter; who speaks both gets one connection for all of its calls. */
const httpProtocols = ['h2', 'http/1.1'];

/** The plan is written once and stays where it is for the life of the shard. */
function splitScratch({ offsetBytes, sizeBytes }: Region): {
  readonly scan: Region;
  readonly vault: Region;
  readonly plan: Region;
} {
  const planAt = scanScratchSizeBytes + vaultScratchSizeBytes;
  assert(sizeBytes > planAt, 'scratch too small');
  return {
    scan: { offsetBytes, sizeBytes: scanScratchSizeBytes },
    vault: { offsetBytes: offsetBytes + scanScratchSizeBytes, sizeBytes: vaultScratchSizeBytes },
    plan: { offsetBytes: offsetBytes + planAt, sizeBytes: sizeBytes - planAt },
  };
}

function regionAt(regions: readonly Region[], index: number): Region {
  const region = regions[index];
  assert(region !== undefined, 'a destination without an export buffer');
  return region;
}
