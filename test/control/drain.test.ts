// Scenario: an operator drains an engine whose vault has a backlog that its sink does not take yet,
// with the replay paused, while a producer still sends; then the sink works again.
// Guarantees: from the first moment the engine says that it is not ready, and refuses nobody all
// the same; it says what it waits for; the wait ends when nothing is left, and not before; the end
// of a drain brings back what was set before, and a drain and its end are in the audit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/generated/grpc/health/v1/health_pb.js';
import { BacklogEngine } from './backlog-engine.ts';
import { GrpcCaller } from './grpc-caller.ts';

let engine: BacklogEngine;
before(async () => {
  engine = await BacklogEngine.start();
});
after(() => engine.close());

async function drain() {
  return (await engine.read('Drain', 'GetDrain')).drain;
}

async function health(): Promise<number> {
  const grpc = await GrpcCaller.create(engine.control.port, engine.certificates.viewer);
  try {
    return (await grpc.call(Health.method.check)).status;
  } finally {
    grpc.close();
  }
}

test('an engine that is drained is not ready, and serves whoever sends', async () => {
  await engine.fill(20);
  await engine.home.run(0, ['replay', 'pause', '--yes']);
  assert.equal((await engine.readyz()).status, 200);
  const value = await engine.ctl(0, ['drain', '--reason', 'new kernel', '--yes']);
  assert.deepEqual(
    [value.kind, value.drain.isDraining, value.drain.isEmpty],
    ['Drain', true, false],
  );
  const ready = await engine.readyz();
  assert.deepEqual([ready.status, /draining/.test(ready.body)], [503, true]);
  assert.equal(await health(), Serving.NOT_SERVING);
  await engine.home.run(1, ['health']);
  const { status } = await engine.read('Control', 'GetStatus');
  assert.equal(status.isDraining, true);
  await engine.send(5);
  assert.equal((await drain()).vaultBatches, 25);
});

test('it says what it waits for, and who drains it', async () => {
  await engine.until(async () => /is down/.test(`${(await drain()).waitsFor}`), 'the sink is down');
  const { out } = await engine.home.run(0, ['drain', '--status', '--context', 'viewer']);
  assert.match(out, /^yes +no +0 +\d+ +25 /m);
  assert.match(out, /^drained by .*: new kernel$/m);
  assert.match(out, /^waits: otlp_grpc is down$/m);
  const told = await engine.home.run(0, ['drain', '--yes']);
  assert.doesNotMatch(told.talk, /^plan/m);
});

test('a drain is no pause: neither that nor a plan of an operator holds anything back', async () => {
  const { code, errorText } = await engine.call('operator', 'Replay', 'PauseReplay');
  assert.equal(code, 'failed_precondition');
  assert.match(errorText, /^CONTROL_CONFLICT: the engine is being drained/);
  await engine.home.run(1, ['replay', 'start', '--yes'], /CONTROL_CONFLICT/);
  const { replay } = await engine.read('Replay', 'GetReplay');
  assert.deepEqual([replay.isDraining, replay.state], [true, 'running']);
});

test('drain --wait returns when nothing is left', async () => {
  let isBack = false;
  const waiting = engine.home.run(0, ['drain', '--wait']).then((run) => {
    isBack = true;
    return run;
  });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.equal(isBack, false, 'the vault is full');
  engine.control.sink.mode = { kind: 'ok' };
  const { out, talk } = await waiting;
  assert.match(talk, /25 in the vault/);
  assert.match(out, /^yes +yes +0 +0 +0 /m);
  assert.equal(await engine.waiting(), 0);
  assert.equal((await drain()).isEmpty, true);
});

test('the end of a drain is ready again, with the pause of before', async () => {
  await engine.home.run(0, ['drain', '--end', '--reason', 'next time', '--yes']);
  assert.equal((await engine.readyz()).status, 200);
  assert.equal(await health(), Serving.SERVING);
  assert.equal((await engine.read('Replay', 'GetReplay')).replay.state, 'paused');
  await engine.home.run(5, ['drain', '--end', '--yes'], /NOT_FOUND/);
  await engine.home.run(0, ['replay', 'resume', '--yes']);
  const { events } = await engine.read('Control', 'ListEvents');
  const reasons = events.flatMap(({ mutation }: { mutation?: Record<string, string> }) =>
    /Drain$/.test(mutation?.procedure ?? '') ? [mutation?.reason] : [],
  );
  assert.deepEqual(reasons, ['new kernel', 'next time']);
});

test('SIGTERM stops an engine that is drained as any other', async () => {
  await engine.home.run(0, ['drain', '--yes']);
  await engine.send(3);
});
