// What waits at the vault, gathered into the next group: round robin over the rings of the
// producers, in the order of each, until the group is full or nothing waits. No timer: a group is
// what arrived while the one before was written.

import { assert } from '../assert.ts';
import type { ThreadRing } from '../memory/thread-ring.ts';
import type { ByteView } from './byte-view.ts';
import { GroupPlan } from './group-plan.ts';
import { PendingEntry, VaultLogId } from './hand-over.ts';

/** Of the record `append`. */
const slabWord = 0;
const masksWord = 1;
const logWord = 2;
const tagWord = 3;
const recordWords = 8;

/** A slab number is its place in the arena divided by this; the entry header stands there. */
export const slabNumberBytes = 64;
/** Of the field `body length` in an entry header. */
const bodyLengthOffsetBytes = 32;

/** Who may not have more of the vault. */
export interface IntakeGate {
  /** Answers the entry, if so; it is no part of a group then. */
  refuses(entry: PendingEntry): boolean;
}

export class GroupIntake {
  readonly plan = new GroupPlan();
  readonly #rings: readonly ThreadRing[];
  readonly #arena: ByteView;
  readonly #gate: IntakeGate | undefined;
  readonly #entries: PendingEntry[];
  readonly #record = new Uint32Array(recordWords);
  #count = 0;
  /** From the rings, for this group; what was refused is answered, and may come again at once. */
  #takenCount = 0;
  #log: VaultLogId = VaultLogId.Main;
  /** Behind the count stands one that was taken from its ring and did not fit. */
  #hasCarried = false;
  #nextRing = 0;

  /** The rings in the order of the producers. Without a gate all may have everything. */
  constructor(rings: readonly ThreadRing[], arena: ByteView, gate?: IntakeGate) {
    this.#rings = rings;
    this.#arena = arena;
    this.#gate = gate;
    const countMax = rings.reduce((sum, ring) => sum + ring.capacity, 0);
    this.#entries = Array.from({ length: countMax + 1 }, () => new PendingEntry());
  }

  /** The group; only the first `count` count. */
  get entries(): readonly PendingEntry[] {
    return this.#entries;
  }

  get count(): number {
    return this.#count;
  }

  /** All entries of a group go to the same log. */
  get log(): VaultLogId {
    return this.#log;
  }

  /** Something waits, in a ring or left over from the group before. */
  get waits(): boolean {
    return this.#hasCarried || this.#rings.some((ring) => ring.length > 0);
  }

  /** Forgets the group before and gathers the next; false: there is nothing to commit. */
  gather(): boolean {
    this.plan.clear();
    this.#takenCount = 0;
    this.#carryOver();
    let emptyInARow = 0;
    while (emptyInARow < this.#rings.length && !this.#hasCarried && !this.#isFull) {
      const ringIndex = this.#nextRing;
      this.#nextRing = (ringIndex + 1) % this.#rings.length;
      emptyInARow = this.#takeFrom(ringIndex) ? 0 : emptyInARow + 1;
    }
    return this.#count > 0;
  }

  get #isFull(): boolean {
    return Math.max(this.#count, this.#takenCount) === this.#entries.length - 1;
  }

  #carryOver(): void {
    const carried = this.#count;
    this.#count = 0;
    if (!this.#hasCarried) return;
    this.#hasCarried = false;
    const first = this.#entries[0]!; // never empty
    this.#entries[0] = this.#entries[carried]!; // stands behind the group before
    this.#entries[carried] = first;
    this.#add(this.#entries[0]);
    assert(this.#count === 1, 'an empty group takes any entry');
  }

  /** False: the ring is empty. */
  #takeFrom(ringIndex: number): boolean {
    if (!this.#rings[ringIndex]!.pop(this.#record)) return false; // inside: checked by the caller
    const entry = this.#entries[this.#count]!; // not full: checked by the caller
    this.#takenCount += 1;
    const slab = this.#record[slabWord]!;
    const masks = this.#record[masksWord]!;
    entry.slab = slab;
    entry.producer = ringIndex;
    entry.heldMask = masks & 0xffff;
    entry.settledMask = masks >>> 16;
    entry.tag = this.#record[tagWord]!;
    entry.log = this.#record[logWord] === VaultLogId.DeadLetter ? 1 : 0;
    const lengthAt = slab * slabNumberBytes + bodyLengthOffsetBytes;
    entry.bodySizeBytes = this.#arena.view.getUint32(lengthAt, true);
    if (!this.#gate?.refuses(entry)) this.#add(entry);
    return true;
  }

  #add(entry: PendingEntry): void {
    const fits =
      (this.#count === 0 || entry.log === this.#log) && this.plan.add(entry.bodySizeBytes);
    if (fits) {
      this.#log = entry.log;
      this.#count += 1;
    } else this.#hasCarried = true;
  }
}
