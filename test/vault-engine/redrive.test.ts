// Scenario: hundreds of batches are dead letters. They are redriven, and the engine is killed with
// SIGKILL on the way, at another moment each time; once it lives, what is left is redriven.
// Guarantees: every batch arrives, as it was sent, whenever the engine was killed; none is left in
// the dead letter, and its space comes back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlRoles } from '../control/control-certificates.ts';
import { ctlHome } from '../control/ctl-contexts.ts';
import { gsCtl } from '../ctl/gs-ctl.ts';
import { listenerTls } from '../interop/interop-pipeline.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { EngineRig, pause, until } from './engine-rig.ts';
import { readCursors } from './vault-state.ts';

const batchCount = 200;
const killCount = 3;
const redrive = ['vault', 'dead-letter', 'redrive', '--all', '--yes', '-o', 'json'];

test('a redrive that is killed loses no batch', async (context) => {
  const random = new SeededRandom(testSeed(context));
  const rig = await EngineRig.create(context);
  const control = { tls: listenerTls(rig.files), roles: controlRoles };
  const first = await rig.start({ force: 'red' });
  const producer = rig.load(first);
  await rig.oracle.untilAcked(batchCount);
  await first.kill();
  await producer.exited;
  const acked = [...rig.oracle.notes().acked];

  rig.sink.mode = { kind: 'grpc', status: 3, message: 'not wanted' };
  const second = await rig.start();
  await until(
    () => (readCursors(rig.vaultPath).get('otlp_grpc')?.deadLettered ?? 0) >= acked.length,
    'all are dead letters',
  );
  assert.equal(await second.stop(), 0);
  rig.collect();
  assert.equal(rig.arrivals.missingOf(acked).length, acked.length);

  // Nobody takes them yet: what was redriven waits in the vault.
  rig.sink.mode = { kind: 'unavailable' };
  for (let life = 0; life < killCount; life += 1) {
    const engine = await rig.start({ control });
    await ctlHome(rig.directory, `127.0.0.1:${engine.controlPort}`);
    const run = gsCtl(`${rig.directory}/home`, redrive);
    await pause(250 + random.below(400)); // gs-ctl needs some of it to start
    await engine.kill();
    const { exitCode } = await run;
    context.diagnostic(`killed: gs-ctl ended with ${exitCode}`);
  }

  rig.sink.mode = { kind: 'ok' };
  const last = await rig.start({ control });
  const home = await ctlHome(rig.directory, `127.0.0.1:${last.controlPort}`);
  const { waitingLetters, stopped } = JSON.parse((await home.run(0, redrive)).out);
  assert.deepEqual([waitingLetters, stopped], [0, '']);
  await until(() => {
    rig.collect();
    return rig.arrivals.missingOf(acked).length === 0;
  }, 'everything is delivered');
  const { deadLetter } = JSON.parse((await home.run(0, ['vault', 'ls', '-o', 'json'])).out);
  assert.equal(deadLetter.segments.length, 0);
  assert.equal(await last.stop(), 0);
  rig.collect();
  const { lost, invented, altered } = rig.arrivals.account(rig.oracle.notes());
  assert.deepEqual({ lost, invented, altered }, { lost: [], invented: [], altered: [] });
});
