// One request of an operator to change something, as the gate follows it (role-gate.ts). However it
// ends is one line of the audit; of work that goes on without its caller, another one at its begin.

import type { Message } from '@bufbuild/protobuf';
import { Code, ConnectError, type ContextKey, createContextKey } from '@connectrpc/connect';
import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { overrideReasonLengthMax } from '../monitor/zone-override.ts';
import type { Audit } from './audit-log.ts';
import type { Caller } from './caller.ts';
import { faultParts } from './rpc-fault.ts';

/** What a handler may say of it. What it does not say is told by how it ends. */
export interface MutationCall {
  /** It has happened, whatever becomes of the answer. */
  done(detail: string): void;
  /**
   * Runs work that goes on when its caller has gone: `detail` is a line before it begins, what
   * `endOf` says of it one when it has ended.
   */
  long<Result>(
    detail: string,
    work: () => Promise<Result>,
    endOf: (result: Result) => MutationEnd,
  ): Promise<Result>;
}

export interface MutationEnd {
  /** "done", or the code of what was in the way. */
  readonly outcome: string;
  readonly detail: string;
}

/** Where a handler finds it; behind no gate, nothing is written down. */
export const mutationKey: ContextKey<MutationCall> = createContextKey<MutationCall>(
  { done() {}, long: (_, work) => work() },
  { description: 'mutation' },
);

/** Fields that requests of operators have; without `dryRun` none is one. */
interface Asked {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** A reason has at most so many characters, and so has what is kept of a longer one. */
const reasonLengthMax = overrideReasonLengthMax;

export class AuditedCall implements MutationCall {
  readonly #audit: Audit;
  readonly #caller: Caller;
  readonly #procedure: string;
  /** Undefined: nothing is asked for, by a dry run or since the request cannot be read. */
  #reason: string | undefined;
  /** Its last line is written, or is up to work that goes on. */
  #isSettled = false;

  constructor(audit: Audit, caller: Caller, procedure: string) {
    this.#audit = audit;
    this.#caller = caller;
    this.#procedure = procedure;
  }

  /** Throws CONTROL_INVALID for a reason that is too long. */
  asked({ reason = '', dryRun }: Message & Asked): void {
    if (dryRun !== true) this.#reason = reason.slice(0, reasonLengthMax).toWellFormed();
    if (reason.length <= reasonLengthMax) return;
    const fault = `the reason must have at most ${reasonLengthMax} characters, has ${reason.length}`;
    throw new GopherShipError('CONTROL_INVALID', fault);
  }

  done(detail: string): void {
    this.#settle({ outcome: 'done', detail });
  }

  async long<Result>(
    detail: string,
    work: () => Promise<Result>,
    endOf: (result: Result) => MutationEnd,
  ): Promise<Result> {
    assert(!this.#isSettled, 'a change that has ended begins');
    this.#isSettled = true;
    this.#write({ outcome: 'begun', detail });
    try {
      const result = await work();
      this.#write(endOf(result));
      return result;
    } catch (error) {
      this.#write(endWith(error));
      throw error;
    }
  }

  failed(error: unknown): void {
    this.#settle(endWith(error));
  }

  /** Before the end: what was not done by then is not done. */
  left(): void {
    this.failed(new ConnectError('the caller has gone', Code.Canceled));
  }

  #settle(end: MutationEnd): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#write(end);
  }

  #write({ outcome, detail }: MutationEnd): void {
    const reason = this.#reason;
    if (reason === undefined) return;
    const procedure = this.#procedure;
    this.#audit.mutation(this.#caller, { procedure, reason, outcome, detail });
  }
}

function endWith(error: unknown): MutationEnd {
  if (error instanceof GopherShipError) return { outcome: error.code, detail: error.message };
  if (error instanceof ConnectError) {
    const { code, message } = faultParts(error);
    return { outcome: code, detail: message };
  }
  return { outcome: 'INTERNAL_FAULT', detail: 'a fault of ours' };
}
