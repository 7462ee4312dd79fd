// What one shard counts by who sent it. A source is the authenticated identity of a producer. The
// first 63 have a slot each, all others share the last, so that no crowd of certificates takes more
// than this; a slot is kept for good, because its counts are part of the books.
//
// Slot, 8 bytes a word: 0 length of the name, 1 to 16 its first 128 bytes in UTF-8, then the words
// of SourceCounter.

import { assert } from '../assert.ts';

/** Monotonic. In batches, unless they say otherwise. */
export const SourceCounter = {
  Received: 0,
  Acked: 1,
  /** Received whole, and answered with an error. */
  Refused: 2,
  /** Received whole; the producer had gone before the answer. */
  Gone: 3,
  ReceivedBytes: 4,
  AckedRecords: 5,
} as const;
export type SourceCounter = (typeof SourceCounter)[keyof typeof SourceCounter];

/** With the one that others share. */
export const sourcesMax = 64;

const wordSizeBytes = 8;
const nameWords = 16;
const nameSizeBytesMax = nameWords * wordSizeBytes;
const countersAt = 1 + nameWords;
const counterCount = Object.keys(SourceCounter).length;
const slotWords = countersAt + counterCount;
const othersSlot = sourcesMax - 1;

export const sourceWords = sourcesMax * slotWords;

/** The writer's side. */
export class SourceCounters {
  readonly #words: Float64Array;
  readonly #slots = new Map<string, number>();
  /** Of one batch it is asked more than once. */
  #lastName = '';
  #lastSlot = othersSlot;

  constructor(words: Float64Array) {
    assert(words.length === sourceWords, 'not the counters of sources');
    this.#words = words;
  }

  slotOf(name: string): number {
    if (name === this.#lastName) return this.#lastSlot;
    this.#lastName = name;
    this.#lastSlot = this.#slots.get(name) ?? this.#newSlot(name);
    return this.#lastSlot;
  }

  add(slot: number, counter: SourceCounter, amount: number): void {
    this.#words[slot * slotWords + countersAt + counter]! += amount; // every slot has all words
  }

  /** A name of nothing is nobody's in particular. */
  #newSlot(name: string): number {
    const slot = this.#slots.size;
    if (slot === othersSlot || name === '') return othersSlot;
    this.#slots.set(name, slot);
    const bytes = Buffer.from(name).subarray(0, nameSizeBytesMax);
    const at = slot * slotWords;
    nameBytes(this.#words, at).set(bytes);
    this.#words[at] = bytes.length;
    return slot;
  }
}

export interface SourceCounts {
  /** Empty: all that have no slot of their own. */
  readonly name: string;
  /** By SourceCounter. */
  readonly counts: readonly number[];
}

/** Those of all shards together, by name. */
export function readSources(shards: readonly Float64Array[]): SourceCounts[] {
  const byName = new Map<string, number[]>();
  for (const words of shards) {
    assert(words.length === sourceWords, 'not the counters of sources');
    for (let slot = 0; slot < sourcesMax; slot += 1) {
      const at = slot * slotWords;
      const counts = [...words.subarray(at + countersAt, at + slotWords)];
      const name = nameAt(words, at);
      if (name === '' && counts.every((count) => count === 0)) continue;
      const known = byName.get(name);
      byName.set(
        name,
        known === undefined ? counts : known.map((sum, word) => sum + counts[word]!),
      ); // same length
    }
  }
  return [...byName].map(([name, counts]) => ({ name, counts }));
}

function nameAt(words: Float64Array, at: number): string {
  const lengthBytes = words[at]!; // inside
  // A copy, and what was cut inside of a character is no reason to fail.
  return Buffer.from(nameBytes(words, at).slice(0, lengthBytes)).toString();
}

function nameBytes(words: Float64Array, at: number): Uint8Array {
  const { buffer, byteOffset } = words;
  return new Uint8Array(buffer, byteOffset + (at + 1) * wordSizeBytes, nameSizeBytesMax);
}
