import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExposition, samplesOf } from '../../test/support/exposition-parser.ts';
import {
  type MetricsViewOptions,
  metricsNowMs,
  metricsProcess,
  metricsView,
} from '../../test/support/metrics-view.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { DestinationCounter, destinationsMax, ShardCounter } from '../memory/state-page.ts';
import { Transport, TransportCounter } from '../memory/transport-counters.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { createReadings } from '../monitor/signals.ts';
import { replayStateWord } from '../vault/replay-state.ts';
import type { DestinationView, EngineView } from './engine-view.ts';
import { type MetricsOptions, metricsText } from './metrics-text.ts';

const options: MetricsOptions = {
  openMetrics: false,
  compat: 'otelcol',
  nowMs: metricsNowMs,
  process: metricsProcess,
};

function samples(view: EngineView): Map<string, number> {
  return samplesOf(metricsText(view, options));
}

function check(view: EngineView, expected: Readonly<Record<string, number | undefined>>): void {
  const found = samples(view);
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(found.get(name), value, name);
  }
}

/** Every word has a number of its own, so that a wrong word shows. */
function filledView(viewOptions: MetricsViewOptions = {}): EngineView {
  const view = metricsView(viewOptions);
  const { statePage, vaultPage, zonePage } = view;
  for (let index = 0; index < zonePage.shardCount; index += 1) {
    const shard = statePage.shard(index);
    for (const word of Object.values(ShardCounter)) shard.add(word, 1_000 + word);
    for (const word of Object.values(PivotCounter)) {
      for (let times = 0; times <= word; times += 1) shard.addPivot(word);
    }
    for (const transport of Object.values(Transport)) {
      for (const word of Object.values(TransportCounter)) {
        shard.addTransport(transport, word, 4_000 + 10 * transport + word);
      }
    }
    shard.addAckTime(3);
    view.destinations.forEach((_, at) => {
      const words = shard.destination(at);
      for (const word of Object.values(DestinationCounter))
        words.set(word, 2_000 + 100 * at + word);
      words.set(DestinationCounter.OpenBreaker, index);
    });
  }
  for (const word of Object.values(VaultWord)) vaultPage?.set(word, 3_000 + word);
  return view;
}

test('metricsText() gives words of all shards in sum, each under its name', () => {
  check(filledView(), {
    'gophership_ingester_received_records_total{transport="grpc"}':
      2 * (4_000 + TransportCounter.ReceivedRecords),
    'gophership_ingester_received_bytes_total{transport="http"}':
      2 * (4_010 + TransportCounter.ReceivedBytes),
    gophership_ingester_acked_batches_total: 2 * (1_000 + ShardCounter.AckedBatches),
    gophership_ingester_acked_records_total: 2 * (1_000 + ShardCounter.AckedRecords),
    'gophership_ingester_failed_records_total{transport="http"}':
      2 * (4_010 + TransportCounter.FailedRecords),
    gophership_ingester_read_pause_seconds_total: (2 * (1_000 + ShardCounter.ReadPauseMs)) / 1_000,
    'gophership_pivots_total{to="export",reason="ready"}': 2 * (1 + PivotCounter.ExportReady),
    'gophership_pivots_total{to="vault",reason="red_zone"}': 2 * (1 + PivotCounter.VaultRedZone),
    'gophership_pivots_total{to="refuse",reason="destination_not_ready"}':
      2 * (1 + PivotCounter.RefuseDestinationNotReady),
    gophership_ingester_inflight_bytes: 2 * (1_000 + ShardCounter.InflightBytes),
    gophership_pivot_vaulted_batches_total: 2 * (1_000 + ShardCounter.VaultedBatches),
    'gophership_export_requests_total{exporter="otlp_http",outcome="refused"}':
      2 * (2_200 + DestinationCounter.RefusedRequests),
    'gophership_export_queued_bytes{exporter="otlp_grpc/central"}':
      2 * (2_000 + DestinationCounter.QueuedBytes),
    'gophership_export_dropped_records_total{exporter="debug"}':
      2 * (2_100 + DestinationCounter.DroppedRecords),
    'gophership_export_dropped_records_total{exporter="otlp_http"}': undefined,
    'gophership_export_replayed_batches_total{exporter="debug"}': undefined,
    'otelcol_exporter_enqueue_failed_log_records{exporter="otlp_http"}': undefined,
    gophership_vault_used_bytes: 3_000 + VaultWord.UsedBytes,
    'gophership_vault_part_bytes{part="quarantine"}': 3_000 + VaultWord.QuarantineBytes,
    gophership_vault_sync_seconds_max: (3_000 + VaultWord.SyncMsMax) / 1_000,
    gophership_vault_released_batches_total: 3_000 + VaultWord.ReleasedEntries,
    gophership_vault_released_bytes_total: 3_000 + VaultWord.ReleasedBytes,
    gophership_vault_damaged_blocks_total: 3_000 + VaultWord.DamagedBlocks,
    gophership_replay_bytes_total: 3_000 + VaultWord.ReplayedBytes,
    'otelcol_exporter_sent_log_records{exporter="debug"}':
      2 * (2_100 + DestinationCounter.DeliveredRecords),
    'otelcol_receiver_accepted_log_records{receiver="otlp",transport="http"}':
      2 * (4_010 + TransportCounter.AckedRecords),
    'otelcol_receiver_refused_log_records{receiver="otlp",transport="grpc"}':
      2 * (4_000 + TransportCounter.FailedRecords),
    gophership_vault_disk_free_bytes: 3_000 + VaultWord.DiskFreeBytes,
    gophership_vault_oldest_entry_timestamp_seconds: (3_000 + VaultWord.OldestReceivedMs) / 1_000,
    otelcol_process_uptime: 60,
    otelcol_process_memory_rss: 64_000_000,
    process_cpu_seconds_total: 12.5,
    process_open_fds: 40,
    process_max_fds: 65_536,
    process_resident_memory_bytes: 64_000_000,
    process_start_time_seconds: 1_700_000_000.25,
    'gophership_build_info{version="1.2.3"}': 1,
  });
});

