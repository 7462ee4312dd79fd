// What follows a group: the replay thread hears of entries that others hold, their producers are
// answered, and only then is the new end of the log published. So nobody reads an entry before it
// is known who has it, and nobody who holds one lets go of it before that.

import { assert } from '../assert.ts';
import type { VaultLinks } from '../memory/vault-links.ts';
import { type DurableEnd, type VaultPage, VaultWord } from '../memory/vault-page.ts';
import { Zone, type ZoneWord } from '../memory/zone-word.ts';
import {
  highWord,
  lowWord,
  masksWord,
  NoticeKind,
  type PendingEntry,
  VaultAnswer,
} from './hand-over.ts';

interface Notice {
  readonly kind: NoticeKind;
  readonly entrySeq: number;
  readonly masks: number;
  /** Who is answered once the replay thread knows; nobody, if nobody waits. */
  readonly producer: number | undefined;
  readonly slab: number;
  readonly tag: number;
}

export class GroupAnswers {
  readonly #links: VaultLinks;
  readonly #page: VaultPage;
  readonly #zone: ZoneWord;
  /** Posts the message that wakes a producer with an event loop. */
  readonly #wake: (shardIndex: number) => void;
  readonly #answered: boolean[];
  /**
   * What did not fit the ring. Bounded by the appends that are out, each of which waits for its
   * answer, and one notice of what was dropped behind each of them.
   */
  readonly #notices: Notice[] = [];
  readonly #shardCount: number;
  #hasTold = false;

  constructor(
    links: VaultLinks,
    page: VaultPage,
    zone: ZoneWord,
    wake: (shardIndex: number) => void,
  ) {
    this.#links = links;
    this.#page = page;
    this.#zone = zone;
    this.#wake = wake;
    this.#answered = Array.from({ length: links.producerCount }, () => false);
    this.#shardCount = links.producerCount - 1;
  }

  /** The first `count` of `entries` get this answer; a producer is woken once for all of them. */
  answer(entries: readonly PendingEntry[], count: number, answer: VaultAnswer): void {
    for (let index = 0; index < count; index += 1) {
      const entry = entries[index]!; // inside: the count is that of the group
      const { producer, slab, tag, entrySeq } = entry;
      const masks = masksWord(entry.heldMask, entry.settledMask);
      if (answer === VaultAnswer.Acked && masks !== 0) {
        this.#notices.push({ kind: NoticeKind.Held, entrySeq, masks, producer, slab, tag });
      } else this.#answer(producer, slab, answer, entrySeq, tag);
    }
    if (answer === VaultAnswer.Full) this.#page.add(VaultWord.AnsweredFull, count);
    if (answer === VaultAnswer.ReadOnly) this.#page.add(VaultWord.AnsweredReadOnly, count);
    this.#tell();
    this.#wakeAnswered();
  }

  /** Every entry below is gone. */
  droppedBelow(entrySeq: number): void {
    const nobody = { producer: undefined, slab: 0, tag: 0 };
    // One says what those before it said: a replay thread that is stuck gathers none.
    if (this.#notices.at(-1)?.kind === NoticeKind.DroppedBelow) this.#notices.pop();
    this.#notices.push({ kind: NoticeKind.DroppedBelow, entrySeq, masks: 0, ...nobody });
  }

  /** False: the replay thread is behind with the notices, and the end stays where it was. */
  publish(end: DurableEnd): boolean {
    const { replayBell } = this.#links;
    this.#tell();
    this.#wakeAnswered();
    const isComplete = this.#notices.length === 0;
    if (isComplete) this.#page.publishEnd(end);
    // In Red nothing is replayed but what the vault has no room for, which it looks for by itself.
    // Waking it for every group would cost as much as writing a small one.
    if (this.#hasTold || this.#zone.get() !== Zone.Red) replayBell.ring();
    this.#hasTold = false;
    return isComplete;
  }

  /** As many notices as the ring takes, each followed by its answer. */
  #tell(): void {
    const { vaultToReplay } = this.#links;
    let told = 0;
    for (const { kind, entrySeq, masks, producer, slab, tag } of this.#notices) {
      if (!vaultToReplay.push(kind, lowWord(entrySeq), highWord(entrySeq), masks)) break;
      if (producer !== undefined) {
        this.#answer(producer, slab, VaultAnswer.Acked, entrySeq, tag);
      }
      told += 1;
    }
    if (told === 0) return;
    this.#notices.splice(0, told);
    this.#hasTold = true;
  }

  #answer(
    producer: number,
    slab: number,
    answer: VaultAnswer,
    entrySeq: number,
    tag: number,
  ): void {
    const ring = this.#links.fromVault(producer);
    const fits = ring.push(slab, answer, lowWord(entrySeq), highWord(entrySeq), tag);
    assert(fits, 'producer has more appends out than answers have room');
    this.#answered[producer] = true;
  }

  #wakeAnswered(): void {
    for (let producer = 0; producer < this.#answered.length; producer += 1) {
      if (this.#answered[producer] !== true) continue;
      this.#answered[producer] = false;
      // The replay thread sleeps on its bell, the shards have event loops.
      if (producer === this.#shardCount) this.#links.replayBell.ring();
      else if (this.#links.vaultFlag(producer).raise()) this.#wake(producer);
    }
  }
}
