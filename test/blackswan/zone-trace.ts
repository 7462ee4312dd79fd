// The zones that an engine went through, as its log tells them.

import type { EngineLogLine } from '../support/engine-process.ts';

/** In lower case; an engine begins in Green. */
export function zoneTrace(lines: readonly EngineLogLine[]): string[] {
  return ['green', ...transitions(lines).map(({ to }) => to)];
}

/** The same with what decided, for whoever has to understand a failure. */
export function traceText(lines: readonly EngineLogLine[]): string {
  const steps = lines
    .filter(({ msg }) => msg === 'zone')
    .map(({ to, cause, signals }) => `${String(to)} (${String(cause)} ${JSON.stringify(signals)})`);
  return ['green', ...steps].join(' > ');
}

/**
 * Green, then Red at some time, perhaps with Yellow before and after, and Green at the end. Without
 * `mustBeRed` Yellow may be enough: who knows that a destination is down hands over at once, and
 * memory does not fill.
 */
export function traceProblems(lines: readonly EngineLogLine[], mustBeRed = true): string[] {
  const trace = zoneTrace(lines);
  const problems: string[] = [];
  if (mustBeRed && !trace.includes('red')) problems.push(`never red: ${trace.join(' > ')}`);
  if (trace.at(-1) !== 'green') problems.push(`not green at the end: ${trace.join(' > ')}`);
  let zone = 'green';
  for (const { from, to } of transitions(lines)) {
    if (from !== zone) problems.push(`from ${from} while it was ${zone}`);
    if (from === 'red' && to === 'green') problems.push('from red to green in one step');
    zone = to;
  }
  return problems;
}

function transitions(lines: readonly EngineLogLine[]): { from: string; to: string }[] {
  return lines
    .filter(({ msg }) => msg === 'zone')
    .map(({ from, to }) => ({
      from: String(from).toLowerCase(),
      to: String(to).toLowerCase(),
    }));
}
