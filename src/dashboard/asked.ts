// One question to the engine and its last answer: asked as often as anybody likes, one at a time.
// An answer stays when the next question fails, and gets old.

import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { asFault, type CallFault } from './call-fault.ts';
import type { PageClock } from './page-clock.ts';
import type { Call, Calls } from './procedures.ts';
import type { ProxyClient } from './proxy-client.ts';
import type { Timed } from './timed.ts';

export interface AskedParts {
  readonly client: Pick<ProxyClient, 'call'>;
  readonly clock: PageClock;
}

export class Asked<P extends Call> {
  readonly #parts: AskedParts;
  readonly #procedure: P;
  readonly #answer = signal<Timed<Calls[P][1]> | undefined>(undefined);
  readonly #fault = signal<CallFault | undefined>(undefined);
  readonly #isAsking = signal(false);

  constructor(parts: AskedParts, procedure: P) {
    this.#parts = parts;
    this.#procedure = procedure;
  }

  get answer(): ReadonlySignal<Timed<Calls[P][1]> | undefined> {
    return this.#answer;
  }

  /** Of the last question; undefined: it was answered. */
  get fault(): ReadonlySignal<CallFault | undefined> {
    return this.#fault;
  }

  get isAsking(): ReadonlySignal<boolean> {
    return this.#isAsking;
  }

  /** Never throws. While a question is on its way, another one is not asked. */
  async ask(request: Calls[P][0]): Promise<void> {
    if (this.#isAsking.peek()) return;
    this.#isAsking.value = true;
    try {
      const value = await this.#parts.client.call(this.#procedure, request);
      this.#settle({ value, atMs: this.#parts.clock.nowMs() }, undefined);
    } catch (error) {
      this.#settle(this.#answer.peek(), asFault(error));
    }
  }

  #settle(answer: Timed<Calls[P][1]> | undefined, fault: CallFault | undefined): void {
    batch(() => {
      this.#answer.value = answer;
      this.#fault.value = fault;
      this.#isAsking.value = false;
    });
  }
}
