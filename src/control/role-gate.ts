// What stands between a call and its handler: the role is checked before the handler runs, what an
// operator asks for is audited, and whatever a handler throws becomes an answer. A fault of ours is
// a line of the log and nothing more.

import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { GopherShipError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Audit } from './audit-log.ts';
import { mayAct } from './caller.ts';
import { callerKey } from './caller-key.ts';
import { mutationAudit } from './mutation-audit.ts';
import { neededRole } from './procedure-role.ts';
import { internalFault, rpcFault } from './rpc-fault.ts';

export function roleGate(audit: Audit, log: Log): Interceptor {
  const audited = mutationAudit(audit);
  return (handler) => async (request) => {
    const procedure = request.method.name;
    const caller = request.contextValues.get(callerKey);
    const needed = neededRole(`${request.service.typeName}/${procedure}`);
    if (!mayAct(caller, needed)) {
      audit.denied(caller, procedure);
      throw rpcFault('CONTROL_DENIED', `${procedure} needs the role ${needed}, not ${caller.role}`);
    }
    const told = (error: unknown) => answerTo(error, procedure, request.signal, log);
    const next = needed === 'operator' ? audited(handler) : handler;
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: toldApart(response.message, told) };
    } catch (error) {
      throw told(error);
    }
  };
}

async function* toldApart<Message>(
  messages: AsyncIterable<Message>,
  told: (error: unknown) => ConnectError,
): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    throw told(error);
  }
}

function answerTo(error: unknown, procedure: string, signal: AbortSignal, log: Log): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof GopherShipError) return rpcFault(error.code, error.message);
  // Whatever it was that the end of the call interrupted: nobody hears the answer.
  if (signal.aborted) return ConnectError.from(signal.reason, Code.Canceled);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error('INTERNAL_FAULT', `${procedure}: ${text}`);
  return internalFault();
}
