// A VaultDoor whose every answer a test decides. Checks what a shard says about entries that it
// holds: once for each held consumer, and not before the entry has a number.

import { assert } from '../../src/assert.ts';
import { type VaultDoor, type VaultEntry, VaultReadiness } from '../../src/engine/vault-door.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';

/** `settled`, with the number of records that were refused if there were any, or `released`. */
export type HeldEnd = string;

export interface ScriptedAppend {
  readonly slab: number;
  readonly kind: number;
  readonly codec: number;
  readonly recordCount: number;
  readonly heldMask: number;
  readonly settledMask: number;
  readonly bodyLengthBytes: number;
  /** Undefined: not answered yet. */
  readonly answer: VaultAnswer | undefined;
  readonly entrySeq: number;
  /** By held consumer. */
  readonly ends: ReadonlyMap<number, HeldEnd>;
}

interface Append extends ScriptedAppend {
  readonly entry: VaultEntry;
  readonly ends: Map<number, HeldEnd>;
  answer: VaultAnswer | undefined;
  entrySeq: number;
}

export class ScriptedVault implements VaultDoor {
  readiness: VaultReadiness = VaultReadiness.Takes;
  readonly #appends: Append[] = [];
  #nextEntrySeq = 1_000;

  /** All that ever were, in order. */
  get appends(): readonly ScriptedAppend[] {
    return this.#appends;
  }

  get last(): ScriptedAppend {
    const append = this.#appends.at(-1);
    assert(append !== undefined, 'nothing was appended');
    return append;
  }

  /** Without an answer. */
  get open(): readonly ScriptedAppend[] {
    return this.#appends.filter(({ answer }) => answer === undefined);
  }

  get outBytes(): number {
    return this.open.reduce((sum, { bodyLengthBytes }) => sum + bodyLengthBytes, 0);
  }

  append(entry: VaultEntry): void {
    assert(
      this.readiness === VaultReadiness.Takes || this.readiness === VaultReadiness.Behind,
      'append to a vault that takes nothing',
    );
    assert(!this.open.some(({ slab }) => slab === entry.slab), 'slab appended twice');
    const { slab, kind, codec, recordCount, heldMask, settledMask, bodyLengthBytes } = entry;
    this.#appends.push({
      ...{ entry, slab, kind, codec, recordCount, heldMask, settledMask, bodyLengthBytes },
      answer: undefined,
      entrySeq: -1,
      ends: new Map(),
    });
  }

  /** To the oldest append without one, unless told otherwise. */
  answer(answer: VaultAnswer, which: ScriptedAppend | undefined = this.open[0]): void {
    const append = this.#appends.find((candidate) => candidate === which);
    assert(append !== undefined && append.answer === undefined, 'nothing to answer');
    append.answer = answer;
    if (answer === VaultAnswer.Acked) append.entrySeq = this.#nextEntrySeq++;
    append.entry.vaultAnswered(answer, append.entrySeq);
  }

  settled(entrySeq: number, consumer: number, rejectedRecords: number): void {
    const but = rejectedRecords === 0 ? '' : ` but ${rejectedRecords}`;
    this.#end(entrySeq, consumer, `settled${but}`);
  }

  released(entrySeq: number, consumer: number): void {
    this.#end(entrySeq, consumer, 'released');
  }

  #end(entrySeq: number, consumer: number, end: HeldEnd): void {
    const append = this.#appends.find((candidate) => candidate.entrySeq === entrySeq);
    assert(append !== undefined, 'said of an entry that is not there');
    assert((append.heldMask & (1 << consumer)) !== 0, 'said for a consumer that does not hold it');
    assert(!append.ends.has(consumer), 'said twice for one consumer');
    append.ends.set(consumer, end);
  }
}
