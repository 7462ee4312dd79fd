// Scenario: kill -9 of the whole engine, life after life on one vault: under load in Red, in Green
// with a downstream that is dead, answers nothing or fails now and then, in the middle of a replay,
// during its start, several times within seconds, and after it was stopped for a while.
// Guarantees: everything acknowledged in any life is delivered in the end, whole and unchanged, and
// nothing else is; the engine always starts again; every cursor's ledger adds up.
//
// Field reports: C6, C15, D6, D7, E10, E11, L1, L3, L4, and K1's stale lock. The oracle's batches
// are from some bytes to 1.8 MiB, interleaved: shared blocks, blocks of their own, and pieces (L4).

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EngineProcess } from '../support/engine-process.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount } from '../support/vault-cases.ts';
import { deadPort, EngineRig, type LifeOptions, pause, until } from './engine-rig.ts';
import { readCursors, segmentCount } from './vault-state.ts';

type Death = (rig: EngineRig, random: SeededRandom) => Promise<void>;

/** By name. CI has ten of each, `npm test` half of them, which half is by chance. */
const deaths: Readonly<Record<string, Death>> = {
  async 'in Red'(rig, random) {
    await killUnderLoad(rig, random, { force: 'red' }, () =>
      rig.oracle.untilAcked(rig.ackedCount + 60),
    );
  },
  async 'with a dead downstream'(rig, random) {
    await killUnderLoad(rig, random, { port: await deadPort(), vault: { ack_deadline: '50ms' } });
  },
  async 'with one that answers nothing'(rig, random) {
    rig.sink.mode = { kind: 'blackhole' };
    await killUnderLoad(rig, random, { vault: { ack_deadline: '50ms' } });
  },
  async 'with one that flaps'(rig, random) {
    rig.sink.decide = () =>
      random.pick([
        { kind: 'ok' },
        { kind: 'ok' },
        { kind: 'unavailable' },
        { kind: 'disconnect', stored: true },
        { kind: 'blackhole' },
      ] as const);
    await killUnderLoad(rig, random, { vault: { ack_deadline: '100ms' } });
  },
  async 'in the middle of a replay'(rig, random) {
    await killUnderLoad(rig, random, { force: 'red' });
    rig.sink.mode = { kind: 'late', answerAfterMs: 20 };
    rig.collect();
    const engine = await rig.start({ replay: { rate: '4MiB/s' } });
    // The first comes for sure; how many there are depends on how batches are put together.
    await rig.sink.until(() => rig.sink.arrivals.length >= 1);
    await pause(random.below(150));
    await kill(engine);
  },
  async 'while it starts'(rig, random) {
    const engine = rig.spawn();
    await pause(100 + random.below(1_000));
    await engine.kill();
  },
  async 'many times within seconds'(rig, random) {
    for (let index = 0; index < 4; index += 1) {
      const engine = rig.spawn({ force: random.pick(['red', 'none']) });
      await pause(300 + random.below(400));
      await engine.kill();
    }
  },
  async 'after it was stopped for a while'(rig, random) {
    await killUnderLoad(rig, random, { force: 'red' }, async (engine) => {
      engine.signal('SIGSTOP');
      await pause(300);
      engine.signal('SIGCONT');
      const acked = rig.ackedCount;
      await rig.oracle.untilAcked(acked + 20);
    });
  },
};

/** Lives between two looks at everything, which bounds what a vault and a test have to hold. */
const livesPerLook = 10;

test('C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9: whatever was acknowledged before it is delivered by a later life', async (context) => {
  const random = new SeededRandom(testSeed(context));
  const names = Object.keys(deaths);
  const count = Math.max(names.length, caseCount(names.length) / 2);
  const first = random.below(names.length);
  const rig = await EngineRig.create(context);
  const tally = new Map<string, number>();
  for (let life = 0; life < count; life += 1) {
    const name = names[(first + life) % names.length] ?? '';
    tally.set(name, (tally.get(name) ?? 0) + 1);
    try {
      await deaths[name]?.(rig, random);
      rig.sink.mode = { kind: 'ok' };
      rig.sink.decide = undefined;
      if (life % livesPerLook === livesPerLook - 1) await look(rig, context);
    } catch (cause) {
      throw new Error(`life ${life}, ${name}`, { cause });
    }
  }
  await look(rig, context);
  context.diagnostic(`kills: ${[...tally].map(([name, times]) => `${times} ${name}`).join(', ')}`);
});

/** A life that nothing happens to: it delivers everything, frees the space and ends with 0. */
async function look(rig: EngineRig, context: TestContext): Promise<void> {
  const engine = await rig.start();
  await rig.delivered();
  // V10: what is settled is deleted, so that at most the live segment is left.
  await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted', 10_000);
  assert.equal(await engine.stop(), 0);
  const { ackedCount, duplicateRecords, unacked } = rig.check();
  const cursor = readCursors(rig.vaultPath).get('otlp_grpc');
  assert(cursor !== undefined, 'no cursor');
  const { lost, dropped, deadLettered } = cursor;
  assert.deepEqual({ lost, dropped, deadLettered }, { lost: 0, dropped: 0, deadLettered: 0 });
  const stopped = engine.logs().find(({ msg }) => msg === 'stopped');
  assert.equal(stopped?.ledger_difference, 0);
  assert.equal(stopped?.in_vault_batches, 0);
  const unexpected = engine.logs().filter(({ code }) => code === 'VAULT_DAMAGED');
  assert.deepEqual(unexpected, [], 'a kill damages nothing');
  const counts = `${duplicateRecords} records twice, ${unacked.length} batches never acknowledged`;
  context.diagnostic(`${ackedCount} batches acknowledged, ${counts}`);
}

async function killUnderLoad(
  rig: EngineRig,
  random: SeededRandom,
  life: LifeOptions,
  before: (engine: EngineProcess) => Promise<void> = async () => {},
): Promise<void> {
  const acked = rig.ackedCount;
  const engine = await rig.start(life);
  const producer = rig.load(engine);
  await rig.oracle.untilAcked(acked + 5 + random.below(80));
  await before(engine);
  await pause(random.below(15));
  await kill(engine);
  assert.equal(await producer.exited, 0);
}

async function kill(engine: EngineProcess): Promise<void> {
  await engine.kill();
  assert.equal(await engine.exited, 128 + 9, 'it was alive until then');
}
