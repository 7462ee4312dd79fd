// Scenario: a neighbour on the same host wants both CPUs, the disk, or the memory of the cgroup
// above ours, and then is gone; producers send a little all the time.
// Guarantees: CPU and memory turn the engine Yellow, the disk turns no zone and slows the replay,
// all of it ends with the neighbour; nobody is refused and nothing is lost meanwhile.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { MiB } from '../../src/limits.ts';
import type { EngineLogLine } from '../support/engine-process.ts';
import { createMemoryBox } from '../support/memory-box.ts';
import { drained } from './drain.ts';
import { usualLoad } from './loads.ts';
import { busyNeighbours, fillingNeighbour, writingNeighbours } from './neighbours.ts';
import { checkEnd } from './swan-checks.ts';
import { SwanRig, type SwanRigOptions } from './swan-rig.ts';
import { zoneTrace } from './zone-trace.ts';

const usual = { boxMiB: 256, sinkState: 'ok', producers: [usualLoad(8, 8)] } as const;
/** Pressure that busy machines have all the time, and that memory and disk are not about. */
const withoutCpu = {
  zones: {
    signals: {
      psi_cpu_some_percent: { yellow: '100%' },
      loop_delay_p99: { yellow: '1m', red: '1m' },
    },
  },
} as const;
/** That everything starts is a pressure of its own, and is seen for so long. */
const startPressureMs = 2_500;
const fewPerSecond = [50];
/** At 1 MiB/s, the pace of Yellow, it is a twentieth of the backlog. */
const slowMs = 3_000;
const waitMsMax = 60_000;

test('a busy neighbour on all CPUs turns Yellow, and Green when it has gone', async (context) => {
  const rig = await start(context, usual);
  const from = rig.engine.logs().length;
  const { end } = busyNeighbours(context, 4);
  await zone(rig, from, 'yellow', 'psi_cpu_some_percent');
  await end();
  await isGreen(rig);
  await finish(rig);
});

test('memory that runs short in the cgroup above turns Yellow, and Green when it is back', async (context) => {
  const parentMiB = 768;
  const parent = createMemoryBox('parent', parentMiB * MiB);
  context.after(() => parent.remove());
  const rig = await start(context, { ...usual, config: withoutCpu, parent });
  const neighbourBox = createMemoryBox('neighbour', parentMiB * MiB, parent);
  context.after(() => neighbourBox.remove());
  const { anonymous, kernel } = parent.usage().statBytes;
  const sizeBytes = Math.round(0.82 * parentMiB * MiB) - anonymous - kernel;
  const from = rig.engine.logs().length;
  const { end } = await fillingNeighbour(context, neighbourBox, sizeBytes);
  await zone(rig, from, 'yellow', 'parent_memory_percent');
  await end();
  await isGreen(rig);
  assert.equal(parent.oomKills() + neighbourBox.oomKills(), 0);
  await finish(rig);
});

test('a neighbour that writes turns no zone, and slows the replay until it has gone', async (context) => {
  const rig = await start(context, { ...usual, config: withoutCpu, sinkState: 'refuse' });
  const backlogBatches = 3_000; // about 60 MiB
  await rig.pace([1_000]);
  await until(async () => (await ackedCount(rig)) >= backlogBatches, 'a backlog');
  await rig.pace([]);
  await isGreen(rig);
  const { end } = writingNeighbours(context, 3, rig.directory);
  await until(() => says(rig, 'disk is busy'), 'that the disk is busy');
  await rig.enter('ok');
  await until(async () => (await arrivedCount(rig)) > 0, 'that the replay begins', rig);
  const before = await arrivedCount(rig);
  await elapsed(slowMs);
  const slowCount = (await arrivedCount(rig)) - before;
  assert.ok(slowCount > 0, 'the replay stands still');
  assert.ok(slowCount < backlogBatches / 3, `${slowCount} of ${backlogBatches} were replayed`);
  await end();
  await until(() => says(rig, 'disk is calm'), 'that the disk is calm');
  const lines = rig.engine.logs();
  const byDisk = lines.filter(({ msg, signals }) => msg === 'zone' && /psi_io/.test(`${signals}`));
  assert.deepEqual(byDisk, []);
  context.diagnostic(`${slowCount} batches in ${slowMs} ms beside the neighbour`);
  await finish(rig);
});

async function start(context: TestContext, options: SwanRigOptions): Promise<SwanRig> {
  const rig = await SwanRig.create(context, options);
  await rig.order({ kind: 'connect' });
  await rig.pace(fewPerSecond);
  await elapsed(startPressureMs);
  await isGreen(rig);
  return rig;
}

async function finish(rig: SwanRig): Promise<void> {
  await rig.pace([]);
  await drained(rig, waitMsMax);
  await checkEnd(rig);
}

/** Resolves when the engine has turned so because of that signal, in lines from `from` on. */
async function zone(rig: SwanRig, from: number, to: string, signal: string): Promise<void> {
  const isIt = (line: EngineLogLine) =>
    line.msg === 'zone' &&
    String(line.to).toLowerCase() === to &&
    `${line.signals}`.includes(signal);
  await until(() => rig.engine.logs().slice(from).some(isIt), `${to} because of ${signal}`, rig);
}

async function isGreen(rig: SwanRig): Promise<void> {
  await until(() => zoneTrace(rig.engine.logs()).at(-1) === 'green', 'Green', rig);
}

function says(rig: SwanRig, text: string): boolean {
  return rig.engine.logs().some(({ msg }) => msg.startsWith(text));
}

async function ackedCount(rig: SwanRig): Promise<number> {
  const [report] = await rig.order({ kind: 'report' });
  return report?.ackedCount ?? 0;
}

async function arrivedCount(rig: SwanRig): Promise<number> {
  const { wholeCounts } = await rig.sink.ask({ kind: 'report' });
  return wholeCounts[0] ?? 0;
}

async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  rig?: SwanRig,
): Promise<void> {
  const endMs = performance.now() + waitMsMax;
  while (!(await condition())) {
    if (performance.now() > endMs) {
      const zones = rig?.engine.logs().filter(({ msg }) => msg === 'zone') ?? [];
      throw new Error(`not in ${waitMsMax} ms: ${what}; ${JSON.stringify(zones)}`);
    }
    await elapsed(50);
  }
}
