// Scenario: SIGTERM in the middle of a replay, at any moment, while requests of it are under way;
// then the next life.
// Guarantees: what a destination answers within the grace of a drain is settled: the next life
// sends it to nobody again, and all the rest once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuilder } from '../support/log-builder.ts';
import { batchMessage } from '../support/report-load.ts';
import { ReportRig, reportsFactor } from '../support/report-rig.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { writeMeta, writeSegment } from '../support/vault-folder.ts';
import { pause, until } from './engine-rig.ts';

const entriesTotal = 3_000;
const groupEntries = 100;
const sizeBytes = 1_024;

for (const delayMs of [0, 20]) {
  test(`a drain in the middle of a replay leaves nothing to be sent again, answers after ${delayMs} ms`, async (context) => {
    const random = new SeededRandom(testSeed(context));
    for (let life = 0; life < 2 * reportsFactor; life += 1) {
      const rig = await ReportRig.create(context, {
        sinkMode: { kind: 'late', answerAfterMs: delayMs },
      });
      rig.expect(sizeBytes);
      writeVault(rig.vaultPath);
      const first = await rig.start(context);
      const count = 1 + random.below(entriesTotal / 2);
      await until(() => rig.arrivedCount >= count, 'some have arrived', 20_000);
      await pause(random.below(30));
      assert.equal(await first.stop(), 0);
      const arrivedThen = rig.arrivedCount;
      const second = await rig.start(context);
      await until(() => rig.arrivedCount === entriesTotal, 'all have arrived', 60_000);
      assert.equal(await second.stop(), 0);
      rig.look();
      const again = [...rig.arrived.values()].filter((times) => times > 1).length;
      context.diagnostic(`${arrivedThen} before the drain, ${again} twice`);
      assert.equal(again, 0);
    }
  });
}

/** Sealed segments of a group each. */
function writeVault(vaultPath: string): void {
  const builder = new LogBuilder();
  const bodies = Array.from({ length: entriesTotal }, (_, id) =>
    batchMessage(id, sizeBytes).subarray(5),
  );
  while (bodies.length > 0) {
    builder.begin();
    builder.addGroup(bodies.splice(0, groupEntries));
    builder.seal();
    writeSegment(vaultPath, builder);
    builder.end();
  }
  writeMeta(vaultPath, builder);
}
