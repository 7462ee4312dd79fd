// The last 15 minutes of the engine, a sample each second, kept from its start on so that whoever
// looks later sees what led there. In arrays of numbers that never grow: nothing is allocated for a
// sample, and what reads it for a caller (history-message.ts) is loaded with the first caller.

import { assert } from '../assert.ts';
import type { Clock, Timer } from '../clock.ts';
import { historySamplesMax } from '../limits.ts';
import type { Zone } from '../memory/zone-word.ts';
import { signalTable } from '../monitor/signal-table.ts';
import { type HistoryView, historyColumns } from './history-columns.ts';

/** Of so many samples, oldest first: the first is the `first`-th that was ever taken. */
export interface HistorySlice {
  readonly first: number;
  readonly count: number;
  /** The first followed on the sample that the caller named. */
  readonly continues: boolean;
}

const intervalMs = 1_000;

export class History {
  readonly #view: HistoryView;
  readonly #clock: Clock;
  readonly #size: number;
  readonly #timesMs: Float64Array;
  readonly #zones: Uint8Array;
  // Half of a float64 is enough for a line on a screen: seven digits.
  readonly #columns: readonly Float32Array[];
  readonly #signals: readonly Float32Array[];
  /** Of each column that is a rate, what was read last. */
  readonly #totals: Float64Array;
  #sampledMs: number;
  /** Ever taken; the newest is at (#taken - 1) % #size. */
  #taken = 0;
  #timer: Timer | undefined;

  /** @param size samples that are kept; tests keep fewer */
  constructor(view: HistoryView, clock: Clock, size = historySamplesMax) {
    this.#view = view;
    this.#clock = clock;
    this.#size = size;
    this.#timesMs = new Float64Array(size);
    this.#zones = new Uint8Array(size);
    this.#columns = historyColumns.map(() => new Float32Array(size));
    this.#signals = signalTable.map(() => new Float32Array(size));
    this.#totals = Float64Array.from(historyColumns, ({ read }) => read(view));
    this.#sampledMs = clock.nowMs();
  }

  get hasVault(): boolean {
    return this.#view.vaultPage !== undefined;
  }

  /** The first sample comes after one second: a rate needs two moments. */
  start(): void {
    assert(this.#timer === undefined, 'the history runs');
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  sample(): void {
    const { zonePage, monitor } = this.#view;
    const at = this.#taken % this.#size;
    const nowMs = this.#clock.nowMs();
    // Of a main thread that came late the mean is over the longer time.
    const seconds = Math.max(nowMs - this.#sampledMs, 1) / 1_000;
    for (let column = 0; column < historyColumns.length; column += 1) {
      const { isRate, read } = historyColumns[column]!; // the loop's bound
      const value = read(this.#view);
      // A sum over threads may be off for a moment; nothing flows backwards.
      const rate = Math.max(0, value - this.#totals[column]!) / seconds;
      this.#columns[column]![at] = isRate ? rate : value; // an array for each column
      this.#totals[column] = value;
    }
    for (let row = 0; row < signalTable.length; row += 1) {
      const { signal } = signalTable[row]!; // the loop's bound
      this.#signals[row]![at] = monitor.readings[signal]!; // every signal has a place
    }
    this.#timesMs[at] = Math.round(this.#clock.wallMs());
    this.#zones[at] = zonePage.zone.get();
    this.#sampledMs = nowMs;
    this.#taken += 1;
  }

  /**
   * @param sinceMs the time of the newest sample that the caller has
   * @param last at most so many, the newest; 0: all
   */
  slice(sinceMs: number, last: number): HistorySlice {
    const oldest = Math.max(0, this.#taken - this.#size);
    let first = this.#taken;
    // From the newest: who asks each second finds it at once.
    while (first > oldest && this.#timesMs[(first - 1) % this.#size] !== sinceMs) first -= 1;
    const isKnown = first > oldest;
    const from = last === 0 ? first : Math.max(first, this.#taken - last);
    return { first: from, count: this.#taken - from, continues: isKnown && from === first };
  }

  times(slice: HistorySlice): number[] {
    return this.#read(this.#timesMs, slice);
  }

  zones(slice: HistorySlice): Zone[] {
    return this.#read(this.#zones, slice) as Zone[]; // sample() wrote zones
  }

  /** @param column of historyColumns */
  column(column: number, slice: HistorySlice): number[] {
    return this.#read(this.#columns[column]!, slice); // an array for each column
  }

  /** @param row of signalTable; NaN: not to be had then */
  signal(row: number, slice: HistorySlice): number[] {
    return this.#read(this.#signals[row]!, slice); // an array for each row
  }

  #read(
    values: Float64Array | Float32Array | Uint8Array,
    { first, count }: HistorySlice,
  ): number[] {
    assert(first + count <= this.#taken, 'samples that were never taken');
    return Array.from({ length: count }, (_, index) => values[(first + index) % this.#size]!);
  }

  #wait(): void {
    this.#timer = this.#clock.after(intervalMs, () => {
      this.#wait();
      this.sample();
    });
  }
}
