// The zone as a word: "green" for programs, as in logs and metrics, "Green" for people.

import { Zone } from '../generated/gophership/control/v1/control_pb.js';

export type ZoneWord = 'green' | 'yellow' | 'red' | 'unknown';

export function zoneWord(zone: Zone | undefined): ZoneWord {
  switch (zone) {
    case Zone.GREEN:
      return 'green';
    case Zone.YELLOW:
      return 'yellow';
    case Zone.RED:
      return 'red';
    default: // also of a later engine
      return 'unknown';
  }
}

export function zoneTitle(zone: Zone | undefined): string {
  const word = zoneWord(zone);
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

export const zonesByWord = {
  green: Zone.GREEN,
  yellow: Zone.YELLOW,
  red: Zone.RED,
} as const;
