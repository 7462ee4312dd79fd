// Scenario: a flood in Red, faster than a disk takes it, and then the replay of a backlog that is
// larger than the memory of the engine, to a destination that is slower than the disk.
// Guarantees: the memory of the process stays what the configuration says, plus what every Node
// process has; the backlog arrives all the same.
//
// Field reports: A5, A7, A8, F2 in short, L1.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { firstBulkyBatch } from '../support/oracle-batch.ts';
import { caseCount, isLeftToCi } from '../support/vault-cases.ts';
import { EngineRig } from './engine-rig.ts';

const limitMiB = 192;
/** What no limit of ours covers: the files that Node and its libraries are mapped from. */
const mappedMiB = 100;

/** Of 1.8 MiB each, which nothing compresses. */
const batchCount = Math.min(caseCount(20), 1_000);
const producerCount = 3;

interface MemoryWatch {
  stop(): void;
  readonly anonymousMiB: number;
  readonly peakMiB: number;
}

function watchMemory(engine: EngineProcess): MemoryWatch {
  let most = 0;
  let peak = 0;
  const look = () => {
    const { anonymousBytes, rssPeakBytes } = engine.usage();
    most = Math.max(most, anonymousBytes);
    peak = Math.max(peak, rssPeakBytes);
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => clearInterval(timer),
    get anonymousMiB() {
      return Math.round(most / MiB);
    },
    get peakMiB() {
      return Math.round(peak / MiB);
    },
  };
}

function check(watch: MemoryWatch, what: string, context: TestContext): void {
  watch.stop();
  const { anonymousMiB, peakMiB } = watch;
  context.diagnostic(`${what}: ${anonymousMiB} MiB anonymous, ${peakMiB} MiB resident at most`);
  assert.ok(anonymousMiB <= limitMiB, `${anonymousMiB} MiB anonymous of ${limitMiB}`);
  assert.ok(peakMiB <= limitMiB + mappedMiB, `${peakMiB} MiB resident`);
}

test('A5 A7 A8 F2 memory stays within its limit during a flood in Red and the replay of a larger backlog', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  const life = {
    memory: { limit_mib: limitMiB },
    vault: { limit: `${Math.ceil(1 + batchCount / 250)}GiB` },
  };
  const first = await rig.start({ ...life, force: 'red' });
  const flood = watchMemory(first);
  const producers = Array.from({ length: producerCount }, () =>
    rig.load(first, 6, firstBulkyBatch),
  );
  await rig.oracle.untilAcked(batchCount, 60_000);
  check(flood, 'flood', context);
  await first.kill();
  for (const producer of producers) await producer.exited;

  rig.sink.mode = { kind: 'late', answerAfterMs: 20 };
  const second = await rig.start(life);
  const replay = watchMemory(second);
  await rig.delivered(20_000 + batchCount * 200);
  check(replay, `replay of ${Math.round(rig.ackedCount * 1.8)} MiB`, context);
  assert.equal(await second.stop(), 0);
  rig.check();
});
