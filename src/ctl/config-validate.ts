// `gs-ctl config validate`: everything that can be known of a configuration on this host without
// starting it. The engine beside this program is asked, so that what it says is what a start says.

import { execFile } from 'node:child_process';
import { CtlError, isErrorCode } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { show, type Terminal } from './terminal.ts';

export interface ConfigValidateFlags {
  /** `a.b=c`, in order. */
  readonly set: readonly string[];
}

export async function configValidate(
  files: readonly string[],
  { set }: ConfigValidateFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const { engineProgram } = terminal;
  if (engineProgram === undefined) {
    throw new CtlError('NOT_FOUND', CtlExit.NotFound, 'no engine came with this gs-ctl', '');
  }
  const sources = [
    ...files.flatMap((file) => ['--config', file]),
    ...set.flatMap((one) => ['--set', one]),
  ];
  const { status, stdout, stderr } = await run([engineProgram, 'validate', ...sources], terminal);
  const warnings = [...stderr.matchAll(/^warning: (.*)$/gm)].map(([, text = '']) => text);
  if (status !== 0) throw refusal(stderr);
  for (const text of warnings) terminal.talk(`warning: ${text}\n`);
  const summary = stdout.trim();
  const value = { kind: 'ConfigCheck', files, isValid: true, summary, warnings };
  await show(terminal, value, () => `${summary}\n`);
  return CtlExit.Done;
}

/** The engine's own error, which is the last that it says: `error: CONFIG: ...`, or more lines. */
function refusal(stderr: string): CtlError {
  const [, code = '', message = ''] = /^error: ([A-Z_]+): (.*)$/ms.exec(stderr) ?? [];
  if (!isErrorCode(code)) {
    const text = stderr.trim() || 'the engine has said nothing';
    return new CtlError('ENGINE', CtlExit.No, text, '`gophership validate` says the same');
  }
  return new CtlError(code, CtlExit.No, message.trim(), hintOf(code));
}

function hintOf(code: string): string {
  if (code === 'TLS_MATERIAL') return '`gs-ctl certs inspect FILE...` shows what is in them';
  return 'docs/CONFIG.md has every key; `gs-ctl config schema` prints them for an editor';
}

interface Ran {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const outputSizeBytesMax = 4 * 1024 * 1024;
const runMsMax = 60_000;

function run(args: readonly string[], { environment, directory }: Terminal): Promise<Ran> {
  const options = {
    ...{ env: environment, cwd: directory, timeout: runMsMax, maxBuffer: outputSizeBytesMax },
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? 'ended'), stdout, stderr });
    });
  });
}
