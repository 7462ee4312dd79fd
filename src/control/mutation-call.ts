// One request of an operator to change something: whatever becomes of it is one line of the audit.

import { ConnectError } from '@connectrpc/connect';
import { type ErrorCode, GopherShipError } from '../errors.ts';
import { overrideReasonLengthMax } from '../monitor/zone-override.ts';
import type { Audit } from './audit-log.ts';
import type { Caller } from './caller.ts';
import { rpcFault } from './rpc-fault.ts';

export interface MutationCall {
  done(detail: string): void;
  /** What is to be thrown. */
  refused(fault: string, code?: ErrorCode): ConnectError;
  /** The same for what was thrown on the way. */
  failed(error: unknown): unknown;
}

/** A reason has at most so many characters, and so has what is kept of a longer one. */
export const reasonLengthMax = overrideReasonLengthMax;

export function mutationCall(
  audit: Audit,
  caller: Caller,
  procedure: string,
  given: string,
): MutationCall {
  // The request may hold more than a reason may have: the audit keeps 200 of them.
  const reason = given.slice(0, reasonLengthMax).toWellFormed();
  const refused = (detail: string, code: ErrorCode = 'CONTROL_INVALID') => {
    audit.mutation(caller, { procedure, reason, outcome: code, detail });
    return rpcFault(code, detail);
  };
  return {
    refused,
    done: (detail) => audit.mutation(caller, { procedure, reason, outcome: 'done', detail }),
    failed(error) {
      if (error instanceof GopherShipError) return refused(error.message, error.code);
      // Refused, and audited, before it was thrown; or a fault of ours, which the gate reports.
      if (!(error instanceof ConnectError)) {
        const outcome: ErrorCode = 'INTERNAL_FAULT';
        audit.mutation(caller, { procedure, reason, outcome, detail: 'a fault of ours' });
      }
      return error;
    },
  };
}

/** Undefined: it is one, or none, where none is needed. */
export function reasonFault(reason: string): string | undefined {
  if (reason.length <= reasonLengthMax) return undefined;
  return `the reason must have at most ${reasonLengthMax} characters, has ${reason.length}`;
}
