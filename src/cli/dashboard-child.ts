// The dashboard of `gophership dev`, in a process of its own, because the engine serves no plain
// HTTP. Without it the engine runs as well.

import { type ChildProcess, fork } from 'node:child_process';
import type { DashboardAnswer, DashboardQuestion } from './dashboard-messages.ts';

export interface DashboardTarget {
  /** Of the control port. */
  readonly address: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface DashboardChild {
  end(): void;
}

/** A little heap: it shares the memory limit of a container with the engine. */
const nodeFlags = ['--disable-sigusr1', '--max-old-space-size=48', '--max-semi-space-size=1'];

/** For one answer of the engine, which may be busy. */
const timeoutMs = 5_000;

/** @param say prints a line for whoever started the engine */
export function startDashboard(
  target: DashboardTarget,
  directory: string,
  say: (line: string) => void,
): DashboardChild {
  const child = startChild(say);
  if (child === undefined) return { end() {} };
  let isEnding = false;
  tellAbout(child, (line) => {
    if (!isEnding) say(line);
  });
  const question: DashboardQuestion = { flags: { ...target, timeoutMs }, directory };
  // A failure shows as 'error' or 'exit'.
  if (child.connected) child.send(question, () => {});
  return {
    end() {
      isEnding = true;
      if (child.connected) child.disconnect();
    },
  };
}

/** Undefined: the system starts no further process, and the engine runs without. */
function startChild(say: (line: string) => void): ChildProcess | undefined {
  try {
    return fork(new URL('./dashboard-process.ts', import.meta.url), [], {
      execArgv: nodeFlags,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Of a terminal's Ctrl-C: the page shows how the engine drains.
      detached: true,
    });
  } catch (error) {
    say(`no dashboard: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function tellAbout(child: ChildProcess, say: (line: string) => void): void {
  let ended = 'no dashboard: its process ended';
  child.on('message', (answer: DashboardAnswer) => {
    if (answer.kind === 'refused') ended = `no dashboard: ${answer.message}`;
    else {
      ended = 'The dashboard has ended; npx gs-ctl dashboard opens another one.';
      say(`Dashboard: ${answer.link}`);
      say('(for one tab, within a minute; npx gs-ctl dashboard opens another one)');
    }
  });
  child.once('error', (error) => say(`no dashboard: ${error.message}`));
  child.once('exit', () => say(ended));
}
