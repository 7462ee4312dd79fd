// A redrive or a purge of dead letters, as people read it and as programs get it.

import type { DeadLetterOutcome } from '../generated/gophership/control/v1/letters_pb.js';
import { printable } from '../tls/printable.ts';
import type { LettersFlags, LettersVerb } from './letters-flags.ts';
import { countText, sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';

export function choiceText({ from, to, beforeMs }: LettersFlags): string {
  const parts = [
    ...(from === undefined ? [] : [`from ${from} on`]),
    ...(to === undefined ? [] : [`up to ${to}`]),
    ...(beforeMs === undefined ? [] : [`received before ${new Date(beforeMs).toISOString()}`]),
  ];
  return parts.length === 0 ? 'all dead letters' : `dead letters ${parts.join(', ')}`;
}

/** For whoever has to say yes to it. */
export function planLines(
  verb: LettersVerb,
  address: string,
  choice: string,
  plan: DeadLetterOutcome,
  reason: string | undefined,
): string[] {
  const { letters, bytes, waitingLetters } = plan;
  const all = `${countText(letters)} of ${countText(waitingLetters)}`;
  return [
    `${verb} on ${address}: ${choice}`,
    `${all} letters, ${recordsText(plan)} records, ${sizeText(bytes)}: ${reasonsText(plan)}`,
    verb === 'redrive'
      ? 'they go into the vault, and from there to the destinations that refused them'
      : 'they are deleted for good, and delivered nowhere',
    ...notes(verb, plan),
    ...(reason === undefined ? [] : [`reason: ${reason}`]),
  ];
}

export function outcomeTable(
  verb: LettersVerb,
  outcome: DeadLetterOutcome,
  dryRun: boolean,
): string {
  const { letters, bytes, firstEntrySeq, lastEntrySeq, waitingLetters } = outcome;
  const range = firstEntrySeq === undefined ? '-' : `${firstEntrySeq} to ${lastEntrySeq}`;
  const head = dryRun ? `WOULD ${verb.toUpperCase()}` : doneWord[verb];
  const table = columns(
    [head, 'ENTRIES', 'RECORDS', 'SIZE', 'REASONS', dryRun ? 'THERE' : 'LEFT'],
    [
      [
        ...[countText(letters), range, recordsText(outcome), sizeText(bytes)],
        ...[reasonsText(outcome), countText(waitingLetters)],
      ],
    ],
  );
  const lines = notes(verb, outcome).map((line) => `${printable(line)}\n`);
  return `${table}${lines.join('')}`;
}

export function outcomeValue(outcome: DeadLetterOutcome) {
  const { $typeName: _, $unknown: __, reasons, firstEntrySeq, lastEntrySeq, ...rest } = outcome;
  return {
    ...rest,
    firstEntrySeq: firstEntrySeq ?? null,
    lastEntrySeq: lastEntrySeq ?? null,
    reasons: Object.fromEntries(reasons.map(({ reason, letters }) => [reason, letters])),
  };
}

const doneWord = { redrive: 'REDRIVEN', purge: 'PURGED' } as const;

function notes(verb: LettersVerb, outcome: DeadLetterOutcome): string[] {
  const { damagedLetters, tooLargeLetters, duplicates, stopped, stoppedCode } = outcome;
  const fate = verb === 'redrive' ? 'they stay' : 'they go as well, unless it is for a time';
  return [
    ...(damagedLetters === 0 ? [] : [`${countText(damagedLetters)} cannot be read: ${fate}`]),
    ...(tooLargeLetters === 0
      ? []
      : [`${countText(tooLargeLetters)} are larger than a batch may be: ${fate}`]),
    ...(duplicates === 0
      ? []
      : [
          `duplicates: ${countText(duplicates)}, since destinations may have them, or parts of them`,
        ]),
    ...(stopped === '' ? [] : [`stopped: ${stoppedCode}: ${stopped}`]),
  ];
}

function recordsText({ recordsMin, uncountedLetters }: DeadLetterOutcome): string {
  return `${uncountedLetters > 0 ? 'at least ' : ''}${countText(recordsMin)}`;
}

function reasonsText({ reasons }: DeadLetterOutcome): string {
  if (reasons.length === 0) return '-';
  return reasons.map(({ reason, letters }) => `${countText(letters)} ${reason}`).join(', ');
}
