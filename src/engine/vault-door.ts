// The vault as a shard sees it: a place that takes copies of batches, answers each when it is on
// disk or refused, and is told what became of those that the shard went on sending. The ring behind
// it is vault-ring-door.ts; tests have one that they script.

import { AssertionFailed } from '../assert.ts';
import type { VaultAnswer } from '../vault/hand-over.ts';

export const VaultReadiness = {
  /** There is no vault, or nothing that a vault could replay to. */
  Absent: 0,
  Takes: 1,
  /** Takes, but is slower than what comes: better somewhere else, if there is somewhere else. */
  Behind: 2,
  /** No space that it may use. */
  Full: 3,
  /** The disk refuses writes, or the lock is lost. */
  Failed: 4,
} as const;
export type VaultReadiness = (typeof VaultReadiness)[keyof typeof VaultReadiness];

/**
 * A batch on its way into the vault. From append() to vaultAnswered() its slab stays as it is: the
 * vault writes from there, the header in front of the body and the zeros behind it.
 */
export interface VaultEntry {
  readonly slab: number;
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  /** EntryKind and EntryCodec of the body, as it is in the slab. */
  readonly kind: number;
  readonly codec: number;
  /** On the monotonic clock. */
  readonly receivedMs: number;
  /** The authenticated identity; empty: unknown. */
  readonly producer: string;
  /** LogRecords, or recordsNotCounted. */
  readonly recordCount: number;
  /** Consumers that the shard sends it to itself, each followed by settled() or released(). */
  readonly heldMask: number;
  /** Consumers that have it. */
  readonly settledMask: number;
  /** The door's alone: when it handed the entry to the vault thread, monotonic. */
  handedMs: number;
  /** Exactly once, never inside append(). `entrySeq` counts only when it is Acked. */
  vaultAnswered(answer: VaultAnswer, entrySeq: number): void;
}

export interface VaultDoor {
  readonly readiness: VaultReadiness;
  /** Bodies of appends without an answer. */
  readonly outBytes: number;
  /** While it takes or is behind: never refused here, but it may have to wait for its turn. */
  append(entry: VaultEntry): void;
  /**
   * The held consumer got the entry from this shard, but for `rejectedRecords` that it refused for
   * good and the producer has not heard of.
   */
  settled(entrySeq: number, consumer: number, rejectedRecords: number): void;
  /** This shard will not send the entry to the held consumer any more. */
  released(entrySeq: number, consumer: number): void;
}

/** For an engine without one. */
export const noVault: VaultDoor = {
  readiness: VaultReadiness.Absent,
  outBytes: 0,
  append() {
    throw new AssertionFailed('append to a vault that is not there');
  },
  settled() {},
  released() {},
};
