// What the engine hands every destination of one shard. Arena regions and seams only: a destination
// finds everything else in its own configuration.

import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { SlabPool } from '../memory/slab-pool.ts';
import type { DestinationCounters } from '../memory/state-page.ts';
import type { Zone } from '../memory/zone-word.ts';
import type { BatchRenderer } from './destination.ts';

export interface DestinationDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly renderer: BatchRenderer;
  /** The arena: offsets of batches, slabs and of the export buffer count from its start. */
  readonly buffer: SharedArrayBuffer;
  /** Belongs to this destination alone, so that export moves while the slabs are all taken. */
  readonly exportBuffer: { readonly offsetBytes: number; readonly sizeBytes: number };
  readonly slabs: SlabPool;
  readonly counters: DestinationCounters;
  /** Uniform in [0, 1); tests pass a seeded one. */
  readonly random: () => number;
  readonly shardIndex: number;
  /**
   * `num_consumers` counts for the whole process, so every shard takes its share; 1 when absent.
   */
  readonly shardCount?: number;
  /** That acts at this shard; absent: always Green. */
  readonly zone?: () => Zone;
  /**
   * A part of the time after which producers are answered without this destination: in Yellow
   * batches gather no longer than this. Absent: as long as the queue's `flush_timeout`.
   */
  readonly gatherMsMax?: number;
  /** Of this engine, as in `User-Agent: gophership/VERSION`. */
  readonly version: string;
  /** Where `debug` prints. A writer without `writableLength` is taken to be always empty. */
  readonly stderr: Pick<Writable, 'write'> & Partial<Pick<Writable, 'writableLength'>>;
}
