// Scenario: one producer after the other connects with a full handshake, exports once and leaves;
// 2,000 of them, or GOPHERSHIP_SOAK_FACTOR times as many. Guarantees: every export is answered OK,
// and when they are gone the engine has no more memory in use and no more open than after the first
// tenth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { ResourceWatch } from './resource-watch.ts';
import { exportBlock, okBody, oneRecordMessage, soakFactor, startSoak } from './soak-rig.ts';

const cycleCount = 2_000 * soakFactor;
const atATime = 8;
// What the heaps of two threads still grow after the first 200 handshakes: up to 27 MiB were seen,
// and nothing from 1,000 on.
const warmingSizeBytes = 40 * MiB;

test('N4 the engine stays as large as it is while producers come, export and go', async (context) => {
  const rig = await startSoak(context, () => ({ debug: {} }));
  const watch = new ResourceWatch(rig.engine.pid, cycleCount);
  const message = oneRecordMessage(KiB);
  let done = 0;
  const cycles = async (until: number) => {
    let started = done;
    const producer = async () => {
      while (started < until) {
        started += 1;
        const client = await rig.connect();
        const { body } = await client.request(exportBlock, message);
        assert.ok(body.equals(okBody), `cycle ${done} was not answered OK`);
        await client.end();
        done += 1;
        watch.note(done);
      }
    };
    await Promise.all(Array.from({ length: atATime }, producer));
  };

  await cycles(cycleCount / 10);
  await watch.rememberIdle();
  await cycles(cycleCount);
  await watch.checkDescriptors();
  context.diagnostic(watch.checkMemory({ constantBytes: warmingSizeBytes, slopeBytes: 128 }));
  const books = await rig.stop();
  assert.equal(books.acked_batches, cycleCount);
});
