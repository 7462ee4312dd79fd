// Scenario: a vault runs full while the downstream is dead: because of its limit, because somebody
// else fills the disk, or because the disk turns read-only; each under load, and each time it ends.
// Guarantees: producers hear UNAVAILABLE with a delay and keep their connection, which works again
// when there is room; nothing acknowledged is lost; the vault never takes more than its limit, and
// gives the space back when everything is sent; drop_oldest drops no more than it counts (V9, V10,
// V19).
//
// Field reports: B1, B3, E2, E3, E4, E6, E8, E9, E12, L1. What cannot be had here prints
// "SKIPPED: reason".

import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { testCertificates } from '../support/certificates.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { call } from '../support/listener-harness.ts';
import { MountedMedia } from '../support/mounted-media.ts';
import { firstBulkyBatch, oracleRequest } from '../support/oracle-batch.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import type { RunningProcess } from '../support/running-process.ts';
import { isLeftToCi } from '../support/vault-cases.ts';
import { deadPort, EngineRig, pause, until } from './engine-rig.ts';
import { compileShim, ShimControl } from './preload.ts';
import { readCursors, segmentCount, usedBytes } from './vault-state.ts';

const limitBytes = 64 * MiB;
/** Spares and the live segment of both logs, META, cursors. */
const floorBytes = (3 * 8 + 16 + 1) * MiB;
const vault = { limit: '64MiB', ack_deadline: '50ms' } as const;

interface Load {
  readonly producer: RunningProcess;
  gone: boolean;
}

/** By default of batches that fill a vault soon. */
function startLoad(rig: EngineRig, engine: EngineProcess, firstBatch = firstBulkyBatch): Load {
  const load = { producer: rig.load(engine, 4, firstBatch), gone: false };
  void load.producer.exited.then(() => {
    load.gone = true;
  });
  return load;
}

/** Resolves when nothing has been acknowledged for a while: the vault takes no more. */
async function untilStuck(rig: EngineRig, whileWaiting = () => {}): Promise<void> {
  let count = -1;
  let sinceMs = performance.now();
  await until(
    () => {
      whileWaiting();
      const now = rig.ackedCount;
      if (now !== count) sinceMs = performance.now();
      count = now;
      return count > 0 && performance.now() - sinceMs > 600;
    },
    'nothing is acknowledged any more',
    30_000,
  );
}

