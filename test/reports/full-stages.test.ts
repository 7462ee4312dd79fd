// Scenario: field reports B4, B6 and B8: each queue in the engine runs full because the stage
// behind it is frozen (the downstream, the disk, both), the export queue rejects what is
// acknowledged already, and a disk takes 4 ms for each flush.
// Guarantees: what does not fit goes another way or is refused for a retry: nothing that was
// acknowledged is lost, nothing is dropped inside; a flush is for a group of batches, and what is
// exported pays for none (I1, I5).

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KiB } from '../../src/limits.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { type SlowDisk, slowDisk } from '../support/report-disk.ts';
import { ReportRig, reportsFactor } from '../support/report-rig.ts';
import { pause } from '../vault-engine/engine-rig.ts';

const sizeBytes = KiB;
const queueOfTwo = { sending_queue: { sizer: 'requests', queue_size: 2 } } as const;
/** So late that only a full queue brings a batch to the vault. */
const patient = { ack_deadline: '1m' } as const;
const frozenMs = 2_000;

function diskOf(context: TestContext, rig: ReportRig): SlowDisk | undefined {
  const disk = slowDisk(rig.base.directory, rig.vaultPath);
  if (!('skipped' in disk)) return disk;
  context.skip(`SKIPPED: ${disk.skipped}`);
  return undefined;
}

async function end(context: TestContext, rig: ReportRig, engine: EngineProcess): Promise<void> {
  await rig.delivered();
  rig.checkInvariants(context, engine);
  assert.equal(await engine.stop(), 0);
  const stopped = engine.logs().findLast(({ msg }) => msg === 'stopped');
  assert.deepEqual([stopped?.dropped_records, stopped?.lost_batches], [0, 0]);
}

test('B4 a full export queue before a frozen downstream sends batches to the vault', async (context) => {
  const rig = await ReportRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const exporter = { ...queueOfTwo, timeout: '30s' };
  const engine = await rig.start(context, { exporter, vault: patient });
  const load = await rig.load({ port: engine.port, inFlight: 60, sizeBytes });
  const running = load.run({ count: 60 });
  await pause(1_500);
  assert.ok(load.acked.size >= 50, `${load.acked.size} of 60 by the vault`);
  rig.sink.mode = { kind: 'ok' };
  rig.sink.dropConnections(); // what it has swallowed is sent again
  await running;
  assert.equal(load.acked.size, 60);
  assert.equal(load.refusalCount, 0);
  await end(context, rig, engine);
});

test('B4 a frozen disk sends batches to the downstream, in Red too', async (context) => {
  const rig = await ReportRig.create(context);
  const disk = diskOf(context, rig);
  if (disk === undefined) return;
  const engine = await rig.start(context, { force: 'red', env: disk.env });
  const load = await rig.load({ port: engine.port, inFlight: 256, sizeBytes });
  await load.run({ count: 20 });
  assert.equal(rig.arrivedCount, 0, 'all of it in the vault');
  disk.setFlushDelayMs(frozenMs);
  await load.run({ count: 200, batchesPerSecond: 100 });
  // Those that come in the first 50 ms of a flush wait for it; what comes then finds another way.
  context.diagnostic(`200 batches in 2 s, ${rig.arrivedCount} by export`);
  assert.ok(rig.arrivedCount > 150, `${rig.arrivedCount} by export`);
  disk.setFlushDelayMs(0);
  assert.equal(load.acked.size, 220);
  assert.equal(await engine.stop(), 0);
  const green = await rig.start(context);
  await end(context, rig, green);
});

test('B4 with both frozen, each batch is acknowledged for good or refused for a retry', async (context) => {
  const rig = await ReportRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const disk = diskOf(context, rig);
  if (disk === undefined) return;
  const exporter = { ...queueOfTwo, timeout: '1s' };
  const engine = await rig.start(context, { exporter, env: disk.env });
  disk.setFlushDelayMs(frozenMs);
  const load = await rig.load({ port: engine.port, inFlight: 200, sizeBytes });
  const running = load.run({ durationMs: 3_000 * reportsFactor });
  await pause(2_500 * reportsFactor);
  rig.sink.mode = { kind: 'ok' };
  disk.setFlushDelayMs(0);
  await running;
  assert.ok(load.acked.size > 0);
  for (const outcome of load.refusals.keys()) assert.match(outcome, /^14 [A-Z_]+$/);
  await end(context, rig, engine);
});

