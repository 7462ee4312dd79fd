// All that the shards, the vault thread and the replay thread say to each other: the rings between
// them, and what each side is woken by. What the records mean is written in vault/hand-over.ts.
//
//   shard ──toVault──▶ vault thread ──vaultToReplay──▶ replay thread ──fromReplay──▶ shard
//         ◀─fromVault─              ◀─replayToVault──                ◀──toReplay────
//
// Layout, each a whole number of cache lines, in this order: both doorbells, two wake flags a
// shard, the four rings of each shard, the replay thread's two rings for dead letters, the two
// large rings.

import { assert } from '../assert.ts';
import { Doorbell, doorbellSizeBytes } from './doorbell.ts';
import type { Region } from './region.ts';
import { ThreadRing, threadRingSizeBytes } from './thread-ring.ts';
import { WakeFlag, wakeFlagSizeBytes } from './wake-flag.ts';

/** Also how many appends a producer may have out, so that the answers always fit. */
export const linkRecordsMax = 1_024;

/** Between vault and replay thread: the notices and settles of all shards and consumers. */
export const settleRecordsMax = 4_096;

export function vaultLinksSizeBytes(shardCount: number): number {
  return (
    2 * doorbellSizeBytes +
    shardCount * 2 * wakeFlagSizeBytes +
    (shardCount * 4 + 2) * threadRingSizeBytes(linkRecordsMax) +
    2 * threadRingSizeBytes(settleRecordsMax)
  );
}

interface ShardLinks {
  readonly toVault: ThreadRing;
  readonly fromVault: ThreadRing;
  readonly toReplay: ThreadRing;
  readonly fromReplay: ThreadRing;
  readonly vaultFlag: WakeFlag;
  readonly replayFlag: WakeFlag;
}

export class VaultLinks {
  /** The vault thread sleeps on it. */
  readonly vaultBell: Doorbell;
  /** The replay thread sleeps on it. */
  readonly replayBell: Doorbell;
  readonly vaultToReplay: ThreadRing;
  readonly replayToVault: ThreadRing;
  readonly #shards: readonly ShardLinks[];
  readonly #deadLettersToVault: ThreadRing;
  readonly #deadLettersFromVault: ThreadRing;

  /** Attaches to the links. Zeroed memory is one where nobody has said anything. */
  constructor(buffer: SharedArrayBuffer, region: Region, shardCount: number) {
    assert(shardCount >= 1, 'no shard');
    assert(region.sizeBytes >= vaultLinksSizeBytes(shardCount), 'region too small for the links');
    let endBytes = region.offsetBytes;
    const take = (sizeBytes: number): number => {
      const offsetBytes = endBytes;
      endBytes += sizeBytes;
      return offsetBytes;
    };
    const bell = () => new Doorbell(buffer, take(doorbellSizeBytes));
    const flag = () => new WakeFlag(buffer, take(wakeFlagSizeBytes));
    const ring = (capacity: number) =>
      new ThreadRing(buffer, take(threadRingSizeBytes(capacity)), capacity);
    this.vaultBell = bell();
    this.replayBell = bell();
    this.#shards = Array.from({ length: shardCount }, () => ({
      vaultFlag: flag(),
      replayFlag: flag(),
      toVault: ring(linkRecordsMax),
      fromVault: ring(linkRecordsMax),
      toReplay: ring(linkRecordsMax),
      fromReplay: ring(linkRecordsMax),
    }));
    this.#deadLettersToVault = ring(linkRecordsMax);
    this.#deadLettersFromVault = ring(linkRecordsMax);
    this.vaultToReplay = ring(settleRecordsMax);
    this.replayToVault = ring(settleRecordsMax);
    assert(endBytes - region.offsetBytes === vaultLinksSizeBytes(shardCount), 'links off size');
  }

  /** Shards, and one more for the dead letters of the replay thread. */
  get producerCount(): number {
    return this.#shards.length + 1;
  }

  /** Appends. Producers are the shards by their index, then the replay thread. */
  toVault(producer: number): ThreadRing {
    if (producer === this.#shards.length) return this.#deadLettersToVault;
    return this.#shard(producer).toVault;
  }

  /** Answers to a producer's appends. */
  fromVault(producer: number): ThreadRing {
    if (producer === this.#shards.length) return this.#deadLettersFromVault;
    return this.#shard(producer).fromVault;
  }

  /** What became of a shard's entries. */
  toReplay(shardIndex: number): ThreadRing {
    return this.#shard(shardIndex).toReplay;
  }

  /** Entries for a shard to send. */
  fromReplay(shardIndex: number): ThreadRing {
    return this.#shard(shardIndex).fromReplay;
  }

  /** The vault thread raises it after answers to the shard. */
  vaultFlag(shardIndex: number): WakeFlag {
    return this.#shard(shardIndex).vaultFlag;
  }

  /** The replay thread raises it after entries for the shard. */
  replayFlag(shardIndex: number): WakeFlag {
    return this.#shard(shardIndex).replayFlag;
  }

  #shard(shardIndex: number): ShardLinks {
    const shard = this.#shards[shardIndex];
    assert(shard !== undefined, 'no such shard');
    return shard;
  }
}
