// What of a changed configuration can be taken over while the engine runs, and what cannot. Pure.
// Arena, threads, listeners and destinations are made once; the pace of the replay and what makes a
// zone are words that can change.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';

export interface ReloadPlan {
  /** Sections of the configuration that changed in a way that takes a restart, in their order. */
  readonly needRestart: readonly string[];
  readonly changesReplay: boolean;
  readonly changesZones: boolean;
}

export function planReload(current: Config, next: Config): ReloadPlan {
  // As if what can be taken over had not changed.
  const { minSharePercent } = next.replay;
  const rest: Config = {
    ...next,
    replay: { ...current.replay, minSharePercent },
    zones: current.zones,
  };
  const sections = Object.keys(current) as (keyof Config)[]; // of an object literal: its own keys
  return {
    needRestart: sections.filter((section) => !isDeepStrictEqual(current[section], rest[section])),
    changesReplay: !isDeepStrictEqual(current.replay, next.replay),
    changesZones: !isDeepStrictEqual(current.zones, next.zones),
  };
}
