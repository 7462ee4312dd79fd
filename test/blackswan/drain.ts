// The way back: until everything acknowledged has arrived, and the engine is Green.

import { setTimeout as elapsed } from 'node:timers/promises';
import { ackedPath, arrivedPath, readIds } from './id-file.ts';
import type { SwanRig } from './swan-rig.ts';
import { zoneTrace } from './zone-trace.ts';

const greenAgainMs = 15_000;

/** How long it took until everything acknowledged had arrived, or time was up. */
export async function drained(
  rig: SwanRig,
  drainMs: number,
  says: (text: string) => void = () => {},
): Promise<number> {
  const startMs = performance.now();
  const tookMs = () => Math.round(performance.now() - startMs);
  const progress = new DrainProgress();
  while (tookMs() < drainMs && rig.exitCode === undefined) {
    const reports = await rig.order({ kind: 'report' });
    const { wholeCounts } = await rig.sink.ask({ kind: 'report' });
    progress.note(tookMs(), wholeCounts, rig);
    const isQuiet = reports.every(
      ({ inFlightCount, againCount }) => inFlightCount + againCount === 0,
    );
    const isThere = reports.every(
      ({ ackedCount }, index) => (wholeCounts[index] ?? 0) >= ackedCount,
    );
    if (isQuiet && isThere && missingCount(rig) === 0) break;
    await elapsed(200);
  }
  says(`drain: ${progress.text}`);
  return tookMs();
}

/** Batches a second, and the zone, now and then. */
class DrainProgress {
  text = '';
  #atMs = 0;
  #count = -1;

  note(nowMs: number, wholeCounts: readonly number[], rig: SwanRig): void {
    const count = wholeCounts.reduce((sum, next) => sum + next, 0);
    const elapsedMs = nowMs - this.#atMs;
    if (this.#count >= 0 && elapsedMs < 2_000) return;
    if (this.#count >= 0) {
      const perSecond = Math.round(((count - this.#count) * 1_000) / elapsedMs);
      this.text += `${perSecond}/s ${zoneTrace(rig.engine.logs()).at(-1)}, `;
    }
    this.#atMs = nowMs;
    this.#count = count;
  }
}

export async function isGreen(rig: SwanRig): Promise<void> {
  const endMs = performance.now() + greenAgainMs;
  const last = () => zoneTrace(rig.engine.logs()).at(-1);
  while (last() !== 'green' && performance.now() < endMs && rig.exitCode === undefined) {
    await elapsed(100);
  }
}

/** Batches that are acknowledged and have not arrived whole. */
export function missingCount(rig: SwanRig): number {
  return rig.producers.reduce((sum, _, producer) => {
    const arrived = new Set(readIds(arrivedPath(rig.directory, producer)));
    const acked = readIds(ackedPath(rig.directory, producer));
    return sum + acked.filter((id) => !arrived.has(id)).length;
  }, 0);
}
