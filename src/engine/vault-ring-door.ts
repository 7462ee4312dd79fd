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

interface Append {
  readonly entry: VaultEntry;
  readonly handedMs: number;
}

export class VaultRingDoor implements VaultDoor {
  readonly #parts: VaultRingDoorParts;
  /** In the ring or with the vault thread, by slab, in the order of append(). */
  readonly #out = new Map<number, Append>();
  readonly #outMax: number;
  readonly #waiting: VaultEntry[] = [];
  readonly #record = new Uint32Array(ringRecordWords);
  #oldestMs = Infinity;
  #outBytes = 0;

  constructor(parts: VaultRingDoorParts) {
    this.#parts = parts;
    this.#outMax = Math.min(parts.toVault.capacity, parts.fromVault.capacity);
  }

  get readiness(): VaultReadiness {
    const state = this.#parts.state();
    if (state !== VaultReadiness.Takes) return state;
    if (this.#out.size >= this.#outMax) return VaultReadiness.Behind;
    const isBehind = this.#parts.clock.nowMs() - this.#oldestMs > behindMs;
    return isBehind ? VaultReadiness.Behind : VaultReadiness.Takes;
  }

  get outBytes(): number {
    return this.#outBytes;
  }

  append(entry: VaultEntry): void {
    this.#outBytes += entry.bodyLengthBytes;
    this.#parts.stamp.write(entry);
    // The entries of a producer are read back in the order of append().
    if (this.#waiting.length > 0 || this.#out.size >= this.#outMax) this.#waiting.push(entry);
    else this.#push(entry);
    // At once, not once a turn: while the vault thread is busy it costs two atomic instructions,
    // and while it sleeps the first entry of a turn need not wait for the last.
    this.#parts.bell.ring();
  }

  settled(entrySeq: number, consumer: number, rejectedRecords: number): void {
    this.#parts.replay.live(DoneKind.LiveSettled, consumer, entrySeq, rejectedRecords);
  }

  released(entrySeq: number, consumer: number): void {
    this.#parts.replay.live(DoneKind.LiveReleased, consumer, entrySeq, 0);
  }

  /** The message of the vault thread has come: answers wait. */
  wake(): void {
    const { flag, fromVault, bell } = this.#parts;
    flag.lower();
    const record = this.#record;
    while (fromVault.pop(record)) {
      const answer = record[1] as VaultAnswer; // the vault thread writes nothing else there
      this.#answer(record[0]!, answer, sequenceOf(record[2]!, record[3]!)); // of eight words
    }
    this.#oldestMs = this.#firstHandedMs();
    const pushCount = Math.min(this.#waiting.length, this.#outMax - this.#out.size);
    if (pushCount <= 0) return;
    for (const entry of this.#waiting.splice(0, pushCount)) this.#push(entry);
    bell.ring();
  }

  #push(entry: VaultEntry): void {
    const { slab, heldMask, settledMask } = entry;
    const handedMs = this.#parts.clock.nowMs();
    assert(!this.#out.has(slab), 'slab is with the vault already');
    if (this.#out.size === 0) this.#oldestMs = handedMs;
    this.#out.set(slab, { entry, handedMs });
    const pushed = this.#parts.toVault.push(
      slab,
      masksWord(heldMask, settledMask),
      VaultLogId.Main,
    );
    assert(pushed, 'ring full, but fewer appends out than it holds');
  }

  #answer(slab: number, answer: VaultAnswer, entrySeq: number): void {
    const append = this.#out.get(slab);
    assert(append !== undefined, 'answer to no append');
    // First: what hears the answer may give the slab back, and the next may be appended at once.
    this.#out.delete(slab);
    this.#outBytes -= append.entry.bodyLengthBytes;
    append.entry.vaultAnswered(answer, entrySeq);
  }

  #firstHandedMs(): number {
    for (const { handedMs } of this.#out.values()) return handedMs;
    return Infinity;
  }
}
