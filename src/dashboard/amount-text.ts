// Amounts that only the page shows; sizes, counts and durations are as gs-ctl writes them.

import { countText, sizeText } from '../ctl/quantity-text.ts';

/** Per second: "0.4/s", "12/s", "1,234/s". */
export function rateText(perSecond: number): string {
  return `${perSecond > 0 && perSecond < 9.95 ? Number(perSecond.toFixed(1)) : countText(perSecond)}/s`;
}

export function byteRateText(bytesPerSecond: number): string {
  return `${sizeText(bytesPerSecond)}/s`;
}

/** Local time of the browser: "08:12:03"; with the date if that is another day. */
export function timeText(ms: number | undefined, todayMs: number): string {
  if (ms === undefined) return '-';
  const date = new Date(ms);
  const isToday = date.toDateString() === new Date(todayMs).toDateString();
  const time = date.toLocaleTimeString('en-GB');
  return isToday ? time : `${date.toLocaleDateString('sv-SE')} ${time}`;
}
