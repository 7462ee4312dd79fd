// The zones of the last 15 minutes, or of as many as there are, as a ribbon: the worse, the higher,
// so that it reads without its colours, and once more in words.

import { durationText } from '../ctl/quantity-text.ts';
import type { HistoryFeed } from './history-feed.ts';
import { zoneRuns, zoneShares } from './zone-runs.ts';
import type { ZoneWord } from './zone-word.ts';

export function ZoneRibbon({ feed: { history } }: { readonly feed: HistoryFeed }) {
  void history.version.value;
  const runs = zoneRuns(history.timesMs, history.zones);
  const endMs = history.timesMs.at(-1) ?? 0;
  const { spanMs } = history;
  const startMs = endMs - spanMs;
  const shares = zoneShares(runs);
  return (
    <figure class="ribbon">
      <svg
        viewBox={`0 0 ${spanMs} 10`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Zones of the last ${durationText(spanMs)}: ${shares}`}
      >
        {runs.map(({ zone, fromMs, toMs }) => (
          <rect
            key={fromMs}
            class={`ribbon-${zone}`}
            x={Math.max(fromMs - startMs, 0)}
            width={toMs - Math.max(fromMs, startMs)}
            y={10 - heights[zone]}
            height={heights[zone]}
          />
        ))}
      </svg>
      <figcaption>
        <span>{durationText(spanMs)} ago</span>
        <span>{shares === '' ? 'no history yet' : shares}</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

const heights: Readonly<Record<ZoneWord, number>> = { unknown: 1, green: 4, yellow: 7, red: 10 };
