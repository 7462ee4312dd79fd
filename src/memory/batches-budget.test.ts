import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB } from '../limits.ts';
import { arenaBudgetBytes, type VaultPlanInput } from './arena-needs.ts';
import { messageSizeBytesDefault } from './arena-plan.ts';
import { batchesBudgetBytes } from './batches-budget.ts';

test('batchesBudgetBytes() is the arena less what a vault takes for messages of an eighth of it', () => {
  const limits = { limitBytes: 1_024 * MiB, shardCount: 1, connectionsMax: 64 };
  for (const consumerCount of [1, 2, 5]) {
    const input = { ...limits, vault: { consumerCount } };
    const batchesSizeBytes = batchesBudgetBytes(input);
    const messageSizeBytesMax = messageSizeBytesDefault(batchesSizeBytes);
    const arenaSizeBytes = arenaBudgetBytes({ ...input, messageSizeBytesMax });
    const rest = arenaSizeBytes - batchesSizeBytes - consumerCount * (batchesSizeBytes / 8);
    assert.ok(Math.abs(rest / MiB - (1 + 8 + 88 + 42) / 16) < 1e-3); // its other regions, in pages
  }
});

test('batchesBudgetBytes() is there with messages of the default for it, at every limit', () => {
  for (let limitMiB = 96; limitMiB <= 1_024; limitMiB += 1) {
    for (const vault of [undefined, { consumerCount: 1 }]) {
      const limits = { limitBytes: limitMiB * MiB, shardCount: 1, connectionsMax: 64, vault };
      const batchesSizeBytes = batchesBudgetBytes(limits);
      const messageSizeBytesMax = messageSizeBytesDefault(batchesSizeBytes);
      const arenaSizeBytes = arenaBudgetBytes({ ...limits, messageSizeBytesMax });
      assert.ok(arenaSizeBytes >= batchesSizeBytes, `${limitMiB} MiB`);
    }
  }
});

test('messageSizeBytesDefault() is an eighth of the arena as a power of two, 1 to 16 MiB', () => {
  const check = (
    limitMiB: number,
    connectionsMax: number,
    expectedMiB: number,
    vault?: VaultPlanInput,
  ) => {
    const limits = { limitBytes: limitMiB * MiB, shardCount: 1, connectionsMax, vault };
    assert.equal(messageSizeBytesDefault(batchesBudgetBytes(limits)), expectedMiB * MiB);
  };
  check(64, 64, 1); // nothing left: planArena() refuses later
  check(96, 64, 2);
  check(112, 64, 4);
  check(128, 64, 4);
  check(215, 400, 8);
  check(256, 527, 16);
  check(1_024, 400, 16);
  check(4_096, 400, 16);
  check(64, 64, 1, { consumerCount: 1 });
  check(135, 64, 2, { consumerCount: 1 });
  check(128, 143, 1, { consumerCount: 1 });
  check(256, 400, 8, { consumerCount: 1 });
  check(256, 575, 4, { consumerCount: 1 });
  check(256, 575, 4, { consumerCount: 5 });
});
