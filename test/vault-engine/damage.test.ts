// Scenario: between two lives of the engine, units of its segments are overwritten and cursors are
// lost, emptied, zeroed or cut; and a disk that takes long to make things durable.
// Guarantees: the engine starts; everything but what was in damaged blocks is delivered, and that
// is counted once, with its evidence kept; a cursor costs duplicates, never batches; no
// acknowledgement comes before the flush has returned.
//
// Field reports: C1 to C5, C7, C8, C10, C14, C16, D1, E7, E10, E14, L3, L5, L6. The disk that takes
// long needs a C compiler; without one it prints "SKIPPED: reason".

import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { cursorSlotSizeBytes, unitSizeBytes } from '../../src/vault/format.ts';
import { firstBulkyBatch } from '../support/oracle-batch.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount, isLeftToCi } from '../support/vault-cases.ts';
import { deadPort, EngineRig, pause, until } from './engine-rig.ts';
import { compileShim, ShimControl } from './preload.ts';
import { readCursors, segmentCount, vaultFiles } from './vault-state.ts';

/** Leaves batches in the vault, all of them known to be durable, and no engine. */
async function fill(rig: EngineRig, count: number, firstBatch = 0): Promise<void> {
  const engine = await rig.start({ force: 'red' });
  const producer = rig.load(engine, 4, firstBatch);
  await rig.oracle.untilAcked(rig.ackedCount + count);
  await producer.kill();
  await pause(400); // after 100 ms without work a MARK says what is durable
  await engine.kill();
}

test('C1 C3 C4 E10 L5 damage to segments costs what was there, counted once, and nothing else', async (context) => {
  const random = new SeededRandom(testSeed(context));
  const rig = await EngineRig.create(context);
  await fill(rig, 20, firstBulkyBatch);
  const segments = segmentPaths(rig.vaultPath);
  assert.ok(segments.length >= 4, `${segments.length} segments`);
  // Not the newest: of its last block only what comes next says that it was durable.
  for (const [path, sizeBytes] of segments.slice(0, -1)) {
    overwrite(path, 512 * random.below((sizeBytes - unitSizeBytes) / 512), unitSizeBytes);
  }
  const { acked } = rig.oracle.notes();
  let lostBefore: number | undefined;
  for (let life = 0; life < 2; life += 1) {
    const engine = await rig.start();
    const producer = rig.load(engine, 2); // live load beside the replay
    await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are read and deleted');
    await rig.oracle.untilAcked(rig.ackedCount + 10);
    await producer.kill();
    await pause(300);
    assert.equal(await engine.stop(), 0);
    rig.collect();
    const lost = readCursors(rig.vaultPath).get('otlp_grpc')?.lost ?? 0;
    const missing = rig.arrivals.missingOf(acked);
    assert.ok(missing.length <= lost, `${missing.length} missing, ${lost} counted`);
    assert.ok(lost > 0 && lost <= 2 * segments.length, `${lost} counted`);
    assert.equal(lost, lostBefore ?? lost, 'counted once');
    lostBefore = lost;
    if (life === 0) {
      assert.ok(
        engine.logs().some(({ code }) => code === 'VAULT_DAMAGED'),
        'it is said',
      );
    }
  }
  assert.ok(readdirSync(join(rig.vaultPath, 'quarantine')).length > 0, 'the evidence is kept');
  const { invented, altered } = rig.arrivals.account(rig.oracle.notes());
  assert.deepEqual({ invented, altered }, { invented: [], altered: [] });
});

const cursorLosses: Readonly<Record<string, (path: string) => void>> = {
  deleted: (path) => rmSync(path),
  'of 0 bytes': (path) => truncateSync(path, 0),
  'all zeros': (path) => writeFileSync(path, Buffer.alloc(2 * cursorSlotSizeBytes)),
  'a byte short': (path) => truncateSync(path, 2 * cursorSlotSizeBytes - 1),
  'only unfinished': (path) => {
    rmSync(path);
    writeFileSync(`${path}.tmp`, Buffer.alloc(100, 1));
  },
  overwritten: (path) => overwrite(path, 0, 2 * cursorSlotSizeBytes),
};

