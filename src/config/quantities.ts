// Durations, sizes, rates and shares as people write them: `1h30m`, `64MiB`, `50MiB/s`, `75`. Each
// kind has a parser to one unit and a printer, so that bounds in the schema and in messages are
// written the same way.

import { GiB, KiB, MiB } from '../limits.ts';

export interface Quantity {
  /** The word used in messages and in docs/CONFIG.md. */
  readonly noun: string;
  /** How a value is written, for messages. */
  readonly example: string;
  /** Undefined: the text is not a quantity of this kind. */
  parse(text: string): number | undefined;
}

/** Milliseconds. A bare number is refused, except 0: nobody can tell whether `5` means seconds. */
export const durationMs: Quantity = {
  noun: 'duration',
  example: '1h30m, 5s or 500ms',
  parse(text) {
    if (text === '0') return 0;
    if (text.length > textLengthMax || !/^(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|µs|ns))+$/.test(text)) {
      return undefined;
    }
    let sumMs = 0;
    for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
      sumMs += Number(count) * (unitMs[unit ?? ''] ?? Number.NaN);
    }
    return wholeOrUndefined(sumMs);
  },
};

/** Bytes: a bare number, or one with a unit; MiB counts 1024, MB counts 1000. */
export const sizeBytes: Quantity = {
  noun: 'size',
  example: '64MiB, 1GB or a number of bytes',
  parse(text) {
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B)?$/.exec(text.length > textLengthMax ? '' : text);
    if (match === null) return undefined;
    const factor = unitBytes[match[2] ?? 'B'];
    return factor === undefined ? undefined : wholeOrUndefined(Number(match[1]) * factor);
  },
};

/** Bytes per second: a size and `/s`. */
export const rateBytesPerSecond: Quantity = {
  noun: 'rate',
  example: '50MiB/s',
  parse: (text) => (text.endsWith('/s') ? sizeBytes.parse(text.slice(0, -2)) : undefined),
};

/** A share of 100, with or without the sign. */
export const percent: Quantity = {
  noun: 'percentage',
  example: '75 or 75%',
  parse: (text) => (/^\d{1,3}(?:\.\d{1,6})?%?$/.test(text) ? Number.parseFloat(text) : undefined),
};

const textLengthMax = 64;

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  KiB,
  MiB,
  GiB,
  TiB: 1024 * GiB,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** 0.1 + 0.2 must not make `1.3MB` a fraction; what is no whole millisecond or byte is refused. */
function wholeOrUndefined(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) && Math.abs(value - rounded) < 1e-6 ? rounded : undefined;
}
