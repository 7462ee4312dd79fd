// Who may not have more of the main log: a producer with its share, where a full vault refuses
// producers; a redrive that somebody's batches would be dropped for, where it drops the oldest.

import type { GroupAnswers } from './group-answers.ts';
import type { IntakeGate } from './group-intake.ts';
import { type PendingEntry, VaultAnswer, VaultLogId } from './hand-over.ts';
import { IdentityGate, type IdentityShare } from './identity-share.ts';
import type { LogWriter } from './log-writer.ts';
import type { VaultSpace } from './space.ts';

export interface GateParts {
  /** Undefined: nobody is refused for what others may want. */
  readonly share: IdentityShare | undefined;
  /** Undefined: nothing is ever dropped. */
  readonly dropOldest: unknown;
  readonly links: { readonly producerCount: number };
  hasRoomToSpare(): boolean;
}

/** Undefined: all may have everything. */
export function intakeGate(
  { share, dropOldest, links, hasRoomToSpare }: GateParts,
  answers: Pick<GroupAnswers, 'answer'>,
): IntakeGate | undefined {
  if (share !== undefined) return new IdentityGate(share, answers);
  // The replay thread is the last of the producers.
  const replay = links.producerCount - 1;
  return dropOldest === undefined ? undefined : new RedriveGate(replay, hasRoomToSpare, answers);
}

/** Beside the reserve: the next segment of those who send, and another one. */
export function hasRoomToSpare(
  { spareBytes }: Pick<LogWriter, 'spareBytes'>,
  space: VaultSpace,
  segmentSizeBytes: number,
): boolean {
  const freeBytes = space.limitBytes - space.usedBytes + spareBytes;
  return freeBytes >= 3 * segmentSizeBytes && space.fileSystemAllows(segmentSizeBytes);
}

/** Answers Full to a redrive before the log is. */
class RedriveGate implements IntakeGate {
  readonly #replay: number;
  readonly #hasRoom: () => boolean;
  readonly #answers: Pick<GroupAnswers, 'answer'>;
  readonly #refused: PendingEntry[] = [];

  constructor(replay: number, hasRoom: () => boolean, answers: Pick<GroupAnswers, 'answer'>) {
    this.#replay = replay;
    this.#hasRoom = hasRoom;
    this.#answers = answers;
  }

  refuses(entry: PendingEntry): boolean {
    // Of the main log it appends nothing else.
    const isRedriven = entry.producer === this.#replay && entry.log === VaultLogId.Main;
    if (!isRedriven || this.#hasRoom()) return false;
    this.#refused[0] = entry;
    this.#answers.answer(this.#refused, 1, VaultAnswer.Full);
    return true;
  }
}
