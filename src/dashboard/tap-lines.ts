// Records of the tap as lines: what is shown at once, what is folded, and every character as text.

import type {
  TapAttributeJson,
  TapMatchJson,
  TapRecordJson,
} from '../generated/gophership/control/v1/tap_pb.js';
import { printable } from '../tls/printable.ts';
import { numberOf, timeMsOf } from './wire-json.ts';

export interface TapLine {
  /** For the list: no two are alike. */
  readonly key: number;
  readonly timeMs: number | undefined;
  readonly severity: string;
  readonly level: 'error' | 'warn' | 'info';
  readonly service: string;
  readonly body: string;
  /** Folded: name and value. */
  readonly details: readonly (readonly [name: string, value: string])[];
}

/** As many as one reads; the oldest go. */
export const tapLinesMax = 200;

export function tapLine(record: TapRecordJson, key: number): TapLine {
  const number = numberOf(record.severityNumber);
  const text = (value: string | undefined) => printable(value ?? '');
  const given = [
    ['scope', record.scopeName],
    ['event', record.eventName],
    ['trace', record.traceId],
    ['span', record.spanId],
    ['cut', record.isCut === true ? 'something was too long to be shown' : ''],
  ] as const;
  return {
    key,
    timeMs: timeMsOf(record.time) ?? timeMsOf(record.observedTime),
    severity: text(record.severityText) || severityName(number),
    level: number >= 17 ? 'error' : number >= 13 ? 'warn' : 'info',
    service: text(record.serviceName),
    body: text(record.body),
    details: [
      ...(record.attributes ?? []).map((attribute) => pair('', attribute)),
      ...(record.resourceAttributes ?? []).map((attribute) => pair('resource ', attribute)),
      ...given.map(([name, value]) => [name, text(value)] as const),
    ].filter(([, value]) => value !== ''),
  };
}

function pair(prefix: string, { key = '', value = '' }: TapAttributeJson) {
  return [`${prefix}${printable(key)}`, printable(value)] as const;
}

/** OTLP has four numbers for each. */
const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

function severityName(number: number): string {
  return severities[Math.floor((number - 1) / 4)] ?? '-';
}

/** Of a request; as many as the engine takes. */
export const matchesMax = 8;

/**
 * `severity=error http.route="/cart/:id"`: pairs with blanks between them; a value with blanks
 * stands in quotes. Throws an Error that says what is wrong.
 */
export function parseMatches(text: string): TapMatchJson[] {
  const matches: TapMatchJson[] = [];
  const pairs = /\s*(?<key>[^\s="]+)=(?:"(?<quoted>[^"]*)"|(?<plain>[^\s"]*))(?=\s|$)/y;
  let rest = text.trim();
  while (rest !== '') {
    pairs.lastIndex = 0;
    const found = pairs.exec(rest);
    if (found === null) throw new Error(`"${rest}" is not key=value or key="a value"`);
    const { key = '', quoted, plain } = found.groups ?? {};
    matches.push({ key, value: quoted ?? plain ?? '' });
    rest = rest.slice(pairs.lastIndex).trim();
  }
  if (matches.length > matchesMax) throw new Error(`at most ${matchesMax} of them`);
  return matches;
}
