// Scenario: again and again, a usual load in Green, a flood with a dead downstream that turns Red,
// and the way back until everything is delivered; ten minutes of it in the long form.
// Guarantees: what each story promises; and after every cycle resident memory, descriptors and
// slabs are where they were after the first, and the engine takes as much as in the first.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { MiB } from '../../src/limits.ts';
import { controlCertificates } from '../control/control-certificates.ts';
import { requestHttp1 } from '../control/control-client.ts';
import { drained, isGreen } from './drain.ts';
import { usualLoad } from './loads.ts';
import { checkEnd } from './swan-checks.ts';
import { SwanRig } from './swan-rig.ts';
import { isLong } from './swan-story.ts';
import { traceProblems, zoneTrace } from './zone-trace.ts';

const cycleCount = isLong ? Number.POSITIVE_INFINITY : 2;
const soakMs = isLong ? 600_000 : 0;
const greenMs = isLong ? 5_000 : 1_000;
const floodMs = isLong ? 8_000 : 1_500;
const drainMsMax = 60_000;
// Heaps are still warming up after a single cycle.
const growthBytesMax = (isLong ? 8 : 16) * MiB;
const perSecond = 200;

interface CycleEnd {
  readonly rssBytes: number;
  readonly descriptorCount: number;
  /** Memory for batches in use, as a part of it, over all shards. */
  readonly arenaRatio: number;
  readonly floodAckedCount: number;
}

test('memory, descriptors and the pace stay as they are over many floods', async (context) => {
  const rig = await SwanRig.create(context, {
    boxMiB: 128,
    producers: [usualLoad(8, 64)],
    sinkState: 'ok',
    isWatched: true, // by arenaRatioOf()
  });
  await rig.order({ kind: 'connect' });
  const ends: CycleEnd[] = [];
  const startMs = performance.now();
  for (let cycle = 0; cycle < cycleCount && rig.exitCode === undefined; cycle += 1) {
    const isOver = performance.now() - startMs > soakMs;
    if (cycle >= 2 && isOver) break;
    ends.push(await runCycle(rig));
  }
  const text = ends.map(({ rssBytes }) => Math.round(rssBytes / MiB)).join(' ');
  context.diagnostic(`RSS after each cycle, MiB: ${text}`);
  const red = zoneTrace(rig.engine.logs()).filter((zone) => zone === 'red').length;
  const says = (what: string) => context.diagnostic(what);
  const problems = [...growthProblems(ends), ...traceProblems(rig.engine.logs())];
  // Later floods find the destination known to be down, and go to the vault without filling memory.
  if (red === 0) problems.push(`never Red in ${ends.length} cycles`);
  await checkEnd(rig, says, problems);
});

async function runCycle(rig: SwanRig): Promise<CycleEnd> {
  await rig.pace([perSecond]);
  await elapsed(greenMs);
  await rig.enter('refuse');
  const before = await ackedCount(rig);
  await rig.pace([20 * perSecond]);
  await elapsed(floodMs);
  const floodAckedCount = (await ackedCount(rig)) - before;
  await rig.pace([]);
  await rig.enter('ok');
  await drained(rig, drainMsMax);
  await isGreen(rig);
  const arenaRatio = await arenaRatioOf(rig);
  const { rssBytes } = rig.engine.usage();
  const descriptorCount = readdirSync(`/proc/${rig.engine.pid}/fd`).length;
  return { rssBytes, descriptorCount, arenaRatio, floodAckedCount };
}

function growthProblems(ends: readonly CycleEnd[]): string[] {
  const [first, last] = [ends.at(0), ends.at(-1)];
  assert.ok(first !== undefined && last !== undefined, 'no cycle');
  const part = Math.ceil(ends.length / 3);
  const median = (some: readonly CycleEnd[]) =>
    some.map(({ rssBytes }) => rssBytes).sort((a, b) => a - b)[some.length >> 1] ?? 0;
  const growthBytes = median(ends.slice(-part)) - median(ends.slice(0, part));
  const problems: string[] = [];
  if (growthBytes > growthBytesMax) {
    problems.push(`resident memory grew by ${(growthBytes / MiB).toFixed(1)} MiB`);
  }
  if (last.descriptorCount > first.descriptorCount) {
    problems.push(`${first.descriptorCount} descriptors, then ${last.descriptorCount}`);
  }
  const held = ends.map(({ arenaRatio }) => arenaRatio).filter((ratio) => ratio !== 0);
  if (held.length > 0) problems.push(`memory for batches that stays in use: ${held.join(' ')}`);
  if (last.floodAckedCount < first.floodAckedCount / 2) {
    problems.push(`${first.floodAckedCount} acknowledged, then ${last.floodAckedCount}`);
  }
  return problems;
}

async function arenaRatioOf({ engine }: SwanRig): Promise<number> {
  const { viewer } = await controlCertificates();
  const { body } = await requestHttp1(engine.controlPort, viewer, { path: '/metrics' });
  const ratios = [...body.matchAll(/^gophership_shard_arena_ratio\{.*\} (.+)$/gm)];
  assert.notEqual(ratios.length, 0, body);
  return ratios.reduce((sum, [, ratio]) => sum + Number(ratio), 0);
}

async function ackedCount(rig: SwanRig): Promise<number> {
  const [report] = await rig.order({ kind: 'report' });
  return report?.ackedCount ?? 0;
}