/** What a producer hears now. */
async function answerOf(engine: EngineProcess): Promise<string> {
  const { caPem, client } = await testCertificates();
  const session = http2.connect(`https://127.0.0.1:${engine.port}`, {
    ...{ ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' },
  });
  try {
    const { outcome, fields } = await call(session, frameMessage(oracleRequest('life999-0')));
    return fields['grpc-status-details-bin'] === undefined ? outcome : `${outcome}, with details`;
  } finally {
    session.destroy();
  }
}

/** Where nobody was until now. */
async function reviveSink(context: TestContext, rig: EngineRig, port: number): Promise<OtlpSink> {
  const sink = await startSink({ clientCertificate: true, port });
  context.after(() => sink.close());
  sink.decide = () => {
    queueMicrotask(() => rig.arrivals.add(sink.requests.splice(0)));
    return undefined;
  };
  return sink;
}

test('B1 B3 E4 E6 L1 a full vault answers UNAVAILABLE, keeps the connection, and is emptied to the floor', async (context) => {
  const rig = await EngineRig.create(context);
  const port = await deadPort();
  const engine = await rig.start({ port, vault });
  const load = startLoad(rig, engine);
  let mostBytes = 0;
  const measure = () => {
    mostBytes = Math.max(mostBytes, usedBytes(rig.vaultPath));
  };
  await untilStuck(rig, measure);
  assert.equal(await answerOf(engine), '14 VAULT_FULL, with details');
  assert.equal(load.gone, false, 'the connection lives');
  assert.equal(rig.oracle.notes().refused.size, 0, 'every refusal was one to come again after');
  assert.ok(mostBytes > limitBytes / 2 && mostBytes <= limitBytes, `${mostBytes} bytes at most`);
  await reviveSink(context, rig, port);
  await rig.oracle.untilAcked(rig.ackedCount + 30);
  assert.equal(load.gone, false, 'on the same connection');
  await load.producer.kill();
  await rig.delivered();
  const startedMs = performance.now();
  await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted', 10_000);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 6_000, `V10: took ${tookMs} ms`);
  assert.ok(usedBytes(rig.vaultPath) <= floorBytes, `${usedBytes(rig.vaultPath)} bytes are left`);
  assert.equal(await engine.stop(), 0);
  rig.check();
});

test('E2 E3 E4 a disk that somebody else fills stops acknowledgements, not the engine', async (context) => {
  if (isLeftToCi(context)) return;
  const media = new MountedMedia();
  context.after(() => media.release());
  const disk =
    process.getuid?.() === 0 ? media.image('ext4', 160 * MiB) : { skipped: 'only root can mount' };
  if ('skipped' in disk) return context.skip(`SKIPPED: ${disk.skipped}`);
  const rig = await EngineRig.create(context, { vaultPath: join(disk.path, 'vault') });
  const roomy = { ...vault, limit: '512MiB' };
  const engine = await rig.start({ port: await deadPort(), vault: roomy });
  const load = startLoad(rig, engine);
  await rig.oracle.untilAcked(10);
  const hog = fillUp(join(disk.path, 'hog'));
  await untilStuck(rig);
  assert.equal(await answerOf(engine), '14 VAULT_FULL, with details');
  assert.equal(load.gone, false, 'the connection lives');
  rmSync(hog);
  // Nobody tells the vault that there is room again.
  await rig.oracle.untilAcked(rig.ackedCount + 10);
  assert.equal(load.gone, false, 'on the same connection');
  assert.equal(await engine.stop(), 0);
  const next = await rig.start({ vault: roomy });
  await rig.delivered();
  assert.equal(await next.stop(), 0);
  rig.check();
});

test('E8 E9 drop_oldest loses what it counts, and counts what it loses', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  const dropping = { ...vault, full_policy: 'drop_oldest' };
  const engine = await rig.start({ port: await deadPort(), vault: dropping });
  const load = startLoad(rig, engine);
  const isDrop = ({ msg }: { msg: string }) => msg.startsWith('the oldest batches were dropped');
  await engine.waitForLog(isDrop, 'that it drops');
  await rig.oracle.untilAcked(rig.ackedCount + 50);
  assert.ok(usedBytes(rig.vaultPath) <= limitBytes);
  assert.equal(await engine.stop(), 0);
  await load.producer.exited;
  const dropped = readCursors(rig.vaultPath).get('otlp_grpc')?.dropped ?? 0;
  const next = await rig.start({ vault });
  const { acked } = rig.oracle.notes();
  await until(() => {
    rig.collect();
    return rig.arrivals.missingOf(acked).length <= dropped;
  }, 'everything else arrives');
  assert.equal(await next.stop(), 0);
  rig.collect();
  const { lost, invented, altered } = rig.arrivals.account(rig.oracle.notes());
  assert.deepEqual({ invented, altered }, { invented: [], altered: [] });
  assert.equal(lost.length, dropped, 'in = out + dropped');
  assert.ok(dropped > 0);
  // The oldest, and no more of them than the limit asks for.
  const left = acked.size - dropped;
  assert.ok(left > acked.size / 10, `${dropped} of ${acked.size} dropped`);
});

for (const [title, where] of [
  ['is exported meanwhile', 'export'],
  ['is refused meanwhile', 'refuse'],
] as const) {
  test(`E12 a disk that turns read-only under load: what comes ${title}, and the vault comes back`, async (context) => {
    if (isLeftToCi(context)) return;
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
    const port = where === 'refuse' ? await deadPort() : rig.sink.port;
    const roomy = { ...vault, limit: '512MiB' };
    const engine = await rig.start({ env, port, vault: roomy, force: 'red' });
    const load = startLoad(rig, engine, 0);
    await rig.oracle.untilAcked(20);
    control.write(2);
    await engine.waitForLog(({ code }) => code === 'VAULT_FAILED', 'that the vault cannot write');
    if (where === 'refuse') {
      await untilStuck(rig);
      assert.equal(await answerOf(engine), '14 VAULT_FAILED, with details');
    } else {
      await rig.oracle.untilAcked(rig.ackedCount + 20);
      assert.ok(rig.sink.requests.length > 0, 'through the destination');
    }
    assert.equal(load.gone, false, 'the connection lives');
    control.write(0);
    const entries = segmentCount(rig.vaultPath);
    // Probes find out, and the vault goes on in a fresh segment.
    await until(() => segmentCount(rig.vaultPath) > entries, 'a new segment');
    await rig.oracle.untilAcked(rig.ackedCount + 20);
    assert.equal(load.gone, false, 'on the same connection');
    await engine.kill();
    await load.producer.exited;
    await pause(0);
    const next = await rig.start({ vault: roomy });
    await rig.delivered();
    assert.equal(await next.stop(), 0);
    rig.check();
  });
}

function fillUp(path: string): string {
  const descriptor = openSync(path, 'w');
  for (const sizeBytes of [MiB, 4 * KiB]) {
    const bytes = Buffer.alloc(sizeBytes, 0xaa);
    try {
      for (;;) if (writeSync(descriptor, bytes) < sizeBytes) break;
    } catch {
      // no space is what we are after
    }
  }
  closeSync(descriptor);
  return path;
}
