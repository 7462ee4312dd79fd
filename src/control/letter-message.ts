// Dead letters that a request names, checked; what became of them as a message, and in words for
// the audit.

import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type DeadLetterChoice,
  type DeadLetterOutcome,
  DeadLetterOutcomeSchema,
} from '../generated/gophership/control/v1/letters_pb.js';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import type { LetterChoiceView, LetterOutcomeView } from './letters-view.ts';
import { timeText } from './replay-request.ts';

export type CheckedChoice = { readonly choice: LetterChoiceView } | { readonly fault: string };

export function checkedChoice(message: DeadLetterChoice | undefined): CheckedChoice {
  const { all = false, fromEntrySeq, toEntrySeq, receivedBefore } = message ?? {};
  const bounds = [fromEntrySeq, toEntrySeq, receivedBefore];
  const isBound = bounds.some((bound) => bound !== undefined);
  if (!all && !isBound) return { fault: 'say which letters, or that all of them are meant' };
  if (all && isBound) return { fault: 'all of them, or those with bounds, and not both' };
  if (!isSequence(fromEntrySeq) || !isSequence(toEntrySeq)) {
    return { fault: 'a number of a letter is a whole number from 0 to 9007199254740990' };
  }
  const fromSeq = fromEntrySeq ?? 0;
  const toSeq = toEntrySeq === undefined ? Number.POSITIVE_INFINITY : toEntrySeq + 1;
  if (fromSeq >= toSeq) return { fault: 'the range of letters is empty: it ends before it begins' };
  return { choice: { fromSeq, toSeq, receivedBeforeNs: receivedBefore && nsOf(receivedBefore) } };
}

/** For the audit. */
export function choiceText({ fromSeq, toSeq, receivedBeforeNs }: LetterChoiceView): string {
  const parts = [
    ...(fromSeq === 0 ? [] : [`from ${fromSeq} on`]),
    ...(toSeq === Number.POSITIVE_INFINITY ? [] : [`up to ${toSeq - 1}`]),
    ...(receivedBeforeNs === undefined ? [] : [`received before ${timeText(receivedBeforeNs)}`]),
  ];
  return parts.length === 0 ? 'all letters' : `letters ${parts.join(', ')}`;
}

export function outcomeMessage(outcome: LetterOutcomeView): DeadLetterOutcome {
  const { firstSeq, lastSeq, stopped, reasons } = outcome;
  return create(DeadLetterOutcomeSchema, {
    letters: outcome.letters,
    bytes: outcome.bodyBytes,
    recordsMin: outcome.recordsMin,
    uncountedLetters: outcome.uncountedLetters,
    damagedLetters: outcome.damagedLetters,
    tooLargeLetters: outcome.tooLargeLetters,
    duplicates: outcome.duplicates,
    reasons: reasons.map(({ reason, letters }) => ({ reason: reasonName(reason), letters })),
    ...(firstSeq < 0 ? {} : { firstEntrySeq: firstSeq, lastEntrySeq: lastSeq }),
    waitingLetters: outcome.waitingLetters,
    ...(stopped === undefined ? {} : { stopped: stopped.message, stoppedCode: stopped.code }),
  });
}

/** For the audit. */
export function outcomeText(verb: 'redriven' | 'purged', outcome: LetterOutcomeView): string {
  const { letters, damagedLetters, firstSeq, lastSeq, waitingLetters, stopped } = outcome;
  const range = letters === 0 ? '' : ` (${firstSeq} to ${lastSeq})`;
  const parts = [
    `${letters} ${letters === 1 ? 'letter' : 'letters'}${range} ${verb}`,
    ...(damagedLetters === 0 ? [] : [`${damagedLetters} cannot be read`]),
    `${waitingLetters} ${waitingLetters === 1 ? 'is' : 'are'} left`,
    ...(stopped === undefined ? [] : [stopped.message]),
  ];
  return parts.join('; ');
}

function reasonName(reason: number): string {
  const names = Object.entries(DeadLetterReason);
  return names.find(([, known]) => known === reason)?.[0] ?? String(reason);
}

function isSequence(seq: number | undefined): boolean {
  return seq === undefined || (Number.isSafeInteger(seq + 1) && seq >= 0);
}

function nsOf({ seconds, nanos }: Timestamp): bigint {
  return seconds * 1_000_000_000n + BigInt(nanos);
}
