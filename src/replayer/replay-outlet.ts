// Everything that goes out of the replay thread, and who has to be woken for it: once a turn,
// however much it was. Damage that several consumers meet is told once.

import type { FaultRead, LostRead } from '../vault/log-read.ts';
import type { ReplayOutput } from './replay-turn.ts';
import type { RingOut } from './settle-outbox.ts';

export interface OutletParts {
  /** Entries for a shard, by shard. */
  readonly deliveries: readonly RingOut[];
  /** To the vault thread. */
  readonly settles: RingOut;
  readonly letters: RingOut;
  wakeShard(shard: number): void;
  wakeVault(): void;
  reportDamage(lost: LostRead): void;
  countReplayed(sizeBytes: number): void;
  countDuplicates(count: number): void;
  cannotHold(consumer: number, entrySeq: number, sizeBytes: number): void;
  /** As often as it is tried: once a second. */
  cannotRead(consumer: number, read: FaultRead): void;
}

const reportedMax = 1_024;

export class ReplayOutlet implements ReplayOutput {
  readonly settles: RingOut;
  readonly letters: RingOut;
  readonly #parts: OutletParts;
  readonly #shardsToWake: boolean[];
  #isVaultToWake = false;
  readonly #reported = new Set<string>();

  constructor(parts: OutletParts) {
    this.#parts = parts;
    this.#shardsToWake = parts.deliveries.map(() => false);
    this.settles = this.#noting(parts.settles);
    this.letters = this.#noting(parts.letters);
  }

  delivery(shard: number): RingOut {
    return this.#parts.deliveries[shard]!; // one for each shard
  }

  wakeShard(shard: number): void {
    this.#shardsToWake[shard] = true;
  }

  countReplayed(sizeBytes: number): void {
    this.#parts.countReplayed(sizeBytes);
  }

  countDuplicates(count: number): void {
    this.#parts.countDuplicates(count);
  }

  cannotHold(consumer: number, entrySeq: number, sizeBytes: number): void {
    this.#parts.cannotHold(consumer, entrySeq, sizeBytes);
  }

  cannotRead(consumer: number, read: FaultRead): void {
    this.#parts.cannotRead(consumer, read);
  }

  damaged(lost: LostRead): void {
    const key = `${lost.segmentId} ${lost.offsetBytes} ${lost.fromEntrySeq}`;
    if (this.#reported.has(key)) return;
    // Telling it again is harmless.
    if (this.#reported.size >= reportedMax) this.#reported.clear();
    this.#reported.add(key);
    this.#parts.reportDamage(lost);
    this.#isVaultToWake = true;
  }

  /** At the end of a turn. */
  wake(): void {
    const shards = this.#shardsToWake;
    for (let shard = 0; shard < shards.length; shard += 1) {
      if (shards[shard]) this.#parts.wakeShard(shard);
      shards[shard] = false;
    }
    if (this.#isVaultToWake) this.#parts.wakeVault();
    this.#isVaultToWake = false;
  }

  #noting(ring: RingOut): RingOut {
    return {
      push: (w0, w1, w2, w3) => {
        const pushed = ring.push(w0, w1, w2, w3);
        this.#isVaultToWake ||= pushed;
        return pushed;
      },
    };
  }
}
