// Runs bin/gs-ctl as a user does: a process of its own, in a folder of its own, with no settings of
// the person who runs the tests.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CtlRun {
  readonly exitCode: number;
  readonly out: string;
  readonly talk: string;
}

const launcher = fileURLToPath(new URL('../../bin/gs-ctl', import.meta.url));

export function gsCtl(
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  /** Called with each piece of stdout as it comes. */
  onOut: (text: string) => void = () => {},
  /** Ends it with SIGTERM; its exit code is NaN then. */
  ended?: AbortSignal,
): Promise<CtlRun> {
  const env = { PATH: process.env.PATH, HOME: directory, ...environment };
  return new Promise((resolve) => {
    const child = execFile(
      launcher,
      args,
      { cwd: directory, env, signal: ended },
      (error, out, talk) => {
        const exitCode = error === null ? 0 : Number(error.code);
        resolve({ exitCode, out, talk });
      },
    );
    child.stdout?.on('data', onOut);
  });
}
