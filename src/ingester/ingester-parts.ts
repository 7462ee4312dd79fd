// What every call of a shard's receiver shares, made once by the listener.

import type { Clock } from '../clock.ts';
import type { MemoryConfig } from '../config/config.ts';
import type { ShardCounters } from '../memory/state-page.ts';
import type { Admission, Slabs } from './admission.ts';
import type { CallWatch } from './call-watch.ts';
import type { Decompression } from './decompression.ts';
import type { AcceptCall } from './ingest-call.ts';

export interface IngesterParts {
  readonly memory: Pick<MemoryConfig, 'stallTimeoutMs' | 'admissionTimeoutMs'>;
  readonly messageSizeBytesMax: number;
  readonly slabs: Slabs;
  /** The arena. */
  readonly bytes: Uint8Array;
  readonly counters: ShardCounters;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly decompression: Decompression;
  readonly watch: CallWatch;
  readonly accept: AcceptCall;
}
