// Scenario: field reports A1 and A2 in their boxes: a downstream that says RESOURCE_EXHAUSTED to
// everything while producers send as fast as they can, and 64 producers that come from nothing to
// 4 MiB batches back to back.
// Guarantees: the kernel kills nobody, no connection is refused, reset or sent away, and every
// acknowledged batch arrives in the end (I1, I2, I3).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB } from '../../src/limits.ts';
import { isWithoutBox, ReportRig, reportsFactor } from '../support/report-rig.ts';

test('A1 a downstream that is exhausted for ever, and a flood, fill the vault and not the memory', async (context) => {
  if (isWithoutBox(context)) return;
  const rig = await ReportRig.create(context, {
    liveZones: true,
    boxMiB: 256,
    sinkMode: { kind: 'exhausted' },
  });
  const engine = await rig.start(context);
  const load = await rig.load({ port: engine.port, connections: 16, sizeBytes: 64 * KiB });
  await load.run({ durationMs: 3_000 * reportsFactor });
  rig.checkInvariants(context, engine);
  assert.ok(load.acked.size > 1_000, `${load.acked.size} acknowledged`);
  rig.sink.mode = { kind: 'ok' };
  await rig.delivered();
  await load.close();
  assert.equal(await engine.stop(), 0);
});

test('A2 64 connections send 4 MiB batches back to back, from one moment to the next', async (context) => {
  if (isWithoutBox(context)) return;
  const rig = await ReportRig.create(context, { liveZones: true, boxMiB: 256 });
  const engine = await rig.start(context);
  const sizeBytes = 3_800 * KiB; // beyond it one record is more than one export
  const load = await rig.load({ port: engine.port, connections: 64, inFlight: 1, sizeBytes });
  await load.run({ durationMs: 3_000 * reportsFactor });
  rig.checkInvariants(context, engine);
  assert.ok(load.acked.size >= 20, `${load.acked.size} acknowledged`);
  await rig.delivered();
  await load.close();
  assert.equal(await engine.stop(), 0);
});

test('A2 waves of 1 MiB from 200 connections stay within the one limit', async (context) => {
  if (isWithoutBox(context)) return;
  const rig = await ReportRig.create(context, { liveZones: true, boxMiB: 320 });
  const engine = await rig.start(context);
  const connections = 200;
  const sizeBytes = 1_024 * KiB;
  const load = await rig.load({ port: engine.port, connections, inFlight: 1, sizeBytes });
  for (let wave = 0; wave < 3 * reportsFactor; wave += 1) await load.run({ count: connections });
  await rig.delivered();
  rig.checkInvariants(context, engine);
  assert.equal(load.acked.size, 3 * reportsFactor * connections);
  await load.close();
  assert.equal(await engine.stop(), 0);
});
