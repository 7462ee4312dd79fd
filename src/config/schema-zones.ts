// Zones: which measurements make Yellow and Red, and how long a zone lasts.

import type { z } from 'zod';
import type { ZonesConfig } from './config.ts';
import { block, choice, count, duration, flag, relation, share } from './schema-keys.ts';

export const zones = block('when the engine degrades by plan', {
  observe_only: flag('true: zones are computed and shown, and change nothing').prefault(false),
  force: choice(['none', 'green', 'yellow', 'red'], 'holds a zone, for tests').prefault('none'),
  signals: block('thresholds; 100% never fires', {
    cgroup_memory_percent: percents(
      50,
      75,
      'own cgroup: use beyond memory.limit_mib that cannot be reclaimed, as a share of the gap ' +
        'up to its limit',
    ),
    memory_percent: percents(75, 90, 'host and parent cgroups, without reclaimable cache'),
    memory_exhaustion: relation(
      block('time until the limit at the growth of the last 5 s', {
        yellow: duration(
          '100ms',
          '1h',
          'time until the limit at the growth of the last 5 s; Yellow below',
        ).prefault('30s'),
        red: duration('100ms', '1h', 'Red below').prefault('5s'),
      }),
      (both, report) => {
        const { yellow, red } = both;
        if (typeof yellow === 'number' && typeof red === 'number' && red > yellow) {
          report(['red'], 'must not exceed yellow: less time is more pressure');
        }
      },
    ).prefault({}),
    psi_memory_some_percent: percents(10, 40, 'own cgroup; PSI of the host makes Yellow only'),
    psi_memory_full_percent: percents(5, 20, 'own cgroup; PSI of the host makes Yellow only'),
    psi_cpu_some_percent: block('CPU turns Red only through loop_delay_p99', {
      yellow: share('1', '100', 'Yellow above; CPU turns Red only through loop_delay_p99').prefault(
        60,
      ),
    }).prefault({}),
    arena_percent: percents(60, 85, "of each shard's memory for batches"),
    loop_delay_p99: relation(
      block('event loop of each shard', {
        yellow: duration('1ms', '1m', 'event loop of each shard; Yellow above').prefault('50ms'),
        red: duration('1ms', '1m', 'Red above').prefault('250ms'),
      }),
      yellowBelowRed,
    ).prefault({}),
    // The share is what floods have reached at most, so that they come close to all of it.
    anonymous_memory_percent: percents(
      92,
      98,
      'anonymous memory without the arena, against its share of memory.limit_mib',
    ),
  }).prefault({}),
  release_percent: share(
    '10',
    '99',
    'a zone is left below this share of its threshold, so that it does not flap',
  ).prefault(80),
  red_dwell: duration('100ms', '10m', 'Red to Yellow after so long below').prefault('2s'),
  yellow_dwell: duration('100ms', '10m', 'Yellow to Green after so long below').prefault('5s'),
  sample_operations: count(
    1,
    1_000_000,
    'a shard looks at its own signals once in about so many operations',
  ).prefault(1024),
  sample_interval: duration('10ms', '10s', 'files of the host are read this often').prefault(
    '100ms',
  ),
});

export type Zones = z.output<typeof zones>;

function percents(yellow: number, red: number, reason: string) {
  return relation(
    block(reason, {
      yellow: share('1', '100', `${reason}; Yellow above`).prefault(yellow),
      red: share('1', '100', 'Red above').prefault(red),
    }),
    yellowBelowRed,
  ).prefault({});
}

type Look = Parameters<typeof relation>[1];

function yellowBelowRed(...[both, report]: Parameters<Look>): void {
  const { yellow, red } = both;
  if (typeof yellow === 'number' && typeof red === 'number' && yellow > red) {
    report(['yellow'], 'must not exceed red');
  }
}

export function zonesConfig(zones: Zones): ZonesConfig {
  const { signals } = zones;
  return {
    observeOnly: zones.observe_only,
    force: zones.force,
    signals: {
      cgroupMemoryPercent: signals.cgroup_memory_percent,
      memoryPercent: signals.memory_percent,
      memoryExhaustionMs: signals.memory_exhaustion,
      psiMemorySomePercent: signals.psi_memory_some_percent,
      psiMemoryFullPercent: signals.psi_memory_full_percent,
      psiCpuSomePercent: signals.psi_cpu_some_percent,
      arenaPercent: signals.arena_percent,
      loopDelayP99Ms: signals.loop_delay_p99,
      anonymousMemoryPercent: signals.anonymous_memory_percent,
    },
    releasePercent: zones.release_percent,
    redDwellMs: zones.red_dwell,
    yellowDwellMs: zones.yellow_dwell,
    sampleOperations: zones.sample_operations,
    sampleIntervalMs: zones.sample_interval,
  };
}
