// The story that others die of, told by an outside observer: normal load, a flood of twenty times
// as much, and a downstream that is not there. It gathers whatever is not as promised, and fails
// with all of it at the end.

import type { TestContext } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { peaksText } from './box-watch.ts';
import { drained, isGreen } from './drain.ts';
import { Onlookers } from './onlookers.ts';
import type { SinkState } from './sink-process.ts';
import { checkEnd, producersText } from './swan-checks.ts';
import { type ProducerPlan, SwanRig, type SwanRigOptions } from './swan-rig.ts';
import { traceProblems } from './zone-trace.ts';

/** The long form takes the times of the issue; the short one is for every change. */
export const isLong = process.env.GOPHERSHIP_SWAN === 'long';

export interface Load extends ProducerPlan {
  /** Batches a second of this process. The flood is twenty times as much. */
  readonly perSecond: number;
}

export interface Story extends Omit<SwanRigOptions, 'producers' | 'sinkState'> {
  readonly loads: readonly Load[];
  readonly down: Exclude<SinkState, 'ok'>;
  /** So much, or unanswered for so long, that a shard runs out of memory: it has to turn Red. */
  readonly fillsMemory?: boolean;
  readonly normalMs: number;
  readonly floodMs: number;
  /** After the downstream has returned. */
  readonly afterMs: number;
  /** Everything has to be there so long after the last batch. */
  readonly drainMs: number;
  /** The flood goes on until so much is acknowledged, however long that takes. */
  readonly backlogBytes?: number;
}

const floodFactor = 20;
const floodMsMax = 900_000;

export async function tell(context: TestContext, story: Story): Promise<void> {
  const { loads, down } = story;
  const rig = await SwanRig.create(context, { ...story, producers: loads, sinkState: down });
  const normal = loads.map(({ perSecond }) => perSecond);
  const flood = normal.map((perSecond) => perSecond * floodFactor);
  const says = (text: string) => context.diagnostic(text);

  const onlookers = story.isWatched ? await Onlookers.start(rig.engine.controlPort) : undefined;
  context.after(() => onlookers?.end());
  await rig.order({ kind: 'connect' });
  await rig.pace(normal);
  await lasts(rig, story.normalMs);
  says(`before the flood: ${peaksText(rig.watch.peaks)}`);
  await rig.pace(flood);
  await lasts(rig, story.floodMs);
  await hasBacklog(rig, story);
  says(`flood: ${producersText(await rig.order({ kind: 'report' }))}`);
  await rig.pace(normal);
  await rig.enter('ok');
  await lasts(rig, story.afterMs);
  await rig.pace([]);
  const drainedMs = await drained(rig, story.drainMs, says);
  await isGreen(rig);
  says(`end: all delivered after ${drainedMs} ms`);
  const problems = traceProblems(rig.engine.logs(), story.fillsMemory === true);
  if (onlookers !== undefined) {
    problems.push(...(await onlookers.end()));
    says(`onlookers: ${onlookers.text}`);
  }
  await checkEnd(rig, says, problems);
}

/** Ends early when the engine does. */
async function lasts(rig: SwanRig, durationMs: number): Promise<void> {
  await Promise.race([elapsed(durationMs, undefined, { ref: false }), rig.engine.exited]);
}

async function hasBacklog(rig: SwanRig, { backlogBytes = 0, loads }: Story): Promise<void> {
  const endMs = performance.now() + floodMsMax;
  while (rig.exitCode === undefined && performance.now() < endMs) {
    const reports = await rig.order({ kind: 'report' });
    const bytes = reports.map((report, index) => {
      const { recordCount, textSizeBytes } = loads[index]!.shape; // one load a producer
      return report.ackedCount * recordCount * textSizeBytes;
    });
    if (bytes.reduce((sum, next) => sum + next, 0) >= backlogBytes) return;
    await elapsed(200);
  }
}
