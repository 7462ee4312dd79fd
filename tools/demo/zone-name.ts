// The zones as the demo calls them, and a change of the zone.

export type ZoneName = 'Green' | 'Yellow' | 'Red';

const severity: Readonly<Record<ZoneName, number>> = { Green: 0, Yellow: 1, Red: 2 };

export function worse(a: ZoneName, b: ZoneName): ZoneName {
  return severity[b] > severity[a] ? b : a;
}

export interface ZoneChange {
  readonly wallMs: number;
  readonly from: ZoneName;
  readonly to: ZoneName;
  /** `arena_percent 97 (85)`: a signal and its threshold; or `calm`. */
  readonly why: string;
}
