// What a failed call means, for the person who made it: the engine said no, or there was no engine,
// or another one. Messages of an engine begin with one of its codes.

import { Code, ConnectError } from '@connectrpc/connect';
import { connectionFault } from './connection-fault.ts';
import type { ControlConnection } from './control-connection.ts';
import { CtlError, isErrorCode } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { durationText } from './quantity-text.ts';

type Connection = Pick<ControlConnection, 'address' | 'timeoutMs' | 'hasSpoken' | 'fault'>;

export async function callFault(error: unknown, connection: Connection): Promise<CtlError> {
  if (!(error instanceof ConnectError)) throw error;
  const { address } = connection;
  const said = engineWords(error.rawMessage);
  // An engine that says no and hangs up has said no.
  const fault = said === undefined ? await connection.fault() : undefined;
  if (fault !== undefined) return connectionFault(address, fault, portHint);
  switch (error.code) {
    case Code.DeadlineExceeded:
    case Code.Canceled:
      return late(connection);
    case Code.Unimplemented:
      return new CtlError('UNSUPPORTED', CtlExit.No, `${address} does not know this call`, oldHint);
    case Code.PermissionDenied:
    case Code.Unauthenticated:
      return refusal('DENIED', CtlExit.Denied, deniedHint(error.rawMessage), error, said);
    case Code.NotFound:
      return refusal('NOT_FOUND', CtlExit.NotFound, '', error, said);
    case Code.InvalidArgument:
      return refusal('USAGE', CtlExit.Usage, 'gs-ctl COMMAND --help', error, said);
    case Code.ResourceExhausted:
      return refusal('ENGINE', CtlExit.No, busyHint, error, said);
    case Code.Unavailable:
      return refusal('UNREACHABLE', CtlExit.Unreachable, unavailableHint, error, said);
    default:
      return refusal('ENGINE', CtlExit.No, said === undefined ? portHint : '', error, said);
  }
}

/** For a stream that the engine has ended although it should go on. */
export function streamEnded(address: string): CtlError {
  return new CtlError(
    'UNREACHABLE',
    CtlExit.Unreachable,
    `${address}: the engine has ended the stream`,
    'it stops or restarts; `gs-ctl health` says when it is back',
  );
}

const portHint = 'is the engine running, and is this its control port (4319)?';
const oldHint =
  'is this its control port (4319)? then the engine is of another version: `gs-ctl version` compares';
const busyHint = 'try again in a moment; `gs-ctl status` says what the engine does';
const unavailableHint = 'try again in a moment; `gs-ctl health` says when it is ready';

function deniedHint(message: string): string {
  const [, role = 'operator'] = /needs the role (viewer|operator)\b/.exec(message) ?? [];
  return `the role is in the certificate, see \`control.roles\`; \`gs-ctl certs issue --role ${role}\` makes one`;
}

interface EngineWords {
  readonly code: string;
  readonly text: string;
}

function engineWords(message: string): EngineWords | undefined {
  const [, code, text] = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
  if (code === undefined || text === undefined) return undefined;
  // Node's own codes, as ENOENT, look like those that have one word.
  return isErrorCode(code) || code.includes('_') ? { code, text } : undefined;
}

function refusal(
  otherwise: CtlError['code'],
  exit: CtlExit,
  hint: string,
  error: ConnectError,
  said: EngineWords | undefined,
): CtlError {
  if (said === undefined) return new CtlError(otherwise, exit, error.rawMessage, hint);
  if (isErrorCode(said.code)) return new CtlError(said.code, exit, said.text, hint);
  return new CtlError('ENGINE', exit, error.rawMessage, hint);
}

function late({ address, timeoutMs, hasSpoken }: Connection): CtlError {
  const what = hasSpoken ? 'no answer' : 'no connection';
  const message = `${address}: ${what} within ${durationText(timeoutMs)}`;
  const hint = hasSpoken ? 'give it longer with --timeout' : portHint;
  return new CtlError('TIMEOUT', CtlExit.TimedOut, message, hint);
}
