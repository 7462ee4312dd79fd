// One identity fills at most 80 % of the vault, so that one producer whose batches nobody takes
// cannot keep all others out. Who has how much is estimated in bounded memory, from the entries
// that this process has written.

import { assert } from '../assert.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { entrySizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import type { GroupAnswers } from './group-answers.ts';
import type { IntakeGate } from './group-intake.ts';
import { type PendingEntry, VaultAnswer, VaultLogId } from './hand-over.ts';
import { identityOf } from './identity-share-key.ts';
import type { IdentityShareNews } from './identity-share-news.ts';
import { SegmentShares } from './identity-share-segments.ts';
import { IdentitySummary } from './identity-share-summary.ts';

export const identitySharePercent = 80;

/**
 * An identity is what producerHash says: a client certificate's, and one for all who have none.
 *
 * - A lone identity may use everything: until a second one is seen there is nobody to leave room
 *   for, and most hosts have one collector that would only lose a fifth of its vault.
 * - The second one finds a vault that the first may have filled: it gets in as soon as the replay
 *   makes room, because the first does not until it is below its share.
 * - Estimates are too low, by at most a fifteenth of what the others hold (IdentitySummary), a
 *   group, and what files have beside blocks. So nobody is refused too early.
 * - What lies in the vault from before the start counts for nobody: who wrote it stands in the
 *   entries alone, and reading them all would delay the start. It takes room, and goes first.
 */
export class IdentityShare {
  readonly limitBytes: number;
  readonly news: IdentityShareNews | undefined;
  readonly #area: ByteView;
  readonly #live = new IdentitySummary();
  readonly #finished = new SegmentShares();
  #liveSegmentId = 0;
  #liveEndBytes = 0;
  /** NaN: none was seen. */
  #firstIdentity = Number.NaN;
  #isLone = true;

  /** `roomBytes`: what entries can have of the vault's limit. */
  constructor(area: ByteView, roomBytes: number, news?: IdentityShareNews) {
    assert(roomBytes > 0, 'vault without room for entries');
    this.#area = area;
    this.news = news;
    this.limitBytes = (roomBytes * identitySharePercent) / 100;
  }

  /** Before an entry joins a group: its producer has its share already. */
  refuses(slab: number): boolean {
    const identity = identityOf(this.#area, slab);
    if (this.#isLone) {
      if (Number.isNaN(this.#firstIdentity)) this.#firstIdentity = identity;
      this.#isLone = this.#firstIdentity === identity;
      if (this.#isLone) return false;
    }
    // Nobody has more than these two together; mostly that is an answer.
    if (this.#finished.largestBytes + this.#live.totalBytes < this.limitBytes) return false;
    return this.sizeBytesOf(identity) >= this.limitBytes;
  }

  /** At least this much of the vault is the identity's. */
  sizeBytesOf(identity: number): number {
    return this.#live.sizeBytesOf(identity) + this.#finished.sizeBytesOf(identity);
  }

  /** The first `count` of `entries` are durable, up to `end`. */
  committed(entries: readonly PendingEntry[], count: number, end: DurableEnd): void {
    if (end.liveSegmentId !== this.#liveSegmentId) this.#begin(end.liveSegmentId);
    const storedBytes = end.endBytes - this.#liveEndBytes;
    assert(storedBytes > 0, 'group without bytes');
    this.#liveEndBytes = end.endBytes;
    let rawBytes = 0;
    for (let index = 0; index < count; index += 1) {
      rawBytes += entrySizeBytes(entries[index]!.bodySizeBytes); // inside the count
    }
    // Which of them compresses well only the group as a whole knows.
    const ratio = storedBytes / rawBytes;
    for (let index = 0; index < count; index += 1) {
      const { slab, bodySizeBytes } = entries[index]!;
      const sizeBytes = Math.round(entrySizeBytes(bodySizeBytes) * ratio);
      this.#live.add(identityOf(this.#area, slab), sizeBytes);
    }
  }

  /** Finished segments below `segmentId` are deleted. */
  keepFrom(segmentId: number): void {
    this.#finished.keepFrom(segmentId);
  }

  #begin(segmentId: number): void {
    assert(segmentId > this.#liveSegmentId, 'segments out of order');
    if (this.#live.count > 0) this.#finished.append(this.#liveSegmentId, this.#live);
    this.#live.clear();
    this.#liveSegmentId = segmentId;
    this.#liveEndBytes = 0;
  }
}

/** Answers Full to those that have their share. */
export class IdentityGate implements IntakeGate {
  readonly #share: IdentityShare;
  readonly #answers: Pick<GroupAnswers, 'answer'>;
  readonly #refused: PendingEntry[] = [];

  constructor(share: IdentityShare, answers: Pick<GroupAnswers, 'answer'>) {
    this.#share = share;
    this.#answers = answers;
  }

  refuses(entry: PendingEntry): boolean {
    // What no destination takes has its place among the dead letters, whoever sent it.
    if (entry.log !== VaultLogId.Main || !this.#share.refuses(entry.slab)) return false;
    this.#share.news?.refused(entry.slab);
    this.#refused[0] = entry;
    this.#answers.answer(this.#refused, 1, VaultAnswer.Full);
    return true;
  }
}
