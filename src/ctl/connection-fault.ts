// Why there is no connection to an engine, in the words of the person who has to mend it.

import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { tlsFault } from './tls-fault.ts';

/** @param hint for what has nothing to do with certificates or names */
export function connectionFault(address: string, fault: Error, hint: string): CtlError {
  const known = tlsFault(fault);
  if (known !== undefined) {
    return new CtlError(known.code, known.exitCode, `${address}: ${known.why}`, known.hint);
  }
  return new CtlError(
    'UNREACHABLE',
    CtlExit.Unreachable,
    `${address}: ${faultText(fault)}`,
    nameCodes.has(faultCode(fault)) ? nameHint : hint,
  );
}

/**
 * Connecting to a name with several addresses fails with an AggregateError that has a code and no
 * message.
 */
export function faultText(fault: Error): string {
  return fault.message || faultCode(fault) || fault.name;
}

function faultCode(fault: Error): string {
  return 'code' in fault ? String(fault.code) : '';
}

const nameCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const nameHint = 'the name has no address: is --address spelled right, and does DNS work here?';
