// An error as gs-ctl shows it: a code to match on, what went wrong with which thing and why, what
// to do about it, and the exit code.

import { type ErrorCode, errorTable, GopherShipError } from '../errors.ts';
import { CtlExit, type StatusExit } from './exit-code.ts';

export type CtlErrorCode =
  | 'USAGE'
  | 'NO_TARGET'
  | 'CONTEXT'
  | 'EXISTS'
  | 'NOT_FOUND'
  | 'UNREACHABLE'
  | 'TLS_PEER'
  | 'TLS_MATERIAL'
  | 'DENIED'
  | 'TIMEOUT'
  | 'UNSUPPORTED'
  | 'NOT_CONFIRMED'
  /** The engine's error has a code that this client does not know; it begins the message. */
  | 'ENGINE';

export class CtlError extends Error {
  override readonly name = 'CtlError';
  readonly code: CtlErrorCode | ErrorCode;
  readonly exitCode: CtlExit | StatusExit;
  readonly hint: string;

  constructor(
    code: CtlErrorCode | ErrorCode,
    exitCode: CtlExit | StatusExit,
    message: string,
    hint: string,
  ) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.hint = hint;
  }

  /** For a command whose exit codes say something else. */
  withExit(exitCode: CtlExit | StatusExit): CtlError {
    return new CtlError(this.code, exitCode, this.message, this.hint);
  }
}

/** Undefined: a fault of ours, which has a stack to show. */
export function asCtlError(error: unknown): CtlError | undefined {
  if (error instanceof CtlError) return error;
  if (!(error instanceof GopherShipError)) return undefined;
  const hint = error.code === 'TLS_MATERIAL' ? materialHint : '';
  return new CtlError(error.code, CtlExit.No, error.message, hint);
}

/** Whatever goes wrong in `run` ends with this exit code, but for a wrong command line. */
export async function failingWith<Result>(
  exitCode: CtlExit | StatusExit,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const known = asCtlError(error);
    throw known?.exitCode === CtlExit.Usage ? known : (known?.withExit(exitCode) ?? error);
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}

const materialHint = '`gs-ctl certs inspect FILE...` shows what is in certificates and keys';
