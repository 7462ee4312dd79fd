// Signals as people read them: value, thresholds, and how far it is to where the zone changes.

import { type Signal, SignalUnit, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { durationText, sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';
import { plain, type TextStyle } from './text-style.ts';
import { zoneStyle } from './zone-style.ts';
import { zoneTitle } from './zone-text.ts';

export function signalTable(signals: readonly Signal[], hasColours = false): string {
  const headings = ['SIGNAL', 'VALUE', 'YELLOW', 'RED', 'HOLDS', 'TO LEAVE'];
  const rows = signals.map((signal) => [
    signal.name,
    reading(signal, signal.value),
    thresholdText(signal, signal.yellow),
    thresholdText(signal, signal.red),
    { text: zoneTitle(signal.holds), style: holdsStyle(signal) },
    toLeave(signal) ?? '-',
  ]);
  return columns(headings, rows, hasColours);
}

/** What has to happen to this signal for the zone to be left; undefined: it does not hold it. */
export function toLeave(signal: Signal): string | undefined {
  const { release, value } = signal;
  if (release === undefined || !Number.isFinite(release)) return undefined;
  return `get ${value < release ? 'above' : 'below'} ${reading(signal, release)}`;
}

export function reading({ unit }: Pick<Signal, 'unit'>, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  if (value === Number.POSITIVE_INFINITY) return 'never';
  if (unit === SignalUnit.PERCENT) return `${rounded(value)} %`;
  if (unit === SignalUnit.MILLISECONDS) return durationText(value);
  if (unit === SignalUnit.BYTES_PER_SECOND) return `${sizeText(value)}/s`;
  return String(rounded(value));
}

/** Nearly all of them are Green nearly always: that is no news. */
export function holdsStyle({ holds }: Signal): TextStyle {
  return holds === Zone.GREEN ? plain : zoneStyle(holds);
}

export function thresholdText(signal: Signal, threshold: number | undefined): string {
  return threshold === Number.POSITIVE_INFINITY ? '-' : reading(signal, threshold);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