test('metricsText() gives the zone, and every live signal with its thresholds', () => {
  const view = metricsView();
  view.zonePage.zone.set(Zone.Red);
  view.zonePage.shard(1).publish(70, 12.5);
  view.zonePage.shard(1).setLocalZone(Zone.Red);
  check(view, {
    'gophership_zone{zone="green"}': 0,
    'gophership_zone{zone="red"}': 1,
    'gophership_zone_computed{zone="yellow"}': 1,
    'gophership_zone_computed{zone="red"}': 0,
    gophership_zone_duration_seconds: 5,
    'gophership_zone_seconds_total{zone="green"}': 55,
    'gophership_zone_seconds_total{zone="red"}': 1,
    gophership_zone_overridden: 0,
    'gophership_signal_live{signal="memory_exhaustion"}': 1,
    'gophership_signal_live{signal="arena_percent"}': undefined,
    'gophership_signal_live{signal="psi_cpu_some_percent"}': 0,
    'gophership_signal_value{signal="arena_percent",unit="percent"}': 70,
    'gophership_signal_value{signal="psi_cpu_some_percent",unit="percent"}': undefined,
    'gophership_signal_value{signal="memory_exhaustion",unit="milliseconds"}':
      Number.POSITIVE_INFINITY,
    'gophership_signal_threshold{signal="arena_percent",unit="percent",zone="yellow"}': 60,
    'gophership_signal_threshold{signal="arena_percent",unit="percent",zone="red"}': 85,
    'gophership_signal_threshold{signal="own_growth",unit="bytes_per_second",zone="red"}':
      undefined,
    'gophership_pressure_ratio{signal="arena_percent"}': 70 / 60,
    'gophership_pressure_ratio{signal="memory_exhaustion"}': 0,
    'gophership_pressure_ratio{signal="own_growth"}': undefined,
    'gophership_shard_arena_ratio{shard="0"}': 0,
    'gophership_shard_arena_ratio{shard="1"}': 0.7,
    'gophership_shard_loop_delay_seconds{shard="1"}': 0.0125,
    'gophership_shard_red{shard="0"}': 0,
    'gophership_shard_red{shard="1"}': 1,
  });
});

test('metricsText() gives refusals by code and abuse by reason, before the first one too', () => {
  const view = metricsView();
  view.statePage.shard(0).addRefused('VAULT_FULL');
  view.statePage.shard(1).addRefused('VAULT_FULL');
  view.statePage.shard(1).addAbuse(ConnectionAbuse.HpackBomb);
  view.statePage.shard(1).addRefused('CONFIG'); // never done, but not hidden if it were
  check(view, {
    'gophership_ingester_refused_total{code="VAULT_FULL"}': 2,
    'gophership_ingester_refused_total{code="OTLP_MALFORMED"}': 0,
    'gophership_ingester_refused_total{code="CONFIG"}': 1,
    'gophership_ingester_refused_total{code="MEMORY_LIMIT"}': undefined,
    'gophership_http2_abuse_total{reason="hpack_bomb"}': 1,
    'gophership_http2_abuse_total{reason="slow_reader"}': 0,
  });
});

test('metricsText() counts the shards by what their breaker does', () => {
  const view = metricsView({ shardCount: 4 });
  [0, 1, 2, 1].forEach((state, shard) => {
    view.statePage.shard(shard).destination(2).set(DestinationCounter.OpenBreaker, state);
  });
  check(view, {
    'gophership_export_breaker_shards{exporter="otlp_http",state="closed"}': 1,
    'gophership_export_breaker_shards{exporter="otlp_http",state="open"}': 2,
    'gophership_export_breaker_shards{exporter="otlp_http",state="probing"}': 1,
    'gophership_export_breaker_shards{exporter="otlp_grpc/central",state="closed"}': 4,
  });
});

