// What the main thread and the replay thread say to each other. Entries never go this way, nor do
// counters: they are in the rings and on the vault's page. Damage goes to the vault thread
// (vault-messages.ts).

import type { MessagePort } from 'node:worker_threads';
import type { Config, ReplayConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import type { ReplayAnswer, ReplayCommand } from '../replayer/replay-command.ts';
import type { PlanEnd } from '../replayer/replay-control.ts';
import type { CursorSnapshot } from '../vault/consumer-cursor.ts';

/** A required destination, as the replay thread has to know it. */
export interface ReplayConsumer {
  readonly id: string;
  /** Among all exporters: where its counters are on the state page. */
  readonly destinationIndex: number;
  /** Of its queue, in one shard. */
  readonly queueSizeBytesMax: number;
  readonly queueBatchesMax: number;
  /** How long its batcher may keep a batch. */
  readonly flushTimeoutMs: number;
  /** What the vault thread said when it was ready. */
  readonly cursor: CursorSnapshot;
}

/** Everything that the replay thread needs to start, as plain data. */
export interface ReplayStart {
  /** Of the vault. */
  readonly directory: string;
  /** What the vault thread found out when it was ready. */
  readonly direct: boolean;
  readonly vaultUuid: Uint8Array;
  readonly replay: ReplayConfig;
  readonly logs: Config['telemetry']['logs'];
  readonly memory: WebAssembly.Memory;
  readonly layout: ArenaLayout;
  readonly shardCount: number;
  /** In the order of their bits in held masks. */
  readonly consumers: readonly ReplayConsumer[];
  /** Largest body, compressed or not. */
  readonly messageSizeBytesMax: number;
  /** For each shard, to wake it up when entries wait for it. */
  readonly shardPorts: readonly MessagePort[];
  /** To the vault thread: DamageReport. */
  readonly vaultPort: MessagePort;
}

// Whoever sends one of these rings the replay thread's bell afterwards: it blocks.
export type ToReplay =
  /** `id` comes back with the answer. */
  | { readonly kind: 'command'; readonly id: number; readonly command: ReplayCommand }
  /** Hand nothing out any more, before the shards end: what they say is still passed on. */
  | { readonly kind: 'hold' }
  /**
   * As hold; then wait this long for what is out, pass all settles on, say `stopped`,
   * then end. The vault thread must still be there, the shards until they have answered.
   */
  | { readonly kind: 'stop'; readonly timeoutMs: number };

export type FromReplay =
  | { readonly kind: 'ready' }
  /** The start failed for a reason that the operator can mend. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: ReplayAnswer }
  /** What an operator had set is over, without a word of an operator. */
  | { readonly kind: 'ended'; readonly what: ReplayEnd; readonly usePercent: number }
  /** `outstanding`: handed out and not answered in time; they come again. */
  | { readonly kind: 'stopped'; readonly outstanding: number };

/** A pause, for a vault that is nearly full, or what was planned. */
export type ReplayEnd = 'pause' | PlanEnd;

/** On a shard's port: look at the ring of the replay thread. */
export type ReplayWake = { readonly kind: 'replay' };
