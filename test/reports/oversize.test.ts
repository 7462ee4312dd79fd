// Scenario: field report A9: a downstream takes messages of 1 MiB, and one record of 2 MiB comes
// between usual ones; live, and out of the vault.
// Guarantees: that record alone is refused or set aside, in bounded time and counted, and what
// comes behind it flows (I1, I5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { EngineRig, until } from '../vault-engine/engine-rig.ts';

const limit = { kind: 'limit', sizeBytesMax: MiB } as const;
const boundMs = 5_000;

test('A9 a record larger than the downstream takes is refused alone, and what is behind it flows', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: limit });
  const engine = await rig.start();
  const usual = await producer(engine, KiB);
  const large = await producer(engine, 2 * MiB);
  const startedMs = performance.now();
  await Promise.all([usual.send(20, 4), large.send(1), usual.send(200, 4)]);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < boundMs, `took ${tookMs} ms`);
  assert.equal(usual.acked.size, 220);
  usual.close();
  large.close();
  const stopped = await lastLine(engine);
  assert.equal(stopped.rejected_records, 1);
  assert.equal(stopped.delivered_records, 220);
});

test('A9 such a record in the vault is set aside alone, and what is behind it flows', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: limit });
  const red = await rig.start({ force: 'red' });
  const usual = await producer(red, KiB);
  const large = await producer(red, 2 * MiB);
  await usual.send(50);
  await large.send(1);
  await usual.send(150);
  usual.close();
  large.close();
  assert.equal(large.acked.size + usual.acked.size, 201);
  assert.equal(await red.stop(), 0);
  const startedMs = performance.now();
  const green = await rig.start();
  await until(() => rig.sink.recordCount >= 200, 'everything else arrives', boundMs);
  const tookMs = Math.round(performance.now() - startedMs);
  context.diagnostic(`all delivered ${tookMs} ms after the start`);
  const stopped = await lastLine(green);
  assert.equal(stopped.dead_letter_batches, 1);
  assert.equal(stopped.in_vault_batches, 0);
});

function producer({ port }: EngineProcess, bodySizeBytes: number): Promise<OracleProducer> {
  return OracleProducer.connect({ port, recordsPerBatch: 1, bodySizeBytes, attemptsMax: 1 });
}

async function lastLine(engine: EngineProcess) {
  assert.equal(await engine.stop(), 0);
  const line = engine.logs().findLast(({ msg }) => msg === 'stopped');
  assert.ok(line);
  return line;
}
