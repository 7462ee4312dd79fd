// Scenario: batches wait in the vault while the sink is down; operators pause and plan the replay,
// a viewer looks and estimates, and the configuration is read again.
// Guarantees: a pause, a range and a rate act, and end when they should; an estimate counts what is
// there and sends nothing; only operators change something, and each change is in the log and among
// the events; a changed configuration wins over what an operator set, and says so.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { neededRole } from '../../src/control/procedure-role.ts';
import { DrainService } from '../../src/generated/gophership/control/v1/drain_pb.js';
import { ReplayService } from '../../src/generated/gophership/control/v1/replay_pb.js';
import { BacklogEngine } from './backlog-engine.ts';
import { operatorName } from './control-certificates.ts';
import { GrpcCaller } from './grpc-caller.ts';

const batchesTotal = 60;
let engine: BacklogEngine;
before(async () => {
  engine = await BacklogEngine.start({ replay: { rate: '40MiB/s' } });
});
after(() => engine.close());

async function replay() {
  return (await engine.read('Replay', 'GetReplay')).replay;
}

test('a pause holds what waits, although its destination works again', async () => {
  // What was handed out before would still be sent.
  const paused = await engine.ctl(0, ['replay', 'pause', '--reason', 'central restarts', '--yes']);
  assert.deepEqual([paused.kind, paused.replay.state], ['Replay', 'paused']);
  assert.deepEqual(paused.undo, 'gs-ctl replay resume');
  await engine.fill(batchesTotal);
  const { sink } = engine.control;
  sink.mode = { kind: 'ok' };
  const before = sink.recordCount;
  const status = await engine.ctl(0, ['replay', 'status', '--context', 'viewer']);
  const { state, reason, by, byReason, destinations } = status.replay;
  assert.deepEqual([state, byReason], ['paused', 'central restarts']);
  assert.match(reason, /an operator has paused/);
  assert.match(by, new RegExp(operatorName));
  assert.deepEqual(
    [destinations[0].id, destinations[0].waitingBatches],
    ['otlp_grpc', batchesTotal],
  );
  // Longer than the replay rests, and than the destination backs off.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(sink.recordCount, before);
  assert.equal(await engine.waiting(), batchesTotal);
});

test('an estimate counts what is there, as a viewer, and sends nothing', async () => {
  const { sink } = engine.control;
  const before = sink.recordCount;
  const count = (...flags: string[]) =>
    engine.ctl(0, ['replay', 'start', '--dry-run', '--context', 'viewer', ...flags]);
  const whole = await count('--rate', '1MiB');
  assert.deepEqual([whole.kind, whole.isComplete], ['ReplayEstimate', true]);
  assert.deepEqual([whole.batches, whole.lostBatches], [batchesTotal, 0]);
  assert.ok(whole.bytes > batchesTotal * 400 && whole.segments >= 1, JSON.stringify(whole));
  assert.ok(whole.recordsMin === 4 * batchesTotal || whole.uncountedBatches > 0);
  assert.equal(whole.durationMinMs, Math.round((1_000 * whole.bytes) / 1024 ** 2));
  assert.deepEqual(
    [(await count('--from', '1h')).batches, (await count('--to', '1h')).batches],
    [batchesTotal, 0],
  );
  const table = await engine.home.run(0, ['replay', 'start', '--dry-run']);
  assert.match(table.out, new RegExp(`^otlp_grpc +${batchesTotal} `, 'm'));
  assert.equal(sink.recordCount, before);
  assert.equal((await replay()).state, 'paused');
});

test('a plan shows what it would send before anything is changed', async () => {
  const { talk } = await engine.home.run(64, ['replay', 'start', '--order', 'newest']);
  assert.match(talk, /^plan: replay on .*: newest first$/m);
  assert.match(talk, new RegExp(`^ +${batchesTotal} batches, .* in \\d+ segments?$`, 'm'));
  assert.match(talk, /^undo: gs-ctl replay start && gs-ctl replay pause$/m);
  assert.match(talk, /^error: NOT_CONFIRMED: /m);
  assert.equal((await replay()).state, 'paused');
});

