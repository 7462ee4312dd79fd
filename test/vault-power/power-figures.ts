// What a run over many crashes met, for its report.

import type { CrashFindings } from './crash-check.ts';
import type { WriteLog } from './write-log.ts';

export class PowerFigures {
  states = 0;
  lives = 0;
  #acknowledged = 0;
  #resurrected = 0;
  #inStarts = 0;
  #writes = 0;
  #flushes = 0;
  /** Not flushed at the moment of the crash. */
  #openWrites = 0;
  readonly #rows = new Map<string, number>();

  addLife(log: WriteLog): void {
    this.lives += 1;
    for (let place = 0; place < log.length; place += 1) {
      if (log.isFlush(place)) this.#flushes += 1;
      else this.#writes += 1;
    }
  }

  addState(
    { rows, acknowledged, resurrected }: CrashFindings,
    openWrites: number,
    inStart: boolean,
  ): void {
    this.states += 1;
    if (inStart) this.#inStarts += 1;
    this.#acknowledged += acknowledged;
    this.#resurrected += resurrected;
    this.#openWrites += openWrites;
    for (const row of rows) this.#rows.set(row, (this.#rows.get(row) ?? 0) + 1);
  }

  get text(): string {
    const rows = [...this.#rows].sort().map(([row, count]) => `${row} ${count}`);
    return (
      `${this.states} states of ${this.lives} lives, ${this.#inStarts} of them inside the start; ` +
      `${this.#acknowledged} acknowledged entries ` +
      `read or settled, ${this.#resurrected} without an answer found; ${this.#writes} writes, ` +
      `${this.#flushes} flushes, ${this.#openWrites} writes open at crashes; ${rows.join(', ')}`
    );
  }
}
