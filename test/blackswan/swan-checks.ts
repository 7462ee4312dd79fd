// What every story promises, looked at from outside at its end.

import assert from 'node:assert/strict';
import { controlSizeBytes, MiB } from '../../src/limits.ts';
import { peaksText } from './box-watch.ts';
import { missingCount } from './drain.ts';
import type { ProducerReport } from './producer-process.ts';
import type { SwanRig } from './swan-rig.ts';
import { traceText } from './zone-trace.ts';

/** Stops the engine. Fails with all that is not as promised, `problems` among it. */
export async function checkEnd(
  rig: SwanRig,
  says: (text: string) => void = () => {},
  problems: readonly string[] = [],
): Promise<void> {
  const reports = await rig.order({ kind: 'report' });
  says(`end: ${producersText(reports)}`);
  const { cpuSeconds } = await rig.sink.ask({ kind: 'report' });
  const producerSeconds = reports.reduce((sum, report) => sum + report.cpuSeconds, 0);
  says(
    `CPU: producers ${producerSeconds.toFixed(1)} s, sink ${cpuSeconds.toFixed(1)} s, ` +
      `engine ${rig.exitCode === undefined ? rig.engine.usage().cpuSeconds : '?'} s`,
  );
  says(`most: ${peaksText(rig.watch.peaks)}`);
  says(`zones: ${traceText(rig.engine.logs())}`);
  const all = [
    ...problems,
    ...producerProblems(reports, rig),
    ...memoryProblems(rig),
    ...(await deliveryProblems(rig)),
    ...(await endProblems(rig)),
  ];
  assert.deepEqual(all, []);
}

function producerProblems(reports: readonly ProducerReport[], { options }: SwanRig): string[] {
  const counts = new Map<string, number>();
  for (const { refusals } of reports) {
    for (const [what, count] of Object.entries(refusals)) {
      counts.set(what, (counts.get(what) ?? 0) + count);
    }
  }
  const problems = [...counts].map(([what, count]) => `${count} times ${what}`);
  for (const [index, report] of reports.entries()) {
    const expected = options.producers[index]?.connectionCount;
    if (report.connectedCount !== expected) {
      problems.push(`${report.connectedCount} of ${expected} connections are open`);
    }
    if (report.inFlightCount > 0) problems.push(`${report.inFlightCount} calls have no answer`);
  }
  if (reports.every(({ ackedCount }) => ackedCount === 0)) problems.push('nothing acknowledged');
  return problems;
}

function memoryProblems({ box, engine, options, watch }: SwanRig): string[] {
  const { anonymousBytes, heldBytes, oomKills } = watch.peaks;
  const limitMiB = Number(engine.logs().find(({ msg }) => msg === 'memory')?.limit_mib);
  const problems: string[] = [];
  const above = (what: string, bytes: number, mib: number) => {
    if (!(bytes <= mib * MiB)) problems.push(`${what}: ${(bytes / MiB).toFixed(1)} MiB of ${mib}`);
  };
  above('limit of the engine', limitMiB * MiB, options.limitMiB ?? 0.84 * options.boxMiB);
  const controlMiB = options.isWatched === true ? controlSizeBytes / MiB : 0;
  above('anonymous memory of the engine', anonymousBytes, limitMiB + controlMiB);
  above('anonymous memory and kernel of the box', heldBytes, options.boxMiB);
  if (oomKills !== 0) problems.push(`${oomKills} OOM kills in ${box.path}`);
  return problems;
}

async function deliveryProblems(rig: SwanRig): Promise<string[]> {
  const { alteredCount } = await rig.sink.ask({ kind: 'report' });
  const problems: string[] = [];
  const missing = missingCount(rig);
  if (missing > 0) problems.push(`${missing} acknowledged batches have not arrived whole`);
  if (alteredCount > 0) problems.push(`${alteredCount} records arrived altered`);
  return problems;
}

async function endProblems(rig: SwanRig): Promise<string[]> {
  rig.watch.stop();
  if (rig.exitCode !== undefined) {
    const lines = rig.engine
      .logs()
      .slice(-5)
      .map((line) => JSON.stringify(line));
    return [`the engine has ended with ${rig.exitCode}`, ...lines];
  }
  try {
    const code = await rig.engine.stop(); // checks the ledger
    return code === 0 ? [] : [`the engine ended with ${code}`];
  } catch (error) {
    return [String(error)];
  }
}

export function producersText(reports: readonly ProducerReport[]): string {
  const sum = (name: 'ackedCount' | 'sentCount' | 'heldBackCount') =>
    reports.reduce((total, report) => total + report[name], 0);
  const most = (name: 'ackMsMax' | 'ackMsP99') =>
    Math.max(...reports.map((report) => report[name]));
  return (
    `${sum('sentCount')} sent, ${sum('ackedCount')} acknowledged, ` +
    `${sum('heldBackCount')} that no connection was free for, ` +
    `acknowledged within ${most('ackMsP99')} ms (p99), ${most('ackMsMax')} ms (most)`
  );
}
