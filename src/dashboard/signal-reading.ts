// One signal as people read it: value and thresholds in its unit, where they stand on a bar that is
// full when things are bad, and how far it is to the next zone.

import { durationText, sizeText } from '../ctl/quantity-text.ts';
import type { SignalJson, SignalUnitJson } from '../generated/gophership/control/v1/control_pb.js';
import { numberOf, optionalNumber } from './wire-json.ts';
import { type ZoneWord, zoneWord } from './zone-word.ts';

export interface SignalReading {
  readonly name: string;
  readonly valueText: string;
  /** "-": this signal never makes the zone. */
  readonly yellowText: string;
  readonly redText: string;
  readonly holds: ZoneWord;
  /** From 0 to 1; undefined: there is nothing to compare it with. */
  readonly bar:
    | { readonly value: number; readonly yellow?: number; readonly red?: number }
    | undefined;
  /** "12.5 % below Yellow"; empty: nothing follows from this signal. */
  readonly marginText: string;
  /** "get below 70 %"; empty: it does not hold the zone. */
  readonly releaseText: string;
}

export function signalReading(signal: SignalJson): SignalReading {
  const { name = '', unit } = signal;
  const value = numberOf(signal.value);
  const yellow = optionalNumber(signal.yellow);
  const red = optionalNumber(signal.red);
  const release = optionalNumber(signal.release);
  return {
    name,
    valueText: amountText(unit, value),
    yellowText: amountText(unit, yellow),
    redText: amountText(unit, red),
    holds: zoneWord(signal.holds),
    bar: barOf({ unit, value, yellow, red }),
    marginText: marginText({ unit, value, yellow, red }),
    releaseText:
      release === undefined || !Number.isFinite(release)
        ? ''
        : `get ${value < release ? 'above' : 'below'} ${amountText(unit, release)}`,
  };
}

export function amountText(unit: SignalUnitJson | undefined, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  if (value === Number.POSITIVE_INFINITY) return 'never';
  if (unit === 'SIGNAL_UNIT_PERCENT') return `${rounded(value)} %`;
  if (unit === 'SIGNAL_UNIT_MILLISECONDS') return durationText(value);
  if (unit === 'SIGNAL_UNIT_BYTES_PER_SECOND') return `${sizeText(Math.max(value, 0))}/s`;
  return String(rounded(value));
}

interface Amounts {
  readonly unit: SignalUnitJson | undefined;
  readonly value: number;
  readonly yellow: number | undefined;
  readonly red: number | undefined;
}

/** Of memory_exhaustion, a time that is left: less is worse, and Yellow is the larger one. */
function isFalling({ yellow, red }: Amounts): boolean {
  return yellow !== undefined && red !== undefined && yellow > red;
}

function barOf(amounts: Amounts): SignalReading['bar'] {
  const { unit, value, yellow, red } = amounts;
  const highest = Math.max(yellow ?? 0, red ?? 0);
  if (highest === 0 && unit !== 'SIGNAL_UNIT_PERCENT') return undefined;
  const isPercent = unit === 'SIGNAL_UNIT_PERCENT' && highest <= 100;
  const full = isPercent ? 100 : isFalling(amounts) ? 2 * highest : 1.25 * highest;
  const place = (amount: number) => {
    const part = Math.min(Math.max(amount / full, 0), 1);
    return isFalling(amounts) ? 1 - part : part;
  };
  return {
    value: Number.isNaN(value) ? 0 : place(value),
    ...(yellow === undefined ? {} : { yellow: place(yellow) }),
    ...(red === undefined ? {} : { red: place(red) }),
  };
}

function marginText(amounts: Amounts): string {
  const { unit, value, yellow, red } = amounts;
  if (Number.isNaN(value)) return '';
  const isFallen = isFalling(amounts);
  const isAt = (threshold: number) => (isFallen ? value <= threshold : value >= threshold);
  const distance = (threshold: number) => amountText(unit, Math.abs(value - threshold));
  if (red !== undefined && isAt(red)) return `at Red, ${distance(red)} past it`;
  const next = yellow !== undefined && !isAt(yellow) ? { at: yellow, zone: 'Yellow' } : undefined;
  const target = next ?? (red === undefined ? undefined : { at: red, zone: 'Red' });
  const isYellow = yellow !== undefined && isAt(yellow);
  const now = isYellow ? 'at Yellow' : '';
  if (target === undefined) return now;
  const side = isFallen ? 'above' : 'below';
  const left =
    value === Number.POSITIVE_INFINITY ? `far ${side}` : `${distance(target.at)} ${side}`;
  return [now, `${left} ${target.zone}`].filter((text) => text !== '').join(', ');
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
