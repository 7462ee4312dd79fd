import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configText, loadText } from '../../test/support/config-fixtures.ts';
import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import { messageSizeBytesDefault } from '../memory/arena-plan.ts';
import { batchesBudgetBytes } from '../memory/batches-budget.ts';
import { arenaLayout } from './memory-budget.ts';

const host = { arenaSizeBytes: batchesBudgetBytes, messageSizeBytesDefault };

function config(limitMiB: number, more = '', exporters = ['otlp_grpc: { endpoint: "c:4317" }']) {
  const names = exporters.map((one) => one.split(':')[0]).join(', ');
  const text = configText({
    exporters: exporters.join(', '),
    pipeline: `receivers: [otlp], exporters: [${names}]`,
    more: `memory: { limit_mib: ${limitMiB} }\n${more}`,
  });
  const loaded = loadText(text, { host });
  return loaded.config ?? assert.fail(loaded.problems.join('\n'));
}

test('arenaLayout() has no vault when none is configured, and 4 MiB messages at 128 MiB', () => {
  const plain = config(128);
  assert.equal(plain.receivers.grpc?.messageSizeBytesMax, 4 * MiB);
  assert.equal(arenaLayout(plain).vault, undefined);
});

// From sources, as tests run; built, from 106 MiB on.
test('arenaLayout() holds a vault with one shard and one destination from 131 MiB on', () => {
  const check = (limitMiB: number, messageSizeMiB: number) => {
    const vaulted = config(limitMiB, 'vault: {}');
    assert.equal(vaulted.receivers.grpc?.messageSizeBytesMax, messageSizeMiB * MiB);
    assert.equal(arenaLayout(vaulted).vault?.replay.length, 1);
  };
  check(131, 1);
  check(256, 4);
  check(1_024, 16);
  assert.throws(() => arenaLayout(config(130, 'vault: {}')), GopherShipError);
});

test('arenaLayout() gives a place in the vault to each required destination, and to no other', () => {
  const vaulted = config(256, 'vault: {}', [
    'otlp_grpc: { endpoint: "c:4317" }',
    'otlp_http: { endpoint: "https://d:4318" }',
    'file: { path: /out.jsonl, required: false }',
    'debug: {}',
  ]);
  assert.deepEqual(
    vaulted.exporters.map(({ required }) => required),
    [true, true, false, false],
  );
  assert.equal(arenaLayout(vaulted).vault?.replay.length, 2);
});
