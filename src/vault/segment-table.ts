// The segments that recovery found, 72 bytes each: the backlog may have any number of files, and
// nothing is kept for a block or an entry.

import { assert } from '../assert.ts';
import type { SegmentOrigin } from './segment-header.ts';

/** Where the numbers of a row are from. */
export const OriginSource = {
  Header: 0,
  /** The header is damaged: its trailer or its first block repeats what counts. */
  Repeated: 1,
  /** Header and first block are damaged: where the log before ends is known at most. */
  Bound: 2,
} as const;
export type OriginSource = (typeof OriginSource)[keyof typeof OriginSource];

export interface SegmentRow {
  readonly segmentId: number;
  readonly sizeBytes: number;
  readonly firstBlockSeq: number;
  readonly firstEntrySeq: number;
  readonly prevSegmentId: number;
  readonly prevLastBlock: number;
  readonly prevEntryEnd: number;
  /** Wall time; 0: what says so is damaged. */
  readonly createdMs: number;
  readonly source: OriginSource;
}

const columns = 9;

export class SegmentTable {
  #cells = new Float64Array(columns * 64); // sequences are below 2^53
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** So many are about to come. */
  reserve(count: number): void {
    if ((this.#count + count) * columns > this.#cells.length) this.#resize(this.#count + count);
  }

  add(origin: SegmentOrigin, sizeBytes: number, source: OriginSource): void {
    if ((this.#count + 1) * columns > this.#cells.length) this.#resize(2 * this.#count);
    const { segmentId, firstBlockSeq, firstEntrySeq } = origin;
    const { prevSegmentId, prevLastBlock, prevEntryEnd } = origin;
    this.#cells.set(
      [
        ...[segmentId, sizeBytes, firstBlockSeq, firstEntrySeq],
        ...[prevSegmentId, prevLastBlock, prevEntryEnd, source, origin.createdNs.msOfNs],
      ],
      this.#count * columns,
    );
    this.#count += 1;
  }

  row(index: number): SegmentRow {
    assert(index >= 0 && index < this.#count, 'no such segment');
    const cell = (column: number) => this.#cells[index * columns + column]!; // inside the table
    return {
      ...{ segmentId: cell(0), sizeBytes: cell(1), firstBlockSeq: cell(2), firstEntrySeq: cell(3) },
      ...{ prevSegmentId: cell(4), prevLastBlock: cell(5), prevEntryEnd: cell(6) },
      source: cell(7) as OriginSource, // `as`: add() takes nothing else
      createdMs: cell(8),
    };
  }

  segmentId(index: number): number {
    assert(index >= 0 && index < this.#count, 'no such segment');
    return this.#cells[index * columns]!; // inside the table
  }

  has(segmentId: number): boolean {
    for (let index = this.#count - 1; index >= 0; index -= 1)
      if (this.segmentId(index) === segmentId) return true;
    return false;
  }

  setSize(index: number, sizeBytes: number): void {
    assert(index >= 0 && index < this.#count, 'no such segment');
    this.#cells[index * columns + 1] = sizeBytes;
  }

  /** The newest is no part of the log. */
  removeLast(): void {
    assert(this.#count > 0, 'no segment left');
    this.#count -= 1;
  }

  /** By segmentId. The files come sorted by name, so this finds nearly nothing to do. */
  sort(): void {
    for (let index = 1; index < this.#count; index += 1) {
      for (let at = index; at > 0 && this.segmentId(at - 1) > this.segmentId(at); at -= 1) {
        const [low, high] = [(at - 1) * columns, at * columns];
        const moved = this.#cells.slice(low, high);
        this.#cells.copyWithin(low, high, high + columns);
        this.#cells.set(moved, high);
      }
    }
  }

  #resize(capacity: number): void {
    const larger = new Float64Array(capacity * columns);
    larger.set(this.#cells.subarray(0, this.#count * columns));
    this.#cells = larger;
  }
}
