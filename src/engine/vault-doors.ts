// Both doors of a shard, to the vault thread and to the replay thread, over the links in the arena.

import { assert, unreachable } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { Destination } from '../exporter/destination.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { xxh64SizeBytes } from '../kernel/xxhash.ts';
import { KiB } from '../limits.ts';
import type { Arena } from '../memory/arena.ts';
import type { Region } from '../memory/region.ts';
import type { ShardCounters } from '../memory/state-page.ts';
import { VaultLinks } from '../memory/vault-links.ts';
import { VaultPage, VaultWord } from '../memory/vault-page.ts';
import { ByteView } from '../vault/byte-view.ts';
import { KernelHash } from '../vault/kernel-hash.ts';
import { LogState } from '../vault/log-state.ts';
import { EntryStamp } from './entry-stamp.ts';
import { ReplayDoor } from './replay-door.ts';
import { ReplayLine } from './replay-line.ts';
import { VaultReadiness } from './vault-door.ts';
import { VaultRingDoor } from './vault-ring-door.ts';
import type { ShardWakePorts } from './vault-threads.ts';

export interface VaultDoorsParts {
  readonly clock: Clock;
  readonly arena: Arena;
  readonly kernel: Kernel;
  /** Of the shard, vaultScratchSizeBytes. */
  readonly scratch: Region;
  readonly shardIndex: number;
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  readonly wakePorts: ShardWakePorts;
}

export interface VaultDoors {
  readonly vault: VaultRingDoor;
  readonly replay: ReplayDoor;
  readonly line: ReplayLine;
}

/** Longer subjects than certificates have in practice. */
const identitySizeBytesMax = 4 * KiB;

export const vaultScratchSizeBytes = identitySizeBytesMax + xxh64SizeBytes;

export function createVaultDoors(parts: VaultDoorsParts): VaultDoors {
  const { clock, arena, kernel, scratch, shardIndex, counters, destinations, wakePorts } = parts;
  const regions = arena.layout.vault;
  assert(regions !== undefined, 'arena without regions for the vault');
  assert(scratch.sizeBytes === vaultScratchSizeBytes, 'scratch of another size');
  const links = new VaultLinks(arena.buffer, regions.links, arena.layout.shards.length);
  const page = new VaultPage(arena.buffer, regions.page.offsetBytes);
  const identity = { offsetBytes: scratch.offsetBytes, sizeBytes: identitySizeBytesMax };
  const hashOffsetBytes = scratch.offsetBytes + identitySizeBytesMax;
  const stamp = new EntryStamp({
    clock,
    area: new ByteView(arena.bytes),
    hash: new KernelHash(kernel.xxhash, arena.buffer, hashOffsetBytes),
    identity,
  });
  const line = new ReplayLine({ clock, ring: links.toReplay(shardIndex), bell: links.replayBell });
  const vault = new VaultRingDoor({
    clock,
    stamp,
    toVault: links.toVault(shardIndex),
    fromVault: links.fromVault(shardIndex),
    bell: links.vaultBell,
    flag: links.vaultFlag(shardIndex),
    replay: line,
    state: () => readinessOf(page.get(VaultWord.State)),
  });
  const replay = new ReplayDoor({
    clock,
    counters,
    destinations,
    fromReplay: links.fromReplay(shardIndex),
    flag: links.replayFlag(shardIndex),
    replay: line,
  });
  wakePorts.vault.on('message', () => vault.wake());
  wakePorts.replay.on('message', () => replay.wake());
  return { vault, replay, line };
}

function readinessOf(word: number): VaultReadiness {
  const state = word as LogState; // the vault thread writes nothing else there
  switch (state) {
    case LogState.Ok:
      return VaultReadiness.Takes;
    case LogState.Full:
      return VaultReadiness.Full;
    case LogState.ReadOnly:
      return VaultReadiness.Failed;
    default:
      return unreachable(state, 'state of the vault');
  }
}