test('B6 what is acknowledged and finds the export queue full goes back to the vault', async (context) => {
  const slow = { kind: 'late', answerAfterMs: 30 } as const;
  const rig = await ReportRig.create(context, { sinkMode: slow });
  const red = await rig.start(context, { force: 'red' });
  const backlog = await rig.load({ port: red.port, inFlight: 16, sizeBytes });
  await backlog.run({ count: 300 });
  await backlog.close();
  assert.equal(await red.stop(), 0);
  assert.equal(rig.arrivedCount, 0);
  // Live traffic takes what room there is in the queue.
  const engine = await rig.start(context, { exporter: queueOfTwo });
  const live = await rig.load({ port: engine.port, inFlight: 32, sizeBytes, firstId: 10_000 });
  await live.run({ count: 300 * reportsFactor });
  assert.equal(live.acked.size, 300 * reportsFactor);
  rig.sink.mode = { kind: 'ok' };
  await end(context, rig, engine);
});

test('B6 what was acknowledged by the vault and then fails to be sent stays there', async (context) => {
  const rig = await ReportRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const engine = await rig.start(context, {
    vault: { ack_deadline: '50ms' },
    exporter: { timeout: '500ms' },
  });
  const load = await rig.load({ port: engine.port, inFlight: 16, sizeBytes });
  await load.run({ count: 200 });
  assert.equal(load.acked.size, 200);
  for (const kind of ['exhausted', 'reset', 'unavailable'] as const) {
    rig.sink.mode = { kind };
    rig.sink.dropConnections();
    await pause(300);
  }
  assert.equal(rig.arrivedCount, 0);
  rig.sink.mode = { kind: 'ok' };
  await end(context, rig, engine);
});

test('B8 a flush of 4 ms is paid by groups in Red, and not at all in Green', async (context) => {
  const rig = await ReportRig.create(context);
  const disk = diskOf(context, rig);
  if (disk === undefined) return;
  const perFlush: number[] = [];
  const perSecond: number[] = [];
  for (const force of ['green', 'red'] as const) {
    const engine = await rig.start(context, { force, env: disk.env });
    const firstId = force === 'green' ? 0 : 100_000;
    const load = await rig.load({
      port: engine.port,
      connections: 4,
      inFlight: 32,
      sizeBytes,
      firstId,
    });
    disk.setFlushDelayMs(4);
    await load.run({ count: 200 });
    const flushes = disk.flushCount();
    const startedMs = performance.now();
    await load.run({ durationMs: 2_000 * reportsFactor });
    const elapsedMs = performance.now() - startedMs;
    const count = load.acked.size - 200;
    perFlush.push(count / Math.max(1, disk.flushCount() - flushes));
    perSecond.push((count * 1_000) / elapsedMs);
    disk.setFlushDelayMs(0);
    await load.close();
    rig.checkInvariants(context, engine);
    assert.equal(await engine.stop(), 0);
  }
  const [green = 0, red = 0] = perFlush.map(Math.round);
  const [greenRate = 0, redRate = 0] = perSecond.map(Math.round);
  context.diagnostic(`Green: ${greenRate} acks/s, ${green} a flush`);
  context.diagnostic(`Red: ${redRate} acks/s, ${red} a flush`);
  assert.ok(green > 100, `Green: ${green} batches a flush`);
  assert.ok(red > 8, `Red: ${red} batches a flush`);
  // With a flush for each batch it would be 250 a second at most.
  assert.ok(redRate > 1_000, `Red: ${redRate} acknowledged a second`);
  const last = await rig.start(context);
  await end(context, rig, last);
});
