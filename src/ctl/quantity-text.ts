// Amounts as tables show them to people; programs read JSON.

/** 1234567 reads "1.2 MiB". */
export function sizeText(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 1234567 reads "1,234,567". */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** "1 letter", "1,234 letters", "0 batches". */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${Math.round(count) === 1 ? one : many}`;
}

/** The two largest units, in the form that durations are written in: "1h2m", "12s", "350ms". */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  let rest = Math.round(ms / 1_000);
  const parts: string[] = [];
  for (const [unit, seconds] of unitSeconds) {
    const amount = Math.floor(rest / seconds);
    rest -= amount * seconds;
    if (amount > 0) parts.push(`${amount}${unit}`);
    // The one after the largest is the last, also if there is none of it.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join('');
}

/** Where a part of a millisecond matters: "0.4 ms", "12 ms", "1.5 s". */
export function latencyText(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const unitSeconds = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;
