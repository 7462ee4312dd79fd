// A bar that shows a share, with a tick at each threshold; and a curve of the last seconds.

import type { Signal, Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { dim, plain, type TextStyle } from '../text-style.ts';
import { zoneStyle } from '../zone-style.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, type Span, span } from './line.ts';
import { signalScale, zoneOfValue } from './signal-scale.ts';

/** @param fraction from 0 to 1 */
export function bar(fraction: number, width: number, glyphs: Glyphs, style = plain): Line {
  return merged(cells(fraction, width, glyphs, style));
}

/** Ticks stand where the zone would change, over whatever the bar has there. */
export function signalGauge(signal: Signal, width: number, glyphs: Glyphs): Line {
  const scale = signalScale(signal);
  if (scale === undefined || width <= 0) return [];
  const { value, yellow, red } = signal;
  const gauge = cells(scale(value), width, glyphs, zoneStyle(zoneOfValue(signal, value)));
  const tick = (threshold: number | undefined, glyph: string, style: TextStyle) => {
    if (threshold === undefined || !Number.isFinite(threshold)) return;
    gauge[Math.min(width - 1, Math.floor(scale(threshold) * width))] = span(glyph, style);
  };
  tick(yellow, glyphs.yellowTick, { colour: 'yellow' });
  tick(red, glyphs.redTick, { colour: 'red' });
  return merged(gauge);
}

/** A second each, the newest at the right; undefined: nothing is known of it. */
export function signalCurve(
  signal: Signal,
  values: readonly (number | undefined)[],
  glyphs: Glyphs,
): Line {
  // Without thresholds the highest of the values is the measure.
  const scale = signalScale(signal) ?? ownScale(values);
  return curve(values, scale, glyphs, (value) => zoneStyle(zoneOrNone(signal, value)));
}

export function rateCurve(values: readonly (number | undefined)[], glyphs: Glyphs): Line {
  return curve(values, ownScale(values), glyphs, () => ({ colour: 'cyan' }));
}

function zoneOrNone(signal: Signal, value: number): Zone | undefined {
  return signalScale(signal) === undefined ? undefined : zoneOfValue(signal, value);
}

function ownScale(values: readonly (number | undefined)[]): (value: number) => number {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value));
  const most = Math.max(0, ...known.map((value) => value ?? 0));
  return (value) => (most > 0 && Number.isFinite(value) ? Math.max(0, value) / most : 0);
}

function curve(
  values: readonly (number | undefined)[],
  scale: (value: number) => number,
  glyphs: Glyphs,
  styleOf: (value: number) => TextStyle,
): Line {
  const levels = glyphs.curve;
  return merged(
    values.map((value) => {
      if (value === undefined || Number.isNaN(value)) return span(' ');
      const level = Math.min(levels.length - 1, Math.floor(scale(value) * levels.length));
      return span(levels[level] ?? ' ', styleOf(value));
    }),
  );
}

function cells(fraction: number, width: number, glyphs: Glyphs, style: TextStyle): Span[] {
  const steps = glyphs.bar.length - 1;
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width * steps);
  return Array.from({ length: Math.max(0, width) }, (_, column) => {
    const step = Math.min(steps, filled - column * steps);
    return step > 0 ? span(glyphs.bar[step] ?? ' ', style) : span(glyphs.track, dim);
  });
}

/** Neighbours of one style become one: fewer escape sequences. */
function merged(of: readonly Span[]): Line {
  const parts: Span[] = [];
  for (const { text, style } of of) {
    const last = parts.at(-1);
    if (last !== undefined && isSame(last.style, style)) {
      parts[parts.length - 1] = { text: last.text + text, style };
    } else parts.push({ text, style });
  }
  return parts;
}

function isSame(a: TextStyle, b: TextStyle): boolean {
  const { colour, isBold, isDim, isReverse } = a;
  return (
    colour === b.colour &&
    Boolean(isBold) === Boolean(b.isBold) &&
    Boolean(isDim) === Boolean(b.isDim) &&
    Boolean(isReverse) === Boolean(b.isReverse)
  );
}
