// What a test gives to a ReplayRig, and what it finds in it.

import type { Region } from '../../src/memory/region.ts';
import type { ReplayBounds, ReplayReader } from '../../src/replayer/build-replayer.ts';
import type { PaceLimits } from '../../src/replayer/replay-pace.ts';
import type { CursorSnapshot } from '../../src/vault/consumer-cursor.ts';
import type { EntryHeader } from '../../src/vault/entry-header.ts';
import type { ReplayLog } from './replay-log.ts';
import type { VaultArena } from './vault-arena.ts';

export const unlimited: PaceLimits = {
  rateBytesPerSecond: 1e12,
  yellowRateBytesPerSecond: 1e12,
  minSharePercent: 10,
};

/** Letters that are redriven or purged: letter-rig.ts. */
export const noLetters = { start: () => undefined, step: () => false, stop() {} };

export interface RigOptions {
  readonly log: ReplayLog;
  readonly consumerCount?: number;
  readonly shardCount?: number;
  readonly roomSizeBytes?: number;
  readonly ringCapacity?: number;
  readonly limits?: PaceLimits;
  readonly order?: 'oldest' | 'newest';
  readonly bounds?: ReplayBounds;
  /** From a run before. */
  readonly cursors?: readonly CursorSnapshot[];
  readonly messageSizeBytesMax?: number;
  /** Instead of those of the log; `region` has sourceSizeBytes of the arena. */
  readonly openReader?: (arena: VaultArena, region: Region) => ReplayReader;
  readonly sourceSizeBytes?: number;
}

/** An entry at a shard. */
export interface OutEntry {
  readonly consumer: number;
  readonly shard: number;
  readonly entrySeq: number;
  readonly token: number;
  readonly bodyOffsetBytes: number;
  readonly sent: Uint8Array;
}

/** An entry on its way into the dead letter. */
export interface OutLetter {
  readonly slab: number;
  readonly header: EntryHeader;
  readonly body: Uint8Array;
}
