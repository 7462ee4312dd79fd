import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DestinationCounter,
  ShardCounter,
  StatePage,
  statePageSizeBytes,
} from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { pausedLine, progressLine, readProgress } from './progress-line.ts';

test('progressLine() gives rates of the interval, totals, and what each destination holds', () => {
  const page = new StatePage(new ArrayBuffer(statePageSizeBytes(2)), 0, 2);
  const before = readProgress(page, ['file', 'otlp_grpc/central']);
  for (const shard of [page.shard(0), page.shard(1)]) {
    shard.add(ShardCounter.ReceivedBatches, 10);
    shard.add(ShardCounter.ReceivedRecords, 1_000);
    shard.add(ShardCounter.ReceivedBytes, 3_000_000);
    shard.add(ShardCounter.AckedBatches, 8);
    shard.add(ShardCounter.InflightBatches, 1);
    shard.add(ShardCounter.OpenConnections, 2);
    shard.addRefused('QUEUE_FULL');
    shard.destination(1).set(DestinationCounter.QueuedBatches, 3);
  }
  page.shard(0).destination(1).set(DestinationCounter.OpenBreaker, 1);
  const now = readProgress(page, ['file', 'otlp_grpc/central']);
  assert.equal(
    progressLine(before, now, 2_000),
    '1000 records/s | 3.0 MB/s | 8 acks/s | acked 16 | refused 2 | in flight 2 | 4 connections | ' +
      'file 0 queued | otlp_grpc/central DOWN, 6 queued',
  );
});

test('pausedLine() says which zone pauses the line', () => {
  assert.equal(pausedLine(Zone.Red), 'zone red: live view paused');
});
