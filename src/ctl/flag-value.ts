// Numbers, sizes and durations on the command line, written as in the configuration: "500ms",
// "1h30m", "64MiB", "1GB". Errors say what is accepted; ctl-main.ts adds the flag's name.

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

export function parseDurationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0);
  const valueMs = parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
  if (length === text.length && valueMs >= 1 && valueMs <= 24 * unitMs.h!) return valueMs;
  throw new RangeError('not a duration from 1ms to 24h, such as 500ms, 5s or 1m30s');
}

export function parseSizeBytes(text: string): number {
  const match = /^(\d{1,9})(KiB|MiB|kB|KB|MB)?$/.exec(text);
  const value = Number(match?.[1]) * (unitBytes[match?.[2] ?? ''] ?? 1);
  if (match !== null && value <= sizeBytesMax) return value;
  throw new RangeError('not a size up to 64MiB, such as 512, 4KiB or 1MB');
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const unitBytes: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 * 1024,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
};
// The largest message that any engine can be told to accept (limits.ts).
const sizeBytesMax = 64 * 1024 * 1024;
