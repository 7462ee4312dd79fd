// The audit of the control port: lines of the log, and the last mutations in memory.

import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Audit, AuditedMutation } from './audit-log.ts';
import type { Caller } from './caller.ts';

/** As many as the monitor keeps of changes of the zone. */
const mutationsMax = 200;

export class RecordedAudit implements Audit {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mutations: AuditedMutation[] = [];
  readonly #listeners = new Set<(mutation: AuditedMutation) => void>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  mutation(caller: Caller, done: Omit<AuditedMutation, 'wallMs' | 'by'>): void {
    const { procedure, reason, outcome, detail } = done;
    const by = caller.subject;
    this.#log.info('audit', { procedure, by, reason, outcome, detail });
    const mutation = { wallMs: this.#clock.wallMs(), by, procedure, reason, outcome, detail };
    this.#mutations.push(mutation);
    if (this.#mutations.length > mutationsMax) this.#mutations.shift();
    for (const listener of [...this.#listeners]) listener(mutation);
  }

  denied({ subject, role }: Caller, procedure: string): void {
    this.#log.warn('CONTROL_DENIED', 'a call was refused', { procedure, by: subject, role });
  }

  mutations(): readonly AuditedMutation[] {
    return [...this.#mutations];
  }

  onMutation(listener: (mutation: AuditedMutation) => void): { close(): void } {
    // Its own object, so that one listener can be added twice.
    const added = (mutation: AuditedMutation) => listener(mutation);
    this.#listeners.add(added);
    return { close: () => this.#listeners.delete(added) };
  }
}
