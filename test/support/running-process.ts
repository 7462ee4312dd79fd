// One child process of a test or a bench: its output as lines, waits that end, and an end that is
// sure. Only processes that it started itself are ever signalled.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type ProcessUsage, readProcessUsage } from './process-usage.ts';

export interface ProcessOptions {
  /** For messages: `collector sender`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningProcess {
  readonly pid: number;
  /** Lines of stdout and stderr so far, oldest first; beyond a bound the oldest are forgotten. */
  readonly lines: readonly string[];
  /**
   * The first line, past or coming, that `matches`; rejects when the process ends or time is up.
   */
  waitForLine(matches: (line: string) => boolean, what: string): Promise<string>;
  /** Exit code, or 128 + signal number as a shell would say it. */
  readonly exited: Promise<number>;
  /** SIGTERM, then the exit code; rejects (after SIGKILL) when the process does not go. */
  stop(timeoutMs?: number): Promise<number>;
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  usage(): ProcessUsage;
}

const linesMax = 20_000;
const lineWaitMs = 20_000;
const stopWaitMs = 30_000;
const lastLinesShown = 15;

export function startProcess(options: ProcessOptions): RunningProcess {
  const { name } = options;
  const child = spawn(options.command, options.args, {
    cwd: options.directory,
    env: options.env === undefined ? process.env : { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > linesMax) lines.shift();
      for (const watcher of watchers) watcher(line);
    });
  }
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  const exited = exitCode(child).finally(() => process.off('exit', killWithParent));
  const describe = (problem: string) =>
    new Error(`${name} ${problem}; last lines:\n${lines.slice(-lastLinesShown).join('\n')}`);

  async function waitForLine(matches: (line: string) => boolean, what: string): Promise<string> {
    const past = lines.find(matches);
    if (past !== undefined) return past;
    const found = Promise.withResolvers<string>();
    const watcher = (line: string) => {
      if (matches(line)) found.resolve(line);
    };
    watchers.add(watcher);
    const timer = setTimeout(
      () => found.reject(describe(`did not print ${what} in ${lineWaitMs} ms`)),
      lineWaitMs,
    );
    const ended = exited.then((code) => {
      throw describe(`ended with ${code} before it printed ${what}`);
    });
    try {
      return await Promise.race([found.promise, ended]);
    } finally {
      clearTimeout(timer);
      watchers.delete(watcher);
    }
  }

  async function stop(timeoutMs = stopWaitMs): Promise<number> {
    child.kill('SIGTERM');
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(describe(`did not end ${timeoutMs} ms after SIGTERM`));
      child.kill('SIGKILL');
    }, timeoutMs);
    try {
      return await Promise.race([exited, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    // Undefined only when the program could not be started, which `exited` reports.
    pid: child.pid ?? 0,
    lines,
    waitForLine,
    exited,
    stop,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    signal: (signalName) => void child.kill(signalName),
    usage: () => readProcessUsage(child.pid ?? 0),
  };
}

const signalNumbers: Readonly<Record<string, number>> = { SIGTERM: 15, SIGKILL: 9, SIGINT: 2 };

async function exitCode(child: ChildProcess): Promise<number> {
  try {
    // 'close' comes after the last line of output, 'exit' may come before it.
    const [code, signal] = await once(child, 'close');
    return code ?? 128 + (signalNumbers[String(signal)] ?? 0);
  } catch {
    // The program could not be started (no such file): the shell's code for that.
    return 127;
  }
}
