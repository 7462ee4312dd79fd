// What flows through the engine: batches a second, since its start, and over the last minute.

import { countOf, countText, latencyText, sizeText } from '../quantity-text.ts';
import { rateCurve } from './gauge.ts';
import { fitted, type Line, line, type Span, span } from './line.ts';
import { heading, type PaneSpace, rightAligned } from './pane.ts';
import { curveSecondsMax, type FlowName, lastSeconds, totals } from './samples.ts';
import type { Live } from './top-state.ts';

/** Its heading, a row for each name, and what is in flight. */
export const flowRowsMax = 7;

export function flowLines(space: PaneSpace): Line[] {
  const { rows, width } = space;
  if (rows <= 0) return [];
  const columns = columnWidths(width);
  const lines = [
    heading(headings(columns), width),
    ...names.map((name) => fitted(flowLine(name, columns, space), width)),
    fitted(inFlightLine(space.live), width),
  ];
  return lines.slice(0, rows);
}

/** The most important ones first: a small screen shows only these. */
const names: readonly FlowName[] = ['received', 'acked', 'exported', 'refused', 'vaulted'];

interface ColumnWidths {
  readonly note: number;
  readonly curve: number;
}

const nameWidth = 9;
const rateWidth = 11;
const totalWidth = 15;
const noteWidth = 30;
const curveWidthMin = 8;

function columnWidths(width: number): ColumnWidths {
  const left = width - 1 - nameWidth - rateWidth - totalWidth - 2;
  const curve = Math.min(curveSecondsMax, left - noteWidth - 2);
  if (curve >= curveWidthMin) return { note: noteWidth, curve };
  return { note: Math.max(0, left), curve: 0 };
}

function headings({ note, curve }: ColumnWidths): string {
  const cells = [
    ` ${'FLOW'.padEnd(nameWidth)}`,
    rightAligned('BATCHES/S', rateWidth),
    rightAligned('TOTAL', totalWidth),
    `  ${' '.repeat(note)}`,
    ...(curve === 0 ? [] : [`  LAST ${curve} S`]),
  ];
  return cells.join('');
}

function flowLine(name: FlowName, { note, curve }: ColumnWidths, space: PaneSpace): Line {
  const { live, glyphs } = space;
  const rate = live.samples.at(-1)?.rates[name];
  const total = live.status === undefined ? undefined : totals(live.status)[name];
  const parts: Span[] = [
    span(` ${name.padEnd(nameWidth)}`),
    span(rightAligned(rateText(rate), rateWidth)),
    span(rightAligned(total === undefined ? '-' : countText(total), totalWidth)),
    span('  '),
    ...fitted(line(noteText(name, live)), note),
  ];
  if (curve > 0) {
    const values = lastSeconds(live.samples, curve, ({ rates }) => rates[name]);
    parts.push(span('  '), ...rateCurve(values, glyphs));
  }
  return parts;
}

function noteText(name: FlowName, live: Live): string {
  const { pace, status } = live;
  if (name === 'received' && pace !== undefined) {
    return `${countText(pace.recordsPerSecond)} records/s, ${sizeText(pace.bytesPerSecond)}/s`;
  }
  const { ackP50Ms, ackP99Ms } = status?.flow ?? {};
  if (name !== 'acked' || ackP50Ms === undefined || ackP99Ms === undefined) return '';
  return `p50 ${latencyText(ackP50Ms)}, p99 ${latencyText(ackP99Ms)}`;
}

function inFlightLine({ status }: Live): Line {
  if (status?.flow === undefined) return line(' in flight  -');
  const { inFlightBatches, inFlightBytes, openConnections, parkedConnections } = status.flow;
  const flying = `${countOf(inFlightBatches, 'batch', 'batches')}, ${sizeText(inFlightBytes)}`;
  const connections = `${countOf(openConnections, 'connection')}, ${countText(parkedConnections)} parked`;
  return line(` in flight  ${flying}; ${connections}`);
}

export function rateText(rate: number | undefined): string {
  if (rate === undefined || Number.isNaN(rate)) return '-';
  return rate > 0 && rate < 10 ? rate.toFixed(1) : countText(rate);
}
