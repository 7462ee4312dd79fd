// Scenario: the wall clock of a running engine jumps by a year forward and two years back, under
// load and in the middle of a replay. A library before libc makes it so.
// Guarantees: nothing is lost, held back or sent out of order, since order goes by sequence; a
// start with a clock of the past takes what the future has written.
//
// Field reports: F4, as far as there is no expiry. Without a C compiler this prints
// "SKIPPED: reason".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLeftToCi } from '../support/vault-cases.ts';
import { EngineRig } from './engine-rig.ts';
import { compileShim, ShimControl } from './preload.ts';

const yearSeconds = 365 * 86_400;

test('F4 a wall clock that jumps loses nothing and changes no order', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  const shim = compileShim('clock-shim', rig.directory);
  if ('skipped' in shim) return context.skip(`SKIPPED: ${shim.skipped}`);
  const clock = new ShimControl(rig.directory, 'clock-control');
  const env = { LD_PRELOAD: shim.path, CLOCK_CONTROL: clock.path };
  const engine = await rig.start({ force: 'red', env });
  // One batch at a time, so that there is one order.
  const producer = rig.load(engine, 1);
  for (const years of [1, -2, 0, -1]) {
    clock.write(years * yearSeconds);
    await rig.oracle.untilAcked(rig.ackedCount + 15);
  }
  await engine.kill();
  await producer.exited;

  clock.write(-3 * yearSeconds);
  rig.sink.mode = { kind: 'late', answerAfterMs: 5 };
  const exporter = { sending_queue: { num_consumers: 1 } };
  const next = await rig.start({ env, exporter });
  const opened = next.logs().find(({ msg }) => msg === 'vault is open');
  const hostYear = new Date().getUTCFullYear();
  const itsYear = new Date(String(opened?.time)).getUTCFullYear();
  assert.ok(itsYear < hostYear - 1, 'the library is in the way');
  await rig.sink.until(() => rig.sink.requests.length > 0);
  clock.write(5 * yearSeconds);
  const acked = [...rig.oracle.notes().acked];
  const numbersOf = () =>
    rig.sink.requests.flatMap(({ resourceLogs }) =>
      resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) =>
          logRecords.map(({ eventName }) => Number(/-(\d+)\//.exec(eventName)?.[1])),
        ),
      ),
    );
  await rig.sink.until(() => new Set(numbersOf()).size >= acked.length);
  const numbers = numbersOf();
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
    'in the order of the producer',
  );
  await rig.delivered();
  assert.equal(await next.stop(), 0);
  rig.check();
});
