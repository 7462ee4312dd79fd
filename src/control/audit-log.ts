// What operators did and what callers were refused: log lines, and the last mutations for the
// events of the control service.

import type { Caller } from './caller.ts';

/** What an operator asked for, done or not. */
export interface AuditedMutation {
  readonly wallMs: number;
  /** As the procedure is called: "SetOverride". */
  readonly procedure: string;
  readonly by: string;
  readonly reason: string;
  /**
   * "done", or the code of what was in the way; "begun": there is another at its end; "ended": what
   * was done before is over by itself.
   */
  readonly outcome: string;
  readonly detail: string;
}

export interface Audit {
  /** One line and one event, always. */
  mutation(caller: Caller, done: Omit<AuditedMutation, 'wallMs' | 'by'>): void;
  /** A call that the caller's role does not allow: a line, not more often than others of its kind. */
  denied(caller: Caller, procedure: string): void;
  /** The last 200, oldest first. */
  mutations(): readonly AuditedMutation[];
  /** Called with each new mutation until closed. */
  onMutation(listener: (mutation: AuditedMutation) => void): { close(): void };
}
