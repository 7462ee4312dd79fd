// The zone as a word, which stands wherever its colour and its icon do.

import type { ZoneJson } from '../generated/gophership/control/v1/control_pb.js';

export const zoneWords = ['green', 'yellow', 'red'] as const;
export type ZoneWord = (typeof zoneWords)[number] | 'unknown';

export function zoneWord(zone: ZoneJson | undefined): ZoneWord {
  switch (zone) {
    case 'ZONE_GREEN':
      return 'green';
    case 'ZONE_YELLOW':
      return 'yellow';
    case 'ZONE_RED':
      return 'red';
    default: // also of a later engine
      return 'unknown';
  }
}

export function zoneTitle(zone: ZoneWord): string {
  return zone.slice(0, 1).toUpperCase() + zone.slice(1);
}

export function zoneJson(zone: Exclude<ZoneWord, 'unknown'>): ZoneJson {
  return ({ green: 'ZONE_GREEN', yellow: 'ZONE_YELLOW', red: 'ZONE_RED' } as const)[zone];
}
