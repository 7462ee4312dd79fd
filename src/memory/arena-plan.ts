// The map of the arena, made once from the configuration. A configuration that the memory limit
// cannot hold stops the start here, with the keys to change.

import { assert } from '../assert.ts';
import { MiB, messageSizeBytesLimit } from '../limits.ts';
import {
  type ArenaNeeds,
  type ArenaPlanInput,
  arenaBudgetBytes,
  arenaNeeds,
  zonePageOffsetBytes,
} from './arena-needs.ts';
import { memoryLimitError } from './memory-limit-error.ts';
import { arenaPageSizeBytes, type Region } from './region.ts';
import { takeVaultRegions, type VaultRegions } from './vault-regions.ts';
import { zonePageSizeBytes } from './zone-page.ts';

export interface ShardRegions {
  /** Results of the kernel, and what it reads besides a batch. */
  readonly scratch: Region;
  /** One for each destination, in their order: where a request is put together. */
  readonly exportBuffers: readonly Region[];
  /** LandingPool: what arrives before its slab. */
  readonly landing: Region;
  readonly smallSlabs: Region;
}

/** Plain data, in the order of the arena, without gaps. */
export interface ArenaLayout {
  readonly sizeBytes: number;
  /** Page 0, left to the WebAssembly module. It makes 0 a number that no slab has. */
  readonly kernel: Region;
  readonly statePage: Region;
  /** The end of the state page's region. */
  readonly zonePage: Region;
  readonly largeControl: Region;
  /** Undefined without a vault. */
  readonly vault: VaultRegions | undefined;
  readonly shards: readonly ShardRegions[];
  readonly largeSlabs: Region;
}

/** Throws MEMORY_LIMIT when the limit cannot hold the configuration. */
export function planArena(input: ArenaPlanInput): ArenaLayout {
  const sizeBytes = arenaBudgetBytes(input);
  const needs = arenaNeeds(input);
  if (needs.sizeBytes > sizeBytes) throw memoryLimitError(input);
  const landingSizeBytes = landingShareBytes(needs, input.shardCount, sizeBytes);
  const smallSizeBytes = smallRegionShareBytes(
    needs,
    input.shardCount,
    sizeBytes - input.shardCount * (landingSizeBytes - needs.landingSizeBytesMin),
  );

  let endBytes = 0;
  const take = (regionSizeBytes: number): Region => {
    assert(regionSizeBytes % arenaPageSizeBytes === 0, 'region is not a whole number of pages');
    const region = { offsetBytes: endBytes, sizeBytes: regionSizeBytes };
    endBytes += regionSizeBytes;
    return region;
  };
  const { shardCount, vault, messageSizeBytesMax } = input;
  const kernel = take(needs.kernelSizeBytes);
  const statePage = take(needs.statePageSizeBytes);
  const layout = {
    sizeBytes,
    kernel,
    statePage,
    zonePage: {
      offsetBytes: statePage.offsetBytes + zonePageOffsetBytes(shardCount),
      sizeBytes: zonePageSizeBytes(shardCount),
    },
    largeControl: take(needs.largeControlSizeBytes),
    vault: vault && takeVaultRegions(take, shardCount, vault.consumerCount, messageSizeBytesMax),
    shards: Array.from({ length: input.shardCount }, () => ({
      scratch: take(needs.scratchSizeBytes),
      exportBuffers: needs.exportBufferSizesBytes.map(take),
      landing: take(landingSizeBytes),
      smallSlabs: take(smallSizeBytes),
    })),
    largeSlabs: take(sizeBytes - endBytes),
  };
  assert(endBytes === sizeBytes, 'regions do not fill the arena');
  assert(layout.largeSlabs.sizeBytes >= needs.largeSizeBytesMin, 'large region below its minimum');
  return layout;
}

/**
 * Largest message to accept when the configuration does not say: an eighth of the arena as a whole
 * power of two of MiB (4 MiB at a limit of 128 MiB), from 1 to 16 MiB.
 */
export function messageSizeBytesDefault(arenaSizeBytes: number): number {
  const eighthMiB = Math.max(1, arenaSizeBytes / 8 / MiB);
  const sizeBytes = Math.min(
    2 ** Math.floor(Math.log2(eighthMiB)) * MiB,
    messageSizeBytesDefaultMax,
  );
  assert(sizeBytes >= MiB && sizeBytes <= messageSizeBytesLimit, 'default message off bounds');
  return sizeBytes;
}

export const messageSizeBytesDefaultMax = 16 * MiB;

// A 16th of the arena for all shards together, as far as the minimums of the others allow: it is
// idle unless slabs are short, so it should not make them short.
const landingSizeBytesMax = 4 * MiB;

function landingShareBytes(needs: ArenaNeeds, shardCount: number, arenaSizeBytes: number): number {
  const spareBytes = (arenaSizeBytes - needs.sizeBytes) / shardCount;
  assert(spareBytes >= 0, 'arena does not hold what it needs');
  const shareBytes = Math.min(arenaSizeBytes / 16 / shardCount, landingSizeBytesMax);
  const moreBytes = Math.min(spareBytes, Math.max(shareBytes - needs.landingSizeBytesMin, 0));
  return needs.landingSizeBytesMin + wholePagesWithin(moreBytes);
}

// Small and large slabs get half each of what has no other use, as far as their minimums allow:
// nobody knows whether SDKs (bodies mostly below 256 KiB) or collectors (mostly above) will call,
// and neither should find the arena given to the other.
function smallRegionShareBytes(
  needs: ArenaNeeds,
  shardCount: number,
  arenaSizeBytes: number,
): number {
  const smallSizeBytesMin = shardCount * needs.smallSizeBytesMin;
  const spareBytes = arenaSizeBytes - needs.sizeBytes;
  assert(spareBytes >= 0, 'landing regions took what others need');
  const slabsSizeBytes = smallSizeBytesMin + needs.largeSizeBytesMin + spareBytes;
  const smallSizeBytesMax = slabsSizeBytes - needs.largeSizeBytesMin;
  const smallSizeBytes = Math.min(
    Math.max(slabsSizeBytes / 2, smallSizeBytesMin),
    smallSizeBytesMax,
  );
  return wholePagesWithin(smallSizeBytes / shardCount);
}

function wholePagesWithin(sizeBytes: number): number {
  return Math.floor(sizeBytes / arenaPageSizeBytes) * arenaPageSizeBytes;
}
