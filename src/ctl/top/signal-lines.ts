// The signals: value, gauge with ticks at the thresholds, and the last minute. Those that hold the
// zone come first, then those that could.

import type { Signal } from '../../generated/gophership/control/v1/control_pb.js';
import { holdsStyle, reading, thresholdText } from '../signal-table.ts';
import { signalCurve, signalGauge } from './gauge.ts';
import { fitted, type Line, line, type Span, span } from './line.ts';
import { heading, pageOf, paneName, rightAligned, type ScrolledSpace } from './pane.ts';
import { curveSecondsMax, lastSeconds } from './samples.ts';

export interface SignalSpace extends ScrolledSpace {
  readonly filter: string;
}

export function signalLines(space: SignalSpace): Line[] {
  const { live, rows, width, scroll, filter } = space;
  if (rows <= 0) return [];
  const signals = shownSignals(live.status?.signals ?? [], filter);
  const page = pageOf(signals, rows - 1, scroll);
  const columns = columnWidths(signals, width);
  const lines = page.items.map((signal) => fitted(signalLine(signal, columns, space), width));
  const note = [page.note, filter === '' ? '' : `/${filter}`].filter(Boolean).join('  ');
  const nothing =
    filter === '' ? [] : [fitted(line(`  no signal has "${filter}" in its name`), width)];
  return [
    heading(headings(columns, space), width, note),
    ...(lines.length === 0 && rows > 1 ? nothing : lines),
  ];
}

/** How many there are to be shown. */
export function signalCount({ live, filter }: Pick<SignalSpace, 'live' | 'filter'>): number {
  return shownSignals(live.status?.signals ?? [], filter).length;
}

interface ColumnWidths {
  readonly name: number;
  readonly value: number;
  /** 0: it is left out. */
  readonly gauge: number;
  readonly curve: number;
  readonly thresholds: number;
}

function shownSignals(signals: readonly Signal[], filter: string): Signal[] {
  const wanted = filter.toLowerCase();
  return signals
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .map((signal) => ({ signal, rank: rankOf(signal) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ signal }) => signal);
}

function rankOf({ holds, yellow, red }: Signal): number {
  return holds * 2 + (yellow !== undefined || red !== undefined ? 1 : 0);
}

/** What does not fit is left out: first the thresholds, then the curve, then the gauge. */
function columnWidths(signals: readonly Signal[], width: number): ColumnWidths {
  const longest = Math.max(10, ...signals.map(({ name }) => name.length));
  const name = Math.min(longest, nameWidthMax, Math.max(4, width - 12));
  const value = 10;
  const left = width - name - value - 4;
  if (left < gaugeWidthMin) return { name, value, gauge: 0, curve: 0, thresholds: 0 };
  if (left < gaugeWidthMin + 2 + curveWidthMin) {
    return { name, value, gauge: left, curve: 0, thresholds: 0 };
  }
  const gauge = Math.min(gaugeWidthMax, Math.floor((left - 2) / 2));
  const curve = Math.min(curveSecondsMax, left - 2 - gauge);
  const rest = left - 2 - gauge - curve;
  return { name, value, gauge, curve, thresholds: rest >= 2 * (value + 2) ? value : 0 };
}

const nameWidthMax = 32;
const gaugeWidthMin = 8;
const gaugeWidthMax = 30;
const curveWidthMin = 10;

function headings(
  { name, value, gauge, curve, thresholds }: ColumnWidths,
  space: SignalSpace,
): Line {
  const cells = [
    paneName('SIGNALS', space).padEnd(name + 1),
    rightAligned('VALUE', value),
    ...(gauge === 0 ? [] : ['TO RED'.padEnd(gauge)]),
    ...(curve === 0 ? [] : [`LAST ${curve} S`.padEnd(curve)]),
    ...(thresholds === 0 ? [] : ['YELLOW', 'RED'].map((text) => rightAligned(text, thresholds))),
  ];
  const [first = '', second = '', ...others] = cells;
  return line(span([`${first} ${second}`, ...others].join('  '), { isBold: true, colour: 'cyan' }));
}

function signalLine(signal: Signal, columns: ColumnWidths, { live, glyphs }: SignalSpace): Line {
  const { name, value, gauge, curve, thresholds } = columns;
  const style = holdsStyle(signal);
  const parts: Span[] = [
    span(' '),
    ...fitted(line(span(signal.name, style)), name),
    span(` ${rightAligned(reading(signal, signal.value), value)}`, style),
  ];
  if (gauge > 0) parts.push(span('  '), ...fitted(signalGauge(signal, gauge, glyphs), gauge));
  if (curve > 0) {
    const values = lastSeconds(live.samples, curve, ({ signals }) => signals.get(signal.name));
    parts.push(span('  '), ...fitted(signalCurve(signal, values, glyphs), curve));
  }
  if (thresholds > 0) {
    for (const threshold of [signal.yellow, signal.red]) {
      parts.push(span(`  ${rightAligned(thresholdText(signal, threshold), thresholds)}`));
    }
  }
  return parts;
}
