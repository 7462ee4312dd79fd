// What the main thread and a shard thread say to each other. Data never goes this way; batches stay
// in the arena of the shard that received them, and counters are read from the state page.

import type { Config, ZonesConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { ListenerPorts } from '../ingester/listener.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import type { TapOpening } from './shard-tap.ts';
import type { ShardWakePorts } from './vault-threads.ts';

/** Everything that a shard needs to start, as plain data. */
export interface ShardStart {
  readonly shardIndex: number;
  readonly config: Config;
  readonly memory: WebAssembly.Memory;
  readonly layout: ArenaLayout;
  /** From planEnrichment(): what to do to resource attributes. */
  readonly splicePlan: Uint8Array;
  /** The first shard binds the configured ports; the others bind what that one got. */
  readonly ports: ListenerPorts;
  /** Keys of session tickets are made from it, so that each shard can read those of the others. */
  readonly ticketSecret: Uint8Array;
  /** From the vault thread and the replay thread, whose rings it shall look at. */
  readonly wakePorts: ShardWakePorts | undefined;
  readonly version: string;
}

export type ToShard =
  /** Look at the certificate files now instead of at the next interval. */
  | { readonly kind: 'reload-certificates' }
  | { readonly kind: 'zones'; readonly zones: ZonesConfig }
  /** Somebody looks at what comes in, until the port is closed. */
  | ({ readonly kind: 'tap' } & TapOpening)
  /**
   * Stop accepting, finish what is in flight within this time, answer the rest DRAINING, then end.
   */
  | { readonly kind: 'drain'; readonly timeoutMs: number }
  /** A second signal: do not wait any longer. */
  | { readonly kind: 'drain-now' };

export type FromShard =
  | { readonly kind: 'listening'; readonly ports: ListenerPorts }
  /** The start failed for a reason that the operator can mend. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'drained'; readonly unanswered: number };
