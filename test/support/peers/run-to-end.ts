// A peer that does its work and ends: run in a directory of its own, its output kept, its end
// waited for with a bound.

import { startProcess } from '../running-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

export interface RunOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A line of the output that means failure although the program ends with 0. */
  readonly isFailure?: (line: string) => boolean;
}

export interface EndedRun {
  readonly code: number;
  readonly lines: readonly string[];
}

// Far above what any peer needs; a hang becomes a failure that shows the output.
const runMsMax = 120_000;
const lastLinesShown = 20;

/** The output of a run that ended with 0; rejects with the end of it otherwise. */
export async function runToEnd(options: RunOptions): Promise<readonly string[]> {
  const { name, isFailure } = options;
  const { code, lines } = await runToAnyEnd(options);
  const failures = isFailure === undefined ? [] : lines.filter(isFailure);
  if (code !== 0 || failures.length > 0) {
    const shown = [...failures, ...lines].slice(-lastLinesShown);
    throw new Error(`${name} ended with ${code}:\n${shown.join('\n')}`);
  }
  return lines;
}

/** The same for programs whose exit code tells more than success. */
export async function runToAnyEnd(options: RunOptions): Promise<EndedRun> {
  const directory = temporaryDirectory('peer');
  const running = startProcess({ ...options, directory: directory.path });
  const timer = setTimeout(() => void running.kill(), runMsMax);
  try {
    return { code: await running.exited, lines: running.lines };
  } finally {
    clearTimeout(timer);
    directory.remove();
  }
}