test('a range sends what was received then, says when that is done, and keeps the rest', async () => {
  const { sink } = engine.control;
  const before = sink.recordCount;
  await engine.home.run(0, ['replay', 'start', '--to', '1h', '--yes']);
  await engine.until(async () => (await replay()).isRangeDone === true, 'the range is done');
  const { state, plan } = await replay();
  assert.deepEqual([state, plan.range.from], ['running', undefined]);
  assert.equal(sink.recordCount, before);
  assert.equal(await engine.waiting(), batchesTotal);
  await engine.home.run(0, ['replay', 'start', '--reason', 'all of it', '--yes']);
  await engine.until(async () => (await engine.waiting()) === 0, 'everything is sent');
  assert.equal((await replay()).plan.range, undefined);
  assert.equal((await replay()).eta, '0s');
});

test('what operators set is among the events, and in the log', async () => {
  const { events } = await engine.read('Control', 'ListEvents');
  const told = events.flatMap(({ mutation }: { mutation?: Record<string, string> }) =>
    mutation === undefined ? [] : [[mutation.procedure, mutation.outcome, mutation.detail]],
  );
  const [pause, range, start] = told;
  assert.deepEqual(pause, ['PauseReplay', 'done', 'paused']);
  assert.match(range.join(), /^StartReplay,done,what was received to 20/);
  assert.deepEqual(start, ['StartReplay', 'done', 'as configured']);
  await engine.control.engine.waitForLog(
    (line) => line.msg === 'audit' && line.reason === 'all of it',
    'the line of the start',
  );
});