test('metricsText() names states of vault and replay, and whose dead letter is full', () => {
  const view = metricsView();
  view.vaultPage?.set(VaultWord.State, 1);
  view.vaultPage?.set(VaultWord.SpareState, 4);
  view.vaultPage?.set(VaultWord.LastFault, 3);
  view.vaultPage?.set(VaultWord.ReplayState, replayStateWord(2, 0b10));
  check(view, {
    gophership_vault_up: 1,
    'gophership_vault_state{state="ok"}': 0,
    'gophership_vault_state{state="full"}': 1,
    'gophership_vault_spare_state{state="failing"}': 1,
    gophership_vault_disk_fault: 1,
    'gophership_replay_state{state="held"}': 1,
    'gophership_replay_state{state="running"}': 0,
    'gophership_export_dead_letter_full{exporter="otlp_grpc/central"}': 0,
    'gophership_export_dead_letter_full{exporter="otlp_http"}': 1,
    'gophership_export_dead_letter_full{exporter="debug"}': undefined,
  });
});

test('metricsText() gives the terms of the ledger, for required destinations', () => {
  check(metricsView(), {
    'gophership_ledger_intake_batches{term="in_flight"}': 2,
    gophership_ledger_intake_imbalance_batches: 0,
    'gophership_ledger_batches{exporter="otlp_http",term="dead_lettered"}': 5,
    'gophership_ledger_imbalance_batches{exporter="otlp_http"}': -4,
    'gophership_ledger_imbalance_batches{exporter="debug"}': undefined,
    'gophership_vault_waiting_batches{exporter="otlp_http"}': 14,
  });
});

test('metricsText() leaves out what is not measured instead of saying 0', () => {
  const names = (viewOptions: MetricsViewOptions, prefix: string) =>
    [...samples(metricsView(viewOptions)).keys()].filter((name) => name.startsWith(prefix));
  assert.deepEqual(names({ hasVault: false }, 'gophership_vault'), []);
  assert.deepEqual(names({ hasVault: false }, 'gophership_replay'), []);
  assert.deepEqual(names({ hasVaultPage: false }, 'gophership_vault'), ['gophership_vault_up']);
  assert.deepEqual(names({ readings: createReadings() }, 'gophership_signal_value'), []);
  assert.deepEqual(names({}, 'gophership_tls'), []);
  const debug = [...samples(metricsView()).keys()].filter((name) => name.includes('"debug"'));
  assert.deepEqual(
    debug.map((name) => name.split('{')[0]),
    [
      'gophership_export_destination_info',
      'gophership_export_enqueued_batches_total',
      'gophership_export_delivered_batches_total',
      'gophership_export_delivered_records_total',
      'gophership_export_dropped_records_total',
      'otelcol_exporter_sent_log_records',
      'otelcol_exporter_enqueue_failed_log_records',
    ],
  );
  const process = { ...metricsProcess, openFiles: undefined, openFilesMax: undefined };
  const text = metricsText(metricsView(), { ...options, process });
  assert.ok(!text.includes('process_open_fds') && !text.includes('process_max_fds'));
});

test('metricsText() says when certificates expire, where somebody knows', () => {
  const certificates = [{ file: 'a "b".pem', expiresWallMs: 1_700_000_000_500 }];
  const found = samplesOf(metricsText(metricsView(), { ...options, certificates }));
  const name = 'gophership_tls_certificate_expiry_timestamp_seconds{file="a "b".pem"}';
  assert.equal(found.get(name), 1_700_000_000.5);
});

test('metricsText() says the same in both forms, each by its rules', () => {
  const view = filledView();
  const plain = metricsText(view, options);
  const open = metricsText(view, { ...options, openMetrics: true });
  const plainFamilies = parseExposition(plain, false);
  const openFamilies = parseExposition(open, true);
  assert.deepEqual(samplesOf(open), samplesOf(plain));
  assert.equal(openFamilies.size, plainFamilies.size);
  assert.equal(openFamilies.get('gophership_build')?.type, 'info');
  assert.equal(openFamilies.get('gophership_vault_appended_bytes')?.type, 'counter');
  assert.equal(openFamilies.get('gophership_vault_appended_bytes')?.unit, 'bytes');
  assert.equal(openFamilies.get('otelcol_exporter_sent_log_records')?.type, 'unknown');
  assert.equal(plainFamilies.get('otelcol_exporter_sent_log_records')?.type, 'counter');
});

test('metricsText() is bounded with as many destinations and shards as there may be', () => {
  const destinations: DestinationView[] = Array.from({ length: destinationsMax }, (_, at) => {
    const id = `otlp_grpc/${'x'.repeat(40)}${at}`;
    return { id, isRequired: true, consumerIndex: at };
  });
  const text = metricsText(filledView({ shardCount: 4, destinations }), options);
  assert.ok(samplesOf(text).size < 1_000, `${samplesOf(text).size} samples`);
  assert.ok(text.length < 128 * 1_024, `${text.length} characters`);
  const small = metricsText(metricsView(), options);
  assert.ok(samplesOf(small).size < 350, `${samplesOf(small).size} samples`);
});
