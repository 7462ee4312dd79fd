// A redrive or a purge of dead letters, as people read it and as programs get it.

import type { DeadLetterOutcome } from '../generated/gophership/control/v1/letters_pb.js';
import { printable } from '../tls/printable.ts';
import type { LettersFlags, LettersVerb } from './letters-flags.ts';
import { countOf, countText, sizeText } from './quantity-text.ts';
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
  const all = `${countText(letters)} of ${countOf(waitingLetters, 'letter')}`;
  const records = `${atLeast(plan)}${countOf(plan.recordsMin, 'record')}`;
  return [
    `${verb} on ${address}: ${choice}`,
    `${all}, ${records}, ${sizeText(bytes)}: ${reasonsText(plan)}`,
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
  if (isNothing(outcome)) return nothingText(verb, waitingLetters);
  const range = firstEntrySeq === undefined ? '-' : `${firstEntrySeq} to ${lastEntrySeq}`;
  const head = dryRun ? `WOULD ${verb.toUpperCase()}` : doneWord[verb];
  const headings = [head, 'ENTRIES', 'RECORDS', 'SIZE', 'REASONS', dryRun ? 'THERE' : 'LEFT'];
  const row = [
    ...[countText(letters), range, `${atLeast(outcome)}${countText(outcome.recordsMin)}`],
    ...[sizeText(bytes), reasonsText(outcome), countText(waitingLetters)],
  ];
  const table = columns(headings, [row]);
  const lines = notes(verb, outcome).map((line) => `${printable(line)}\n`);
  return `${table}${lines.join('')}`;
}

/** Nothing of what was named is there, and nothing was in the way. */
export function isNothing(outcome: DeadLetterOutcome): boolean {
  const { letters, damagedLetters, tooLargeLetters, stopped } = outcome;
  return letters + damagedLetters + tooLargeLetters === 0 && stopped === '';
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

function nothingText(verb: LettersVerb, waitingLetters: number): string {
  const others = `: none of ${countOf(waitingLetters, 'dead letter')} is meant`;
  return `nothing to ${verb}${waitingLetters === 0 ? '' : others}\n`;
}

const doneWord = { redrive: 'REDRIVEN', purge: 'PURGED' } as const;

function notes(verb: LettersVerb, outcome: DeadLetterOutcome): string[] {
  const { damagedLetters, tooLargeLetters, duplicates, stopped, stoppedCode } = outcome;
  return [
    ...(damagedLetters === 0
      ? []
      : [`${countText(damagedLetters)} cannot be read: ${fateText(verb, damagedLetters)}`]),
    ...(tooLargeLetters === 0
      ? []
      : [
          `${countOf(tooLargeLetters, 'is', 'are')} larger than a batch may be: ` +
            fateText(verb, tooLargeLetters),
        ]),
    ...(duplicates === 0
      ? []
      : [
          `duplicates: ${countText(duplicates)}, since destinations may have them, or parts of them`,
        ]),
    ...(stopped === '' ? [] : [`stopped: ${stoppedCode}: ${stopped}`]),
  ];
}

function fateText(verb: LettersVerb, count: number): string {
  const isOne = count === 1;
  if (verb === 'redrive') return isOne ? 'it stays' : 'they stay';
  return `${isOne ? 'it goes' : 'they go'} as well, unless --before names a time`;
}

/** Where not all were counted. */
function atLeast({ uncountedLetters }: DeadLetterOutcome): string {
  return uncountedLetters > 0 ? 'at least ' : '';
}

function reasonsText({ reasons }: DeadLetterOutcome): string {
  if (reasons.length === 0) return '-';
  return reasons.map(({ reason, letters }) => `${countText(letters)} ${reason}`).join(', ');
}
