import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsDestinations } from '../../test/support/metrics-view.ts';
import { ConsumerWord, VaultPage, VaultWord, vaultPageSizeBytes } from '../memory/vault-page.ts';
import { replayEtaMs, waitingBatches } from './replay-eta.ts';

function pageOf(waiting: readonly number[], etaMs: number): VaultPage {
  const page = new VaultPage(new SharedArrayBuffer(vaultPageSizeBytes), 0);
  for (const [index, count] of waiting.entries()) {
    page.consumer(index).set(ConsumerWord.Unsettled, count);
  }
  page.set(VaultWord.ReplayEtaMs, etaMs);
  return page;
}

test('waitingBatches() is what waits for the destination that is furthest behind', () => {
  assert.equal(waitingBatches(pageOf([3, 8], 0), metricsDestinations), 8);
  assert.equal(waitingBatches(pageOf([3, 8], 0), metricsDestinations.slice(0, 2)), 3);
  assert.equal(waitingBatches(pageOf([3, 8], 0), []), 0);
});

test('replayEtaMs() is 0 when nothing waits, whatever was measured before', () => {
  assert.equal(replayEtaMs(pageOf([0, 0], 5_000), metricsDestinations), 0);
});

test('replayEtaMs() is what the replay thread has measured, and nothing while it has not', () => {
  assert.equal(replayEtaMs(pageOf([3, 0], 5_000), metricsDestinations), 5_000);
  assert.equal(replayEtaMs(pageOf([3, 0], 0), metricsDestinations), undefined);
});
