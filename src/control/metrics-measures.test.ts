import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplesOf } from '../../test/support/exposition-parser.ts';
import { metricsNowMs, metricsProcess, metricsView } from '../../test/support/metrics-view.ts';
import { TimeHistogram } from '../memory/time-histogram.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import type { EngineView } from './engine-view.ts';
import { type MetricsOptions, metricsText } from './metrics-text.ts';

const options: MetricsOptions = {
  openMetrics: false,
  compat: 'otelcol',
  nowMs: metricsNowMs,
  process: metricsProcess,
};

function check(view: EngineView, expected: Readonly<Record<string, number | undefined>>): void {
  const found = samplesOf(metricsText(view, options));
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(found.get(name), value, name);
  }
}

test('metricsText() gives times in buckets that grow, with all of them in the last', () => {
  const view = metricsView();
  for (const ms of [0.1, 3, 3, 3.99, 4]) view.statePage.shard(0).addAckTime(ms);
  view.statePage.shard(1).addAckTime(90_000);
  const syncs = new TimeHistogram();
  syncs.add(1.5);
  view.vaultPage?.setSyncTimes(syncs.words);
  const bucket = (le: string) => `gophership_ack_seconds_bucket{le="${le}"}`;
  check(view, {
    [bucket('0.00025')]: 1,
    [bucket('0.002')]: 1,
    [bucket('0.004')]: 4,
    [bucket('0.008')]: 5,
    [bucket('32.768')]: 5,
    [bucket('+Inf')]: 6,
    gophership_ack_seconds_count: 6,
    gophership_ack_seconds_sum: (0.1 + 3 + 3 + 3.99 + 4 + 90_000) / 1_000,
    'gophership_vault_sync_seconds_bucket{le="0.001"}': 0,
    'gophership_vault_sync_seconds_bucket{le="0.002"}': 1,
    gophership_vault_sync_seconds_sum: 0.0015,
  });
});

test('metricsText() gives dead letters by reason, and records as far as they are counted', () => {
  const view = metricsView();
  view.vaultPage?.addDeadLetter(DeadLetterReason.PartlyRejected, 7);
  view.vaultPage?.addDeadLetter(DeadLetterReason.Malformed, 0);
  check(view, {
    'gophership_dead_letter_batches_total{reason="partly_rejected"}': 1,
    'gophership_dead_letter_records_total{reason="partly_rejected"}': 7,
    'gophership_dead_letter_batches_total{reason="malformed"}': 1,
    'gophership_dead_letter_records_total{reason="malformed"}': 0,
    'gophership_dead_letter_batches_total{reason="rejected"}': 0,
  });
});

test('metricsText() says nothing of a file system that does not, nor of an oldest batch in none', () => {
  const view = metricsView();
  view.vaultPage?.set(VaultWord.DiskFreeBytes, -1);
  check(view, {
    gophership_vault_disk_free_bytes: undefined,
    gophership_vault_oldest_entry_timestamp_seconds: undefined,
  });
});

test('metricsText() says how long the replay will take, where that is known', () => {
  const view = metricsView();
  check(view, { gophership_replay_eta_seconds: undefined });
  view.vaultPage?.set(VaultWord.ReplayEtaMs, 90_500);
  check(view, { gophership_replay_eta_seconds: 90.5 });
});

test('metricsText() says what became of dead letters', () => {
  const view = metricsView();
  view.vaultPage?.set(VaultWord.WaitingLetters, 7);
  view.vaultPage?.set(VaultWord.RedrivenLetters, 3);
  view.vaultPage?.set(VaultWord.PurgedLetters, 2);
  check(view, {
    gophership_dead_letter_waiting_batches: 7,
    gophership_dead_letter_redriven_batches_total: 3,
    gophership_dead_letter_purged_batches_total: 2,
  });
});
