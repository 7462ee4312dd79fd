// An error as gs-ctl shows it: a code to match on, what went wrong with which thing and why, what
// to do about it, and the exit code.

import type { CtlExit } from './exit-code.ts';

export type CtlErrorCode =
  | 'USAGE'
  | 'NO_TARGET'
  | 'CONTEXT'
  | 'EXISTS'
  | 'NOT_FOUND'
  | 'UNREACHABLE'
  | 'TLS_PEER'
  | 'TLS_MATERIAL';

export class CtlError extends Error {
  override readonly name = 'CtlError';
  readonly code: CtlErrorCode;
  readonly exitCode: CtlExit;
  readonly hint: string;

  constructor(code: CtlErrorCode, exitCode: CtlExit, message: string, hint: string) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
