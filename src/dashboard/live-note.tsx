// Whether the figures are of now: in Red they are not, since the engine keeps what it has for
// records, and without a connection they are not either. Changes are read aloud, ages are not.

import { useComputed } from '@preact/signals';
import { durationText } from '../ctl/quantity-text.ts';
import { useDashboard } from './dashboard.tsx';
import { Icon } from './icon.tsx';
import type { Link } from './live-status.ts';
import { type ZoneWord, zoneTitle } from './zone-word.ts';

export function LiveNote() {
  const { live } = useDashboard();
  const news = useComputed(() => newsOf(live.link.value, live.zone.value));
  return (
    <>
      <p class="unseen" role="status" aria-live="polite">
        {news}
      </p>
      <Note link={live.link.value} />
    </>
  );
}

/** Changes only when there is something to say. */
function newsOf(link: Link, zone: ZoneWord): string {
  switch (link.kind) {
    case 'live':
      return zone === 'unknown' ? '' : `The zone is ${zoneTitle(zone)}.`;
    case 'paused':
      return `The zone is ${zoneTitle(zone)}. Live views are paused.`;
    case 'lost':
      return 'The connection to the engine is lost.';
    default:
      return '';
  }
}

function Note({ link }: { readonly link: Link }) {
  const { live, nowMs } = useDashboard();
  const status = live.status.value;
  const figures =
    status === undefined
      ? 'There are no figures yet.'
      : `Figures are ${durationText(Math.max(nowMs.value - status.atMs, 0))} old.`;
  switch (link.kind) {
    case 'connecting':
      return <p class="note">Connecting…</p>;
    case 'paused':
      return (
        <div class="note note-red">
          <Icon name="red" />
          <p>
            <strong>Live views are paused in Red</strong>, so that the engine keeps its memory and
            CPU for records. {figures}
          </p>
          <button type="button" onClick={() => live.askOnce()}>
            Ask once
          </button>
        </div>
      );
    case 'lost':
      return (
        <div class="note note-lost">
          <Icon name="warning" />
          <p>
            <strong>
              No connection for {durationText(Math.max(nowMs.value - link.sinceMs, 0))}
            </strong>
            : {link.fault.message}. {link.fault.hint} {figures} Trying again.
          </p>
        </div>
      );
    default:
      return null;
  }
}
