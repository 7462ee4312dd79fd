// Values of flags: numbers, sizes and durations, written as in the configuration ("500ms", "1h30m",
// "64MiB", "1GB"), and matches. Errors say what is accepted; ctl-main.ts adds the flag's name.

/** A whole number from 1 to 1,000,000,000. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= 1 && value <= 1e9) return value;
  throw new RangeError('not a whole number from 1 to 1000000000');
}

/** A number above 0, fractions allowed. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 1e6) return value;
  throw new RangeError('not a number above 0, up to 1000000');
}

export interface TapMatchFlag {
  readonly key: string;
  readonly value: string;
}

/** `key=value`; the value may have further `=` in it, and may be empty. */
export function parseMatch(text: string): TapMatchFlag {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) };
  throw new RangeError('not key=value, such as severity=error or service.name=checkout');
}

export function parseDurationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0);
  const valueMs = parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
  if (length === text.length && valueMs >= 1 && valueMs <= 24 * unitMs.h!) return valueMs;
  throw new RangeError('not a duration from 1ms to 24h, such as 500ms, 5s or 1m30s');
}

/** As ms since the Unix epoch. */
export function parseTimeMs(text: string): number {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const ms = isWhole ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new RangeError('not a time with its zone, such as 2026-01-31T12:00:00Z');
}

/** A number from 0 on, of which doubles know each one. */
export function parseSequence(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError('not a number from 0 to 9007199254740991');
}

export function parseSizeBytes(text: string): number {
  const match = /^(\d{1,9})(KiB|MiB|kB|KB|MB)?$/.exec(text);
  const value = Number(match?.[1]) * (unitBytes[match?.[2] ?? ''] ?? 1);
  if (match !== null && value <= sizeBytesMax) return value;
  throw new RangeError('not a size up to 64MiB, such as 512, 4KiB or 1MB');
}

/** Bytes a second, with or without the `/s`. */
export function parseRateBytes(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)(B|KiB|MiB|GiB|kB|KB|MB|GB)?(?:\/s)?$/.exec(text);
  const value = Math.round(Number(match?.[1]) * (unitBytes[match?.[2] ?? ''] ?? 1));
  if (match !== null && value >= rateBytesMin && value <= rateBytesMax) return value;
  throw new RangeError('not a rate from 64KiB/s to 64GiB/s, such as 20MiB/s or 500KiB');
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const unitBytes: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 * 1024,
  GiB: 1024 ** 3,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
  GB: 1e9,
};
// The largest message that any engine can be told to accept (limits.ts).
const sizeBytesMax = 64 * 1024 * 1024;
// What an engine takes for its replay, which says so too.
const rateBytesMin = 64 * 1024;
const rateBytesMax = 64 * 1024 ** 3;
