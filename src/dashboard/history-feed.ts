// Keeps a history up to date: asks for what is new, one question at a time, and gives the answer to
// the history exactly once.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { AskedParts } from './asked.ts';
import { asFault, type CallFault } from './call-fault.ts';
import { SampleHistory } from './sample-history.ts';

export class HistoryFeed {
  readonly history = new SampleHistory();
  readonly #parts: AskedParts;
  readonly #fault = signal<CallFault | undefined>(undefined);
  readonly #atMs = signal<number | undefined>(undefined);
  #isAsking = false;

  constructor(parts: AskedParts) {
    this.#parts = parts;
  }

  /** Of the last question; undefined: it was answered. */
  get fault(): ReadonlySignal<CallFault | undefined> {
    return this.#fault;
  }

  /** When the last answer came, on the page's clock. */
  get atMs(): ReadonlySignal<number | undefined> {
    return this.#atMs;
  }

  /** Never throws. */
  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const request = { since: this.history.newest };
      this.history.take(await this.#parts.client.call('HistoryService/GetHistory', request));
      this.#atMs.value = this.#parts.clock.nowMs();
      this.#fault.value = undefined;
    } catch (error) {
      this.#fault.value = asFault(error);
    } finally {
      this.#isAsking = false;
    }
  }
}