test('C2 C7 C8 C10 C14 L6 a cursor that is lost costs duplicates, no batch and no number', async (context) => {
  const random = new SeededRandom(testSeed(context));
  const rig = await EngineRig.create(context);
  const names = Object.keys(cursorLosses);
  const first = random.below(names.length);
  let newest = 0;
  let left: readonly number[] = [];
  for (let life = 0; life < caseCount(1); life += 1) {
    await fill(rig, 20);
    const name = names[(first + life) % names.length] ?? '';
    cursorLosses[name]?.(join(rig.vaultPath, 'cursor', 'otlp_grpc.cur'));
    const added = segmentIds(rig.vaultPath).filter((id) => !left.includes(id));
    assert.ok(added.length > 0 && Math.min(...added) > newest, 'no number is given again');
    newest = Math.max(...added);
    const engine = await rig.start();
    try {
      await rig.delivered();
      await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted', 10_000);
      assert.equal(await engine.stop(), 0);
    } catch (cause) {
      throw new Error(`life ${life}: cursor ${name}`, { cause });
    }
    left = segmentIds(rig.vaultPath);
    newest = Math.max(newest, ...left);
  }
  const { duplicateRecords } = rig.check();
  context.diagnostic(`${duplicateRecords} records twice`);
});

test('C5 a last segment that is cut anywhere behind what is durable starts and goes on', async (context) => {
  if (isLeftToCi(context)) return;
  const random = new SeededRandom(testSeed(context));
  const rig = await EngineRig.create(context);
  for (let life = 0; life < caseCount(0.3); life += 1) {
    await fill(rig, 20);
    const [path = '', sizeBytes = 0] = segmentPaths(rig.vaultPath).at(-1) ?? [];
    // Behind the log a live segment is zeros, as many as you like.
    truncateSync(path, sizeBytes - 1 - random.below(sizeBytes / 4));
    const engine = await rig.start();
    await rig.delivered();
    assert.equal(await engine.stop(), 0);
  }
  rig.check();
});

test('C16 E7 a segment that comes back after it was settled is not sent again, and goes', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  await fill(rig, 15);
  const [path = ''] = segmentPaths(rig.vaultPath)[0] ?? [];
  const copy = join(rig.directory, 'copy');
  copyFileSync(path, copy);
  const engine = await rig.start();
  await rig.delivered();
  await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted');
  await pause(600);
  assert.equal(await engine.stop(), 0);
  assert.ok(!existsSync(path), 'it was deleted');
  copyFileSync(copy, path);
  const next = await rig.start();
  await until(() => !existsSync(path), 'it is deleted again');
  assert.equal(await next.stop(), 0);
  assert.equal(rig.sink.arrivals.length, 0);
  assert.equal(rig.check().duplicateRecords, 0);
});

test('D1 E14 L3 no acknowledgement comes before the flush of its group has returned', async (context) => {
  const rig = await EngineRig.create(context);
  const shim = compileShim('fault-shim', rig.directory);
  if ('skipped' in shim) return context.skip(`SKIPPED: ${shim.skipped}`);
  const control = new ShimControl(rig.directory, 'fault-control');
  const env = {
    LD_PRELOAD: shim.path,
    FAULT_DIRECTORY: rig.vaultPath,
    FAULT_CONTROL: control.path,
    FAULT_LOG: join(rig.directory, 'fault-log'),
    FAULT_LIST: '',
  };
  const engine = await rig.start({ env, force: 'red', port: await deadPort() });
  const producer = await OracleProducer.connect({ port: engine.port });
  await producer.send(2);
  control.write(3);
  for (let batch = 0; batch < 3; batch += 1) {
    const startedMs = performance.now();
    await producer.send(1);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 300, `acknowledged after ${tookMs} ms`);
  }
  // A group commit, not a flush for each: eight at once take as long as one or two.
  const startedMs = performance.now();
  await producer.send(8, 8);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 8 * 300, `eight took ${tookMs} ms`);
  producer.close();
  assert.equal(producer.acked.size, 13);
});

/** In their order; spares are none. */
function segmentPaths(vaultPath: string): [path: string, sizeBytes: number][] {
  return [...vaultFiles(join(vaultPath, 'seg'))].filter(([path]) => path.endsWith('.vlt')).sort();
}

function segmentIds(vaultPath: string): number[] {
  return segmentPaths(vaultPath).map(([path]) => Number.parseInt(basename(path, '.vlt'), 16));
}

function overwrite(path: string, offsetBytes: number, lengthBytes: number): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(lengthBytes, 0xa5), 0, lengthBytes, offsetBytes);
  closeSync(descriptor);
}
