// The engine as a whole: its version, the zone and why, and what each shard measures of itself.

import { Zone, zoneName } from '../memory/zone-word.ts';
import { signalTable } from '../monitor/signal-table.ts';
import type { SignalState } from '../monitor/zone-explain.ts';
import {
  counters,
  type EmitSample,
  gauge,
  gauges,
  type MetricFamily,
  type MetricSource,
} from './metric-family.ts';

const zones: readonly Zone[] = Object.values(Zone);

export const engineFamilies: readonly MetricFamily[] = [
  {
    name: 'gophership_build_info',
    type: 'info',
    help: 'Which engine this is.',
    labels: ['version'],
    collect: ({ view }, emit) => emit(1, view.version),
  },
  gauge('gophership_draining', '1: it is shutting down and takes nothing new.', ({ view }) =>
    view.isDraining ? 1 : 0,
  ),
  gauges(
    'gophership_zone',
    ['zone'],
    'The zone that acts: 1 for one of green, yellow and red, 0 for the others.',
    ({ view }, emit) => emitZone(view.zonePage.zone.get(), emit),
  ),
  gauges(
    'gophership_zone_computed',
    ['zone'],
    'What the signals ask for: another zone than the one that acts under an override or with ' +
      'zones.observe_only.',
    ({ explanation }, emit) => emitZone(explanation.computedZone, emit),
  ),
  counters(
    'gophership_zone_seconds_total',
    ['zone'],
    'How long each zone has acted since the start.',
    ({ view }, emit) => {
      for (const zone of zones) emit(view.monitor.zoneMs(zone) / 1_000, zoneName(zone));
    },
  ),
  gauge(
    'gophership_zone_duration_seconds',
    'How long the zone that signals and overrides make has lasted.',
    ({ explanation }) => explanation.durationMs / 1_000,
  ),
  gauge(
    'gophership_zone_overridden',
    '1: an operator or zones.force holds the zone.',
    ({ explanation }) => (explanation.override === undefined ? 0 : 1),
  ),
  gauge(
    'gophership_zone_observe_only',
    '1: zones are computed, and nothing follows from them (zones.observe_only).',
    ({ view }) => (view.observesOnly ? 1 : 0),
  ),
  gauges(
    'gophership_signal_live',
    ['signal'],
    '1: this host has the signal; 0: it does not, and others decide. What shards measure is always ' +
      'there.',
    ({ view }, emit) => {
      for (const { name, live } of view.monitor.sources) emit(live ? 1 : 0, name);
    },
  ),
  gauges(
    'gophership_signal_value',
    ['signal', 'unit'],
    'The last reading of a signal, in its unit. memory_exhaustion is +Inf while nothing grows.',
    ({ explanation }, emit) => {
      for (const { name, unit, value } of explanation.signals) emit(value, name, unit);
    },
  ),
  gauges(
    'gophership_signal_threshold',
    ['signal', 'unit', 'zone'],
    'Where a zone begins for a signal, in its unit. Absent: this signal never makes the zone.',
    ({ explanation }, emit) => {
      for (const { name, unit, yellow, red } of explanation.signals) {
        if (Number.isFinite(yellow)) emit(yellow, name, unit, 'yellow');
        if (Number.isFinite(red)) emit(red, name, unit, 'red');
      }
    },
  ),
  gauges(
    'gophership_pressure_ratio',
    ['signal'],
    'How far a signal is on its way to Yellow (to Red, if it makes no Yellow): 1 is the threshold.',
    ({ explanation }, emit) => {
      for (const signal of explanation.signals) {
        const ratio = pressureRatio(signal);
        if (ratio !== undefined) emit(ratio, signal.name);
      }
    },
  ),
  gauges(
    'gophership_shard_arena_ratio',
    ['shard'],
    'Part of the memory for batches that a shard has in use.',
    (source, emit) => {
      eachShard(source, (shard, label) => emit(shard.arenaPercent / 100, label));
    },
  ),
  gauges(
    'gophership_shard_loop_delay_seconds',
    ['shard'],
    "p99 of how late a shard's event loop was, over 5 s.",
    (source, emit) => {
      eachShard(source, (shard, label) => emit(shard.loopDelayMs / 1_000, label));
    },
  ),
  gauges(
    'gophership_shard_red',
    ['shard'],
    '1: the shard has turned Red by itself, because its memory had run out.',
    (source, emit) => {
      eachShard(source, (shard, label) => emit(shard.localZone === Zone.Red ? 1 : 0, label));
    },
  ),
  gauges(
    'gophership_tls_certificate_expiry_timestamp_seconds',
    ['file'],
    'When the certificates in a file of the configuration expire, since the Unix epoch: the first ' +
      'of a chain, the last of a CA bundle.',
    ({ certificates }, emit) => {
      for (const { file, expiresWallMs } of certificates) emit(expiresWallMs / 1_000, file);
    },
  ),
];

type ShardSignals = ReturnType<MetricSource['view']['zonePage']['shard']>;

function eachShard(
  { view }: MetricSource,
  visit: (shard: ShardSignals, label: string) => void,
): void {
  const { zonePage } = view;
  for (let shard = 0; shard < zonePage.shardCount; shard += 1) {
    visit(zonePage.shard(shard), String(shard));
  }
}

function emitZone(current: Zone, emit: EmitSample): void {
  for (const zone of zones) emit(zone === current ? 1 : 0, zoneName(zone));
}

const fallingSignals = new Set(
  signalTable.filter(({ isFalling }) => isFalling).map(({ name }) => name),
);

/** Undefined: it makes no zone. */
export function pressureRatio({
  name,
  value,
  yellow,
  red,
}: Pick<SignalState, 'name' | 'value' | 'yellow' | 'red'>): number | undefined {
  const threshold = Number.isFinite(yellow) ? yellow : red;
  if (!Number.isFinite(threshold)) return undefined;
  if (!fallingSignals.has(name)) return value / threshold;
  return threshold / Math.max(value, fallingValueMin);
}

/** Below it there is no time left, and the ratio says nothing more. */
const fallingValueMin = 1;
