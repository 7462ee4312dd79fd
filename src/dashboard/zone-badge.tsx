// The zone as word, icon and colour.

import { Icon } from './icon.tsx';
import { type ZoneWord, zoneTitle } from './zone-word.ts';

export function ZoneBadge({ zone }: { readonly zone: ZoneWord }) {
  return (
    <span class={`zone zone-${zone}`}>
      <Icon name={zone} /> {zoneTitle(zone)}
    </span>
  );
}
