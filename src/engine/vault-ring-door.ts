// The door to the vault thread: appends go into one ring, answers come out of another. Never more
// appends are out than the answers' ring holds; what is beyond waits here, in its slab, unanswered.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { Doorbell } from '../memory/doorbell.ts';
import { ringRecordWords, type ThreadRing } from '../memory/thread-ring.ts';
import type { WakeFlag } from '../memory/wake-flag.ts';
import {
  DoneKind,
  masksWord,
  sequenceOf,
  type VaultAnswer,
  VaultLogId,
} from '../vault/hand-over.ts';
import type { EntryStamp } from './entry-stamp.ts';
import { OutEntries } from './out-entries.ts';
import type { ReplayLine } from './replay-line.ts';
import { type VaultDoor, type VaultEntry, VaultReadiness } from './vault-door.ts';

export interface VaultRingDoorParts {
  readonly clock: Clock;
  readonly stamp: EntryStamp;
  readonly toVault: ThreadRing;
  readonly fromVault: ThreadRing;
  readonly bell: Doorbell;
  /** The vault thread raises it when answers wait. */
  readonly flag: WakeFlag;
  readonly replay: ReplayLine;
  /** What the vault says about itself; Takes or one of the refusals. */
  state(): VaultReadiness;
}

/** An append that waits longer says that the vault is slower than what comes (design: pivot). */
export const behindMs = 50;

export class VaultRingDoor implements VaultDoor {
  readonly #parts: VaultRingDoorParts;
  /** In the ring or with the vault thread. */
  readonly #out: OutEntries;
  readonly #waiting: VaultEntry[] = [];
  readonly #record = new Uint32Array(ringRecordWords);
  #ringIsDue = false;
  #outBytes = 0;

  constructor(parts: VaultRingDoorParts) {
    this.#parts = parts;
    this.#out = new OutEntries(Math.min(parts.toVault.capacity, parts.fromVault.capacity));
  }

  get readiness(): VaultReadiness {
    const state = this.#parts.state();
    if (state !== VaultReadiness.Takes) return state;
    if (this.#out.isFull) return VaultReadiness.Behind;
    const isBehind = this.#parts.clock.nowMs() - this.#out.oldestMs > behindMs;
    return isBehind ? VaultReadiness.Behind : VaultReadiness.Takes;
  }

  get outBytes(): number {
    return this.#outBytes;
  }

  append(entry: VaultEntry): void {
    this.#outBytes += entry.bodyLengthBytes;
    this.#parts.stamp.write(entry);
    // The entries of a producer are read back in the order of append().
    if (this.#waiting.length > 0 || this.#out.isFull) this.#waiting.push(entry);
    else this.#push(entry);
    this.#ringLater();
  }

  settled(entrySeq: number, consumer: number, rejectedRecords: number): void {
    this.#parts.replay.live(DoneKind.LiveSettled, consumer, entrySeq, rejectedRecords);
  }

  released(entrySeq: number, consumer: number): void {
    this.#parts.replay.live(DoneKind.LiveReleased, consumer, entrySeq, 0);
  }

  /** The message of the vault thread has come: answers wait. */
  wake(): void {
    const { flag, fromVault } = this.#parts;
    flag.lower();
    const record = this.#record;
    while (fromVault.pop(record)) {
      const answer = record[1] as VaultAnswer; // the vault thread writes nothing else there
      const entry = this.#out.take(record[4]!); // of eight words
      assert(entry.slab === record[0], 'answer for another slab');
      this.#answer(entry, answer, sequenceOf(record[2]!, record[3]!));
    }
    this.#pushWaiting();
  }

  // Once a turn of the event loop, when all sockets that had something were read: the vault thread
  // would begin a group with the first entry alone, and each group costs a write and a sync.
  #ringLater(): void {
    if (this.#ringIsDue) return;
    this.#ringIsDue = true;
    setImmediate(() => {
      this.#ringIsDue = false;
      this.#parts.bell.ring();
    });
  }

  #pushWaiting(): void {
    if (this.#waiting.length === 0) return;
    let pushed = 0;
    while (pushed < this.#waiting.length && !this.#out.isFull) {
      this.#push(this.#waiting[pushed]!); // inside: below the length
      pushed += 1;
    }
    this.#waiting.splice(0, pushed);
    this.#parts.bell.ring();
  }

  #push(entry: VaultEntry): void {
    const { slab, heldMask, settledMask } = entry;
    entry.handedMs = this.#parts.clock.nowMs();
    const tag = this.#out.put(entry);
    const masks = masksWord(heldMask, settledMask);
    const pushed = this.#parts.toVault.push(slab, masks, VaultLogId.Main, tag);
    assert(pushed, 'ring full, but fewer appends out than it holds');
  }

  #answer(entry: VaultEntry, answer: VaultAnswer, entrySeq: number): void {
    this.#outBytes -= entry.bodyLengthBytes;
    entry.vaultAnswered(answer, entrySeq);
  }
}
