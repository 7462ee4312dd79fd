// Tells the operator when the vault stops taking batches and when it takes them again. One that is
// emptied as fast as it fills changes all the time, which is told only now and then.

import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { ioFaultName } from './io-fault.ts';
import { LogState } from './log-state.ts';
import type { LogWriter } from './log-writer.ts';

const tellIntervalMs = 10_000;

export class StateNews {
  readonly #writer: Pick<LogWriter, 'state' | 'lastFault'>;
  readonly #clock: Clock;
  readonly #log: Log;
  #told: LogState;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(writer: Pick<LogWriter, 'state' | 'lastFault'>, clock: Clock, log: Log) {
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
    this.#told = writer.state;
  }

  /** Whenever the state may have changed. */
  look(): void {
    const { state } = this.#writer;
    const nowMs = this.#clock.nowMs();
    if (state === this.#told) return;
    const isUsual = state !== LogState.ReadOnly && this.#told !== LogState.ReadOnly;
    if (isUsual && nowMs - this.#toldMs < tellIntervalMs) return;
    this.#told = state;
    this.#toldMs = nowMs;
    const fault = ioFaultName(this.#writer.lastFault);
    if (state === LogState.Ok) this.#log.info('the vault takes batches again');
    else if (state === LogState.Full) {
      this.#log.warn('VAULT_FULL', 'the vault is full: it takes no batches until some are sent', {
        last_fault: fault,
      });
    } else {
      this.#log.error('VAULT_FAILED', 'the vault cannot write, and takes no batches', { fault });
    }
  }
}
