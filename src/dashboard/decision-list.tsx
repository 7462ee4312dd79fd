// What the engine and its operators decided, newest first.

import type { EventJson } from '../generated/gophership/control/v1/control_pb.js';
import { timeText } from './amount-text.ts';
import { useDashboard } from './dashboard.tsx';
import { type Decision, decision } from './event-words.ts';
import { Icon } from './icon.tsx';

export function DecisionList({ events }: { readonly events: readonly EventJson[] }) {
  const { clock } = useDashboard();
  if (events.length === 0) return <p class="empty">Nothing was decided yet.</p>;
  const todayMs = clock.wallMs();
  return (
    <ol class="decisions">
      {events
        .map(decision)
        .map((entry, index) => (
          // Events are only added, at the end: an index stays with its event until it is forgotten.
          <DecisionItem key={`${index}-${entry.atMs}`} entry={entry} todayMs={todayMs} />
        ))
        .reverse()}
    </ol>
  );
}

function DecisionItem({ entry, todayMs }: { readonly entry: Decision; readonly todayMs: number }) {
  const { atMs, title, zone, facts } = entry;
  return (
    <li>
      <time {...(atMs === undefined ? {} : { dateTime: new Date(atMs).toISOString() })}>
        {timeText(atMs, todayMs)}
      </time>
      <div>
        <strong class={zone === undefined ? '' : `zone-text-${zone}`}>
          <Icon name={zone ?? 'operator'} /> {title}
        </strong>
        <ul>
          {facts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      </div>
    </li>
  );
}
