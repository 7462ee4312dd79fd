// What is in the vault by the hour of its arrival, as bars.

import { countText, sizeText } from '../ctl/quantity-text.ts';
import type { VaultHour } from './vault-hours.ts';

export function HourBars({ hours }: { readonly hours: readonly VaultHour[] }) {
  if (hours.length === 0) return <p class="empty">The vault is empty.</p>;
  const most = Math.max(...hours.map(({ storedBytes }) => storedBytes), 1);
  return (
    <ol class="hours">
      {hours.map((hour) => (
        <li key={hour.fromMs} title={wordsOf(hour)}>
          <span class="unseen">{wordsOf(hour)}</span>
          <div class="hour" style={{ height: `${(hour.storedBytes / most) * 100}%` }} />
          <span class="hour-name" aria-hidden="true">
            {hourText(hour.fromMs)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function wordsOf({ fromMs, entries, storedBytes }: VaultHour): string {
  return `${hourText(fromMs)}: about ${countText(entries)} batches, ${sizeText(storedBytes)}`;
}

function hourText(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
