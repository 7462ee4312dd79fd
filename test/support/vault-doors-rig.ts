// Both doors of one shard over links in an arena, and the other ends of their rings, which the test
// holds in the place of the vault thread and the replay thread.

import { MessageChannel } from 'node:worker_threads';
import { assert } from '../../src/assert.ts';
import { createVaultDoors, vaultScratchSizeBytes } from '../../src/engine/vault-doors.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { slabUnitBytes } from '../../src/memory/size-class.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import type { ThreadRing } from '../../src/memory/thread-ring.ts';
import { VaultLinks } from '../../src/memory/vault-links.ts';
import { VaultPage } from '../../src/memory/vault-page.ts';
import { ByteView } from '../../src/vault/byte-view.ts';
import { FakeClock } from './fake-clock.ts';
import { ScriptedDestination } from './scripted-destination.ts';
import { smallArena } from './small-arena.ts';

export function createDoorsRig() {
  const arena = smallArena({ vault: { consumerCount: 2 }, largePageCount: 64 });
  const [shardRegions] = arena.layout.shards;
  const { vault: regions } = arena.layout;
  assert(shardRegions !== undefined && regions !== undefined, 'arena without them');
  const clock = new FakeClock();
  const destinations = ['a', 'b'].map((name) => new ScriptedDestination(`file/${name}`));
  const [vaultWake, replayWake] = [new MessageChannel(), new MessageChannel()];
  const doors = createVaultDoors({
    ...{ clock, arena, destinations, shardIndex: 0 },
    kernel: Kernel.create(arena.memory),
    scratch: { ...shardRegions.scratch, sizeBytes: vaultScratchSizeBytes },
    counters: new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1).shard(0),
    wakePorts: { vault: vaultWake.port2, replay: replayWake.port2 },
  });
  for (const { port2 } of [vaultWake, replayWake]) port2.unref();
  return {
    ...{ clock, destinations },
    ...{ door: doors.vault, replay: doors.replay, line: doors.line },
    bytes: arena.bytes,
    area: new ByteView(arena.bytes),
    links: new VaultLinks(arena.buffer, regions.links, 1),
    page: new VaultPage(arena.buffer, regions.page.offsetBytes),
    firstSlab: arena.layout.largeSlabs.offsetBytes / slabUnitBytes,
    ports: { vault: vaultWake.port1, replay: replayWake.port1 },
  };
}

/** As lists of eight words. */
export function popAll(ring: ThreadRing): number[][] {
  const record = new Uint32Array(8);
  const records: number[][] = [];
  while (ring.pop(record)) records.push([...record]);
  return records;
}
