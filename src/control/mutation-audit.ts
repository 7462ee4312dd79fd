// The audit of what operators ask for, in one place for all procedures: a handler cannot forget it.
// A request that cannot be read asks for nothing.

import type { Interceptor } from '@connectrpc/connect';
import type { Audit } from './audit-log.ts';
import { callerKey } from './caller-key.ts';
import { AuditedCall, mutationKey } from './mutation-call.ts';

/** For procedures that need an operator, behind the check of the role. */
export function mutationAudit(audit: Audit): Interceptor {
  return (next) => async (request) => {
    const { contextValues, method } = request;
    const call = new AuditedCall(audit, contextValues.get(callerKey), method.name);
    contextValues.set(mutationKey, call);
    try {
      if (!request.stream) call.asked(request.message);
      const response = await next(
        request.stream ? { ...request, message: heard(request.message, call) } : request,
      );
      if (response.stream) return { ...response, message: followed(response.message, call) };
      call.done('');
      return response;
    } catch (error) {
      call.failed(error);
      throw error;
    }
  };
}

async function* heard<Asked extends Parameters<AuditedCall['asked']>[0]>(
  messages: AsyncIterable<Asked>,
  call: AuditedCall,
): AsyncGenerator<Asked> {
  for await (const message of messages) {
    call.asked(message);
    yield message;
  }
}

async function* followed<Answer>(
  answers: AsyncIterable<Answer>,
  call: AuditedCall,
): AsyncGenerator<Answer> {
  try {
    yield* answers;
    call.done('');
  } catch (error) {
    call.failed(error);
    throw error;
  } finally {
    // The caller has gone before the last answer.
    call.left();
  }
}
