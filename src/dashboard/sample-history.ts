// The engine's last 15 minutes as columns, which is what charts draw: filled at once by the first
// answer, and from then on a sample at a time. A gap is a sample without values.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { GetHistoryResponseJson } from '../generated/gophership/control/v1/history_pb.js';
import type { WireNumber } from './wire-json.ts';
import { type ZoneWord, zoneWord } from './zone-word.ts';

export const historyMsMax = 15 * 60 * 1_000;
export const historyMsMin = 60 * 1_000;

/** What there is a column of; in batches and bytes, per second where the name says so. */
export const quantities = [
  'receivedBatchesPerSecond',
  'receivedBytesPerSecond',
  'ackedBatchesPerSecond',
  'exportedBatchesPerSecond',
  'exportedBytesPerSecond',
  'vaultedBatchesPerSecond',
  'vaultedBytesPerSecond',
  'refusedBatchesPerSecond',
  'inFlightBytes',
  'replayedBatchesPerSecond',
  'replayedBytesPerSecond',
  'vaultUsedBytes',
  'replayWaitingBatches',
] as const satisfies readonly (keyof GetHistoryResponseJson)[];
export type Quantity = (typeof quantities)[number];

/** Null: there is no value, as in a gap. */
export type Column = readonly (number | null)[];

export class SampleHistory {
  readonly #version = signal(0);
  /** As the engine gave it: exactly this has to be told when asking for what is new. */
  #newest = 0;
  #timesMs: number[] = [];
  #zones: ZoneWord[] = [];
  #columns = new Map<Quantity, (number | null)[]>(quantities.map((name) => [name, []]));

  /** Changes with every sample. */
  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** For `since` of the next question; 0: nothing is there. */
  get newest(): number {
    return this.#newest;
  }

  /** Milliseconds since 1970, rising. */
  get timesMs(): readonly number[] {
    return this.#timesMs;
  }

  /**
   * What charts show of the past: all that there is, and a minute of an engine that has just begun.
   */
  get spanMs(): number {
    const thereMs = (this.#timesMs.at(-1) ?? 0) - (this.#timesMs[0] ?? 0);
    return Math.min(Math.max(thereMs, historyMsMin), historyMsMax);
  }

  get zones(): readonly ZoneWord[] {
    return this.#zones;
  }

  column(quantity: Quantity): Column {
    return this.#columns.get(quantity)!; // one for each
  }

  take(answer: GetHistoryResponseJson): void {
    const timesMs = (answer.time ?? []).map(Number);
    const first = timesMs[0];
    const last = timesMs.at(-1);
    if (first === undefined || last === undefined) return;
    if (answer.continues !== true) this.#leaveGap(first);
    this.#newest = last;
    this.#timesMs.push(...timesMs);
    this.#zones.push(...timesMs.map((_, index) => zoneWord(answer.zone?.[index])));
    for (const [quantity, column] of this.#columns) {
      const values = answer[quantity] ?? [];
      column.push(...timesMs.map((_, index) => chartNumber(values[index])));
    }
    const oldest = this.#timesMs.findIndex((ms) => ms > last - historyMsMax);
    this.#keep(oldest, this.#timesMs.length);
    this.#version.value += 1;
  }

  /** Whatever is not before `firstMs` is of an earlier life, or of a clock that was set back. */
  #leaveGap(firstMs: number): void {
    const end = this.#timesMs.findIndex((ms) => ms >= firstMs);
    if (end !== -1) this.#keep(0, end);
    const last = this.#timesMs.at(-1);
    if (last === undefined) return;
    this.#timesMs.push((last + firstMs) / 2);
    this.#zones.push('unknown');
    for (const column of this.#columns.values()) column.push(null);
  }

  #keep(from: number, to: number): void {
    this.#timesMs = this.#timesMs.slice(from, to);
    this.#zones = this.#zones.slice(from, to);
    for (const [quantity, column] of this.#columns) {
      this.#columns.set(quantity, column.slice(from, to));
    }
  }
}

function chartNumber(value: WireNumber | undefined): number | null {
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
