// What every call of a shard's receivers shares, over either transport, made once by the listener.

import type { Clock } from '../clock.ts';
import type { MemoryConfig } from '../config/config.ts';
import type { LandingPool } from '../memory/landing-pool.ts';
import type { ShardCounters } from '../memory/state-page.ts';
import type { Admission } from './admission.ts';
import type { CallWatch } from './call-watch.ts';
import type { Decompression } from './decompression.ts';
import type { AcceptCall, TakesRaw } from './ingest-call.ts';
import type { Slabs } from './slabs.ts';

export interface IngesterParts {
  readonly memory: Pick<MemoryConfig, 'stallTimeoutMs' | 'admissionTimeoutMs'>;
  readonly slabs: Slabs;
  /** The arena. */
  readonly bytes: Uint8Array;
  /** For what arrives while its message waits for a slab. */
  readonly landing: LandingPool;
  readonly counters: ShardCounters;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly decompression: Decompression;
  readonly watch: CallWatch;
  readonly accept: AcceptCall;
  readonly takesRaw: TakesRaw;
}
