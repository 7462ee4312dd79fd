// What consumers share in one turn of the replay thread.

import type { DurableEnd } from '../memory/vault-page.ts';
import type { FaultRead, LostRead } from '../vault/log-read.ts';
import type { ByteAllowance } from './byte-allowance.ts';
import type { RingOut } from './settle-outbox.ts';

export interface ReplayTurn {
  readonly nowMs: number;
  /** Read before the notices of the vault thread were: what is below may be looked at. */
  readonly end: DurableEnd;
  /** Bytes that may be handed out, of all consumers. */
  readonly allowance: ByteAllowance;
}

export interface ReplayOutput {
  /** Entries for a shard. */
  delivery(shard: number): RingOut;
  /** The shard is told once the turn is over. */
  wakeShard(shard: number): void;
  /** A destination has an entry of this many decompressed bytes. */
  countReplayed(sizeBytes: number): void;
  /** Sent again although the destination has it, as far as is known. */
  countDuplicates(count: number): void;
  /** Larger than the room of its consumer: from a time when messages could be larger. */
  cannotHold(consumer: number, entrySeq: number, sizeBytes: number): void;
  /** It is tried again later, and nothing is lost by that. */
  cannotRead(consumer: number, read: FaultRead): void;
  /** For the vault thread, which copies the evidence. */
  damaged(lost: LostRead): void;
}
