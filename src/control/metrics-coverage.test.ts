import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsNowMs, metricsProcess, metricsView } from '../../test/support/metrics-view.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { Transport, TransportCounter } from '../memory/transport-counters.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { type MetricsOptions, metricsText } from './metrics-text.ts';

const options: MetricsOptions = {
  openMetrics: false,
  compat: 'otelcol',
  nowMs: metricsNowMs,
  process: metricsProcess,
};

/** Why these are shown by none of the metrics. */
const notShown: Readonly<Record<string, string>> = {
  'shard ReceivedBatches': 'sum of the transports',
  'shard ReceivedRecords': 'as above',
  'shard ReceivedBytes': 'as above',
  'shard RefusedBatches': 'sum of the codes',
  'shard VaultRefused': "the vault's own count says why",
  'shard ReplayedBatches': "the replay's own count",
  'shard StoredBatches': 'a term of the ledger',
  'destination Requests': 'the sum of outcomes, and of what is in flight',
  'destination FailedRequests': 'the sum of two outcomes',
  'destination DuplicateBatches': 'nobody writes it',
  'vault DirectReason': 'a number of the vault; the log has it in words',
  'vault Medium': 'a number of the vault; the log has it in words',
  'vault Lock': 'a lost lock is the state read_only',
  'vault OldestEntrySeq': 'a place in the log, not a time',
  'vault Marks': 'of no use to an operator',
  'vault LostEntries': 'a term of the ledger',
  'vault RedrivenEntries': 'a term of the ledger',
};

test('metricsText() shows every word that threads write, or there is a reason', () => {
  const view = metricsView();
  const shard = view.statePage.shard(1);
  const writes: Record<string, () => void> = {};
  for (const [name, word] of Object.entries(ShardCounter)) {
    writes[`shard ${name}`] = () => shard.add(word, 1);
  }
  for (const [name, word] of Object.entries(DestinationCounter)) {
    writes[`destination ${name}`] = () => {
      for (const at of [0, 1]) shard.destination(at).add(word, 1);
    };
  }
  for (const [name, word] of Object.entries(VaultWord)) {
    writes[`vault ${name}`] = () => view.vaultPage?.add(word, 1);
  }
  for (const transport of Object.values(Transport)) {
    for (const [name, word] of Object.entries(TransportCounter)) {
      writes[`transport ${transport} ${name}`] = () => shard.addTransport(transport, word, 1);
    }
  }
  for (const [name, word] of Object.entries(PivotCounter)) {
    writes[`pivot ${name}`] = () => shard.addPivot(word);
  }
  for (const [name, reason] of Object.entries(DeadLetterReason)) {
    writes[`dead letter ${name}`] = () => view.vaultPage?.addDeadLetter(reason, 0);
  }
  for (const reason of Object.values(ConnectionAbuse)) {
    writes[`abuse ${reason}`] = () => shard.addAbuse(reason);
  }
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    writes[`code ${code}`] = () => shard.addRefused(code);
  }
  const hidden = Object.entries(writes).filter(([, write]) => {
    const before = metricsText(view, options);
    write();
    return metricsText(view, options) === before;
  });
  assert.deepEqual(
    hidden.map(([name]) => name),
    Object.keys(notShown),
  );
});
