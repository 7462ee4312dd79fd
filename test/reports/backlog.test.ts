// Scenario: field reports A7 and A8: an engine is started on a vault of thousands of segments while
// nobody takes what is in it, and one stores batches by the ten thousand during an outage.
// Guarantees: neither the start nor the outage takes memory or descriptors by the number of
// segments or batches; everything arrives when somebody takes it (I1, I2).

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { KiB } from '../../src/limits.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { batchMessage } from '../support/report-load.ts';
import { isWithoutBox, ReportRig, reportsFactor } from '../support/report-rig.ts';
import { writeMeta, writeSegment } from '../support/vault-folder.ts';
import { pause, until } from '../vault-engine/engine-rig.ts';
import { segmentCount, usedBytes } from '../vault-engine/vault-state.ts';

const segmentsTotal = 2_000 * reportsFactor;
const sizeBytes = KiB;

test('A7 an engine that starts on thousands of segments is as small as one that starts on none', async (context) => {
  if (isWithoutBox(context)) return;
  const [empty, emptyFiles] = await settledOn(context, 0);
  const [full, fullFiles, rig, engine] = await settledOn(context, segmentsTotal);
  const figures = `${empty} MiB anonymous on none, ${full} on ${segmentsTotal} segments`;
  context.diagnostic(`${figures}; ${emptyFiles} and ${fullFiles} files open`);
  assert.ok(full - empty <= 12, figures);
  assert.ok(fullFiles - emptyFiles <= 8, `${emptyFiles} and ${fullFiles} files open`);
  rig.sink.mode = { kind: 'ok' };
  await until(() => rig.arrivedCount === segmentsTotal, 'all of it arrives', 60_000);
  rig.checkInvariants(context, engine);
  assert.equal(await engine.stop(), 0);
});

/** Anonymous MiB and open files of an engine that has recovered and tries to send. */
async function settledOn(
  context: TestContext,
  count: number,
): Promise<[number, number, ReportRig, EngineProcess]> {
  const options = { liveZones: true, boxMiB: 256, sinkMode: { kind: 'blackhole' } } as const;
  const rig = await ReportRig.create(context, options);
  if (count > 0) writeVault(rig.vaultPath, count);
  rig.expect(sizeBytes);
  const engine = await rig.start(context);
  if (count > 0) assert.equal(segmentCount(rig.vaultPath), count);
  await pause(2_500); // longer than an attempt to send
  rig.look();
  const anonymousMiB = Math.round(engine.usage().anonymousBytes / (KiB * KiB));
  return [anonymousMiB, readdirSync(`/proc/${engine.pid}/fd`).length, rig, engine];
}

/** Sealed segments of one batch each. */
function writeVault(vaultPath: string, count: number): void {
  const builder = new LogBuilder();
  for (let id = 0; id < count; id += 1) {
    builder.begin();
    builder.addGroup([batchMessage(id, sizeBytes).subarray(5)]);
    builder.seal();
    writeSegment(vaultPath, builder);
    builder.end();
  }
  writeMeta(vaultPath, builder);
}

test('A8 what waits in the vault for its next attempt takes no memory, however much it is', async (context) => {
  if (isWithoutBox(context)) return;
  const options = { liveZones: true, boxMiB: 256, sinkMode: { kind: 'unavailable' } } as const;
  const rig = await ReportRig.create(context, options);
  const engine = await rig.start(context, { exporter: { timeout: '1s' } });
  const load = await rig.load({ port: engine.port, connections: 4, inFlight: 64, sizeBytes });
  await load.run({ count: 10_000 });
  const before = Math.round(engine.usage().anonymousBytes / (KiB * KiB));
  const cursorBytes = usedBytes(`${rig.vaultPath}/cursor`);
  await load.run({ count: 20_000 * reportsFactor });
  const after = Math.round(engine.usage().anonymousBytes / (KiB * KiB));
  const figures = `${before} MiB anonymous with 10,000 batches, ${after} with ${load.acked.size}`;
  context.diagnostic(figures);
  assert.ok(after - before <= 8, figures);
  assert.equal(usedBytes(`${rig.vaultPath}/cursor`), cursorBytes, 'nor does it take space');
  rig.sink.mode = { kind: 'ok' };
  await rig.delivered();
  rig.checkInvariants(context, engine);
  await load.close();
  assert.equal(await engine.stop(), 0);
});