test('the replay service says what is wrong with a plan, and changes nothing', async () => {
  const wrong = [
    { plan: { rateBytesPerSecond: 1 } },
    { plan: { order: 9 } },
    { plan: { range: { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' } } },
    { reason: 'x'.repeat(513) },
  ];
  for (const message of wrong) {
    const { code, errorText } = await engine.call('operator', 'Replay', 'StartReplay', message);
    assert.equal(code, 'invalid_argument', errorText);
    assert.match(errorText, /^CONTROL_INVALID: ./);
  }
  assert.deepEqual((await replay()).plan, {});
});

test('each procedure of replay and drain is open to the role that its description names', async () => {
  const files = { replay: ReplayService, drain: DrainService };
  const grpc = await GrpcCaller.create(engine.control.port, engine.certificates.viewer);
  const producer = await GrpcCaller.create(engine.control.port, engine.certificates.producer);
  const permissionDenied = 7;
  try {
    for (const [name, { methods, typeName }] of Object.entries(files)) {
      const url = new URL(`../../proto/gophership/control/v1/${name}.proto`, import.meta.url);
      const text = readFileSync(url, 'utf8');
      for (const method of methods) {
        const described = new RegExp(
          `// (Viewer|Operator)\\.[^\\n]*\\n(?: *//[^\\n]*\\n)* *rpc ${method.name}\\(`,
        ).exec(text)?.[1];
        const role = neededRole(`${typeName}/${method.name}`);
        assert.equal(described?.toLowerCase(), role, method.name);
        const { status } = await grpc.outcome(method);
        assert.equal(status === permissionDenied, role === 'operator', `${method.name} ${status}`);
        assert.equal((await producer.outcome(method)).status, permissionDenied, method.name);
      }
    }
  } finally {
    grpc.close();
    producer.close();
  }
  await engine.home.run(4, ['replay', 'pause', '--yes', '--context', 'viewer'], /CONTROL_DENIED/);
  await engine.home.run(4, ['drain', '--yes', '--context', 'viewer'], /CONTROL_DENIED/);
  assert.equal((await replay()).state, 'running');
});

test('SIGHUP keeps what an operator set, until replay itself is configured otherwise', async () => {
  const { engine: process } = engine.control;
  const path = join(process.directory, 'gophership.yaml');
  const reread = (count: number) =>
    engine.until(
      async () =>
        process.logs().filter(({ msg }) => /configuration again/.test(msg)).length >= count,
      'the configuration is read',
    );
  await engine.ctl(0, ['replay', 'start', '--rate', '1MiB', '--order', 'newest', '--yes']);
  process.signal('SIGHUP');
  await reread(1);
  const kept = await replay();
  assert.deepEqual([kept.rateBytesPerSecond, kept.order], [1024 ** 2, 'REPLAY_ORDER_NEWEST']);
  writeFileSync(path, readFileSync(path, 'utf8').replace('40MiB/s', '30MiB/s'));
  process.signal('SIGHUP');
  await process.waitForLog(({ msg }) => /takes the place of/.test(msg), 'that it wins');
  const { rateBytesPerSecond, order, plan, by } = await replay();
  assert.deepEqual([rateBytesPerSecond, order], [30 * 1024 ** 2, 'REPLAY_ORDER_OLDEST']);
  assert.deepEqual([plan, by], [{}, undefined]);
  const { events } = await engine.read('Control', 'ListEvents');
  const { by: author, outcome, reason } = events.at(-1).mutation;
  assert.deepEqual([author, outcome], ['gophership', 'ended']);
  assert.match(reason, /another section replay/);
});

test('an estimate gives way to pressure, is refused in Red, and ends with its caller', async () => {
  const override = async (zone: string) => {
    const message = { zone, duration: '60s', reason: 'a slower host' };
    assert.equal((await engine.call('operator', 'Control', 'SetOverride', message)).code, 'ok');
  };
  await engine.home.run(0, ['replay', 'pause', '--yes']);
  await engine.fill(2_500);
  await override('ZONE_RED');
  await engine.home.run(1, ['replay', 'start', '--dry-run'], /CONTROL_BUSY: in Red the disk/);
  await override('ZONE_YELLOW');
  const caller = await GrpcCaller.create(engine.control.port, engine.certificates.viewer);
  const stream = caller.watch(ReplayService.method.estimateReplay);
  stream.on('error', () => {}); // it is cancelled
  const [soFar] = await once(stream, 'data');
  assert.equal(soFar.isComplete, false);
  assert.ok(soFar.batches > 0 && soFar.batches < 2_500, `${soFar.batches} batches`);
  const dryRun = ['replay', 'start', '--dry-run'];
  await engine.home.run(1, dryRun, /CONTROL_BUSY: an estimate is under way/);
  stream.cancel();
  await override('ZONE_GREEN');
  const next = caller.watch(ReplayService.method.estimateReplay);
  let last = soFar;
  next.on('data', (message) => {
    last = message;
  });
  await once(next, 'end');
  caller.close();
  assert.deepEqual([last.isComplete, last.batches], [true, 2_500]);
});

test('a rate is kept, and tells after a few seconds how long everything takes', async () => {
  engine.control.sink.mode = { kind: 'ok' };
  await engine.home.run(0, ['replay', 'start', '--rate', '64KiB', '--yes']);
  const startMs = performance.now();
  const before = await engine.waiting();
  await engine.until(async () => (await replay()).eta !== undefined, 'an estimate of the time');
  const { eta } = await replay();
  const etaSeconds = Number(/^([\d.]+)s$/.exec(eta)?.[1]);
  // A batch has about 470 bytes.
  const sentBytes = (before - (await engine.waiting())) * 470;
  const elapsedMs = performance.now() - startMs;
  assert.ok(sentBytes < 64 * 1024 * (1 + elapsedMs / 1_000), `${sentBytes} in ${elapsedMs} ms`);
  assert.ok(etaSeconds > 2 && etaSeconds < 120, eta);
  assert.match((await engine.home.run(0, ['status'])).out, /^open .* running .* \d+s$/m);
  await engine.home.run(0, ['replay', 'start', '--yes']);
  await engine.until(async () => (await engine.waiting()) === 0, 'everything is sent');
});

test('an engine without a vault has no replay, and says so', async () => {
  const { startControlEngine } = await import('./control-engine.ts');
  const { ctlHome } = await import('./ctl-contexts.ts');
  const other = await startControlEngine();
  try {
    const home = await ctlHome(other.directory, `127.0.0.1:${other.port}`);
    await home.run(5, ['replay', 'status'], /CONTROL_NOT_FOUND: there is no vault/);
    await home.run(0, ['drain', '--status']);
  } finally {
    await other.close();
  }
});
