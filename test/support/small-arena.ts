// An Arena of a few MiB, for tests: planArena() with a process beside it would need far more.
// Bounds are small on purpose, so that exhaustion happens at once.

import { Arena } from '../../src/memory/arena.ts';
import type { ArenaLayout } from '../../src/memory/arena-plan.ts';
import { largeControlSizeBytes } from '../../src/memory/large-control.ts';
import { arenaPageSizeBytes, type Region, wholePagesSizeBytes } from '../../src/memory/region.ts';
import { smallRegionSizeBytes } from '../../src/memory/small-slabs.ts';
import { statePageSizeBytes } from '../../src/memory/state-page.ts';
import { takeVaultRegions } from '../../src/memory/vault-regions.ts';
import { zonePageSizeBytes } from '../../src/memory/zone-page.ts';

export interface SmallArenaOptions {
  readonly shardCount?: number;
  /** Spans of small slabs in each shard, 257 KiB each. */
  readonly spanCount?: number;
  /** Pages of large slabs, 64 KiB each. */
  readonly largePageCount?: number;
  /** Of each shard; 512 KiB unless given. */
  readonly landingSizeBytes?: number;
  /** Of each shard, one export buffer a size. */
  readonly exportBufferSizesBytes?: readonly number[];
  /** None unless given; the largest message is 1 MiB. */
  readonly vault?: { readonly consumerCount: number };
}

export function smallArena(options: SmallArenaOptions = {}): Arena {
  return Arena.create(smallLayout(options));
}

function smallLayout(options: SmallArenaOptions): ArenaLayout {
  const { shardCount = 1, spanCount = 12, largePageCount = 48 } = options;
  let endBytes = 0;
  const take = (sizeBytes: number): Region => {
    const region = { offsetBytes: endBytes, sizeBytes: wholePagesSizeBytes(sizeBytes) };
    endBytes += region.sizeBytes;
    return region;
  };
  const regions = {
    kernel: take(arenaPageSizeBytes),
    statePage: take(statePageSizeBytes(shardCount)),
    zonePage: take(zonePageSizeBytes(shardCount)),
    largeControl: take(largeControlSizeBytes(shardCount, largePageCount)),
    vault:
      options.vault && takeVaultRegions(take, shardCount, options.vault.consumerCount, 1024 * 1024),
    shards: Array.from({ length: shardCount }, () => ({
      scratch: take(1024 * 1024),
      exportBuffers: (options.exportBufferSizesBytes ?? []).map(take),
      landing: take(options.landingSizeBytes ?? 512 * 1024),
      smallSlabs: take(smallRegionSizeBytes(spanCount)),
    })),
    largeSlabs: take(largePageCount * arenaPageSizeBytes),
  };
  return { sizeBytes: endBytes, ...regions };
}
