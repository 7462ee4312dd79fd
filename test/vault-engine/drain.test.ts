// Scenario: SIGTERM, twice SIGTERM and SIGHUP for an engine with a vault and producers that send:
// while the destination is dead, answers nothing, or is slow.
// Guarantees: the engine ends with 0 in time; what it could not deliver goes to the vault and is
// acknowledged, not given up; the next start, on a sealed vault, delivers all of it; SIGHUP is
// nothing that a producer notices.
//
// Field reports: D4, D5, D6, D9, L2.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EngineProcess } from '../support/engine-process.ts';
import { isLeftToCi } from '../support/vault-cases.ts';
import { deadPort, EngineRig, pause, until } from './engine-rig.ts';
import { readCursors } from './vault-state.ts';

/** The engine's last line. What comes during the drain is refused without being received. */
function lastCounts(engine: EngineProcess) {
  const line = engine.logs().find(({ msg }) => msg === 'stopped');
  assert(line !== undefined, 'the engine says how it stopped');
  const count = (name: string) => Number(line[name]);
  const answered = count('acked_batches') + count('refused_batches') + count('gone_batches');
  assert.ok(count('received_batches') <= answered, 'every batch is accounted for');
  return { acked: count('acked_batches'), unanswered: count('unanswered') };
}

async function deliverAll(rig: EngineRig): Promise<void> {
  rig.sink.mode = { kind: 'ok' };
  const engine = await rig.start();
  await rig.delivered();
  assert.equal(await engine.stop(), 0);
  rig.check();
}

test('D4 D6 L2 SIGTERM with a dead downstream leaves everything in a sealed vault, and the next start delivers it', async (context) => {
  const rig = await EngineRig.create(context);
  const engine = await rig.start({ port: await deadPort(), vault: { ack_deadline: '100ms' } });
  const producer = rig.load(engine);
  await rig.oracle.untilAcked(40);
  assert.equal(await engine.stop(), 0);
  assert.equal(await producer.exited, 0);
  assert.equal(lastCounts(engine).unanswered, 0);
  assert.equal(lastCounts(engine).acked, rig.ackedCount, 'accepted = acknowledged to the producer');
  assert.equal(rig.sink.arrivals.length, 0);
  await deliverAll(rig);
});

test('D5 D6 D9 SIGTERM hands to the vault what a destination that never answers is busy with', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'blackhole' } });
  // Without the drain, nothing would be acknowledged before the minute is over.
  const life = { vault: { ack_deadline: '1m' }, exporter: { timeout: '30s' } };
  const engine = await rig.start(life);
  const producer = rig.load(engine);
  await rig.sink.until(() => rig.sink.arrivals.length > 0);
  const startedMs = performance.now();
  assert.equal(await engine.stop(), 0);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 8_000, `took ${tookMs} ms`);
  assert.equal(await producer.exited, 0);
  assert.ok(rig.ackedCount > 0, 'what was under way is acknowledged');
  assert.equal(lastCounts(engine).unanswered, 0);
  await deliverAll(rig);
  assert.equal(readCursors(rig.vaultPath).get('otlp_grpc')?.lost, 0);
});

test('D6 SIGTERM with a slow destination and a second one lose nothing', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'late', answerAfterMs: 300 } });
  for (const times of [1, 2]) {
    const engine = await rig.start({ control: { drain_timeout: '20s' } });
    const producer = rig.load(engine);
    const arrivals = rig.sink.arrivals.length;
    await rig.sink.until(() => rig.sink.arrivals.length > arrivals + 2);
    if (times === 2) {
      engine.signal('SIGTERM');
      await engine.waitForLog(({ msg }) => msg === 'draining', 'that it drains');
    }
    const startedMs = performance.now();
    assert.equal(await engine.stop(), 0);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 8_000, `took ${tookMs} ms`);
    assert.equal(await producer.exited, 0);
    lastCounts(engine);
  }
  await deliverAll(rig);
});

test('SIGHUP takes over a zone that is held no more, and keeps what works for a bad file', async (context) => {
  const rig = await EngineRig.create(context);
  const engine = await rig.start({ force: 'red' });
  rig.load(engine);
  await rig.oracle.untilAcked(20);
  const path = join(engine.directory, 'gophership.yaml');
  const text = readFileSync(path, 'utf8');
  const signalled = async (written: string, said: RegExp) => {
    writeFileSync(path, written);
    engine.signal('SIGHUP');
    await engine.waitForLog(({ msg }) => said.test(msg), `${said}`);
  };
  await signalled('receivers: [', /the configuration in use stays$/);
  assert.equal(rig.sink.arrivals.length, 0, 'Red holds');
  await signalled(text.replace(/limit: .*/, 'limit: 900MiB'), /these need a restart: vault$/);
  await signalled(
    text.replace('force: red', 'force: green'),
    /read certificates and configuration again$/,
  );
  await rig.delivered();
  rig.check();
});

test('SIGHUP under load changes nothing for producers and for the vault', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  const engine = await rig.start({ force: 'red' });
  const producer = rig.load(engine);
  let gone = false;
  void producer.exited.then(() => {
    gone = true;
  });
  for (let round = 0; round < 5; round += 1) {
    await rig.oracle.untilAcked(rig.ackedCount + 5);
    engine.signal('SIGHUP');
  }
  await rig.oracle.untilAcked(rig.ackedCount + 10);
  await until(
    () =>
      engine.logs().filter(({ msg }) => msg.startsWith('read certificates and configuration'))
        .length >= 2,
    'the signals are seen',
  );
  assert.equal(gone, false, 'the connection lives');
  assert.equal(rig.oracle.notes().refused.size, 0);
  await engine.kill();
  await pause(0);
  await deliverAll(rig);
});
