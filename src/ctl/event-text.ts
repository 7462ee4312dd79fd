// Events of an engine: changes of its zone with the evidence, and what operators did. As objects
// for programs, and as a line each for people.

import type {
  Event,
  Evidence,
  Mutation,
  ZoneChange,
} from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import { spanText } from './status-table.ts';
import { plain, styled, type TextStyle } from './text-style.ts';
import { zoneStyle } from './zone-style.ts';
import { zoneTitle, zoneWord } from './zone-text.ts';
import { jsonNumber, msOf, timeOf } from './zone-value.ts';

export function eventValue({ time, event }: Event) {
  const at = timeOf(time);
  switch (event.case) {
    case 'zoneChange':
      return { kind: 'ZoneChange', time: at, ...changeValue(event.value) };
    case 'mutation':
      return { kind: 'Mutation', time: at, ...mutationValue(event.value) };
    default: // of a later engine
      return { kind: 'Unknown', time: at };
  }
}

/** Fixed columns, because later lines are not known yet; the last one is free. */
export const eventHeadings = `${'TIME'.padEnd(24)}  ${'EVENT'.padEnd(8)}  DETAIL\n`;

export function eventLine(event: Event, hasColours = false): string {
  const { kind, detail, style } = eventWords(event);
  const at = (timeOf(event.time) ?? '-').padEnd(24);
  return `${at}  ${kind.padEnd(8)}  ${styled(detail, style, hasColours)}\n`;
}

export interface EventWords {
  readonly kind: 'zone' | 'operator' | 'unknown';
  readonly detail: string;
  /** A change of the zone looks like the zone that it led to. */
  readonly style: TextStyle;
}

/** Printable. */
export function eventWords({ event }: Event): EventWords {
  switch (event.case) {
    case 'zoneChange':
      return { kind: 'zone', detail: changeText(event.value), style: zoneStyle(event.value.to) };
    case 'mutation':
      return { kind: 'operator', detail: mutationText(event.value), style: plain };
    default: // of a later engine
      return { kind: 'unknown', detail: 'this gs-ctl is older than the engine', style: plain };
  }
}

function changeValue(change: ZoneChange) {
  return {
    from: zoneWord(change.from),
    to: zoneWord(change.to),
    cause: change.cause,
    evidence: change.evidence.map(({ signal, value, threshold }) => ({
      signal,
      value: jsonNumber(value),
      threshold: jsonNumber(threshold),
    })),
    afterMs: msOf(change.after),
    reason: change.reason,
    by: change.by,
  };
}

function mutationValue({ $typeName: _, $unknown: __, ...mutation }: Mutation) {
  return mutation;
}

function changeText(change: ZoneChange): string {
  const { from, to, cause, after, reason, by } = change;
  const evidence = change.evidence.map(evidenceText).join(', ');
  const parts = [
    `${zoneTitle(from)} -> ${zoneTitle(to)} after ${spanText(after)} by ${cause}`,
    ...(evidence === '' ? [] : [evidence]),
    ...(by === '' ? [] : [`${by}: ${reason}`]),
  ];
  return printable(parts.join('; '));
}

function evidenceText({ signal, value, threshold }: Evidence): string {
  return `${signal} ${numberText(value)} (threshold ${numberText(threshold)})`;
}

function numberText(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return Number.isFinite(value) ? String(Number(value.toFixed(1))) : 'never';
}

function mutationText({ procedure, by, reason, outcome, detail }: Mutation): string {
  const result = detail === '' ? outcome : `${outcome}, ${detail}`;
  return printable(`${procedure} by ${by}: ${result}${reason === '' ? '' : `; reason: ${reason}`}`);
}
