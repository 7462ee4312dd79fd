// What reached a logged disk, in order: its writes and flushes. A place in the log is the number of
// calls before it. Read after the disk is detached.

import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** As logged-image.c writes them. */
export const callSizeBytes = 24;
const writeKind = 1;

export interface LoggedWrite {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

export class WriteLog {
  readonly #index: DataView;
  readonly #data: number;

  constructor(indexPath: string, dataPath: string) {
    const index = readFileSync(indexPath);
    this.#index = new DataView(index.buffer, index.byteOffset, index.length);
    this.#data = openSync(dataPath, 'r');
  }

  get length(): number {
    return Math.floor(this.#index.byteLength / callSizeBytes);
  }

  isFlush(place: number): boolean {
    return this.#index.getUint32(place * callSizeBytes, true) !== writeKind;
  }

  /** Behind the last flush before this place. */
  flushedAt(place: number): number {
    let at = place;
    while (at > 0 && !this.isFlush(at - 1)) at -= 1;
    return at;
  }

  writes(from: number, to: number): LoggedWrite[] {
    const writes: LoggedWrite[] = [];
    for (let place = from; place < to; place += 1) {
      if (!this.isFlush(place)) writes.push(this.#write(place));
    }
    return writes;
  }

  close(): void {
    closeSync(this.#data);
  }

  #write(place: number): LoggedWrite {
    const at = place * callSizeBytes;
    const bytes = new Uint8Array(this.#index.getUint32(at + 4, true));
    const offsetBytes = Number(this.#index.getBigUint64(at + 8, true));
    const dataBytes = Number(this.#index.getBigUint64(at + 16, true));
    const count = readSync(this.#data, bytes, 0, bytes.length, dataBytes);
    assert.equal(count, bytes.length, 'the log of the disk is cut');
    return { offsetBytes, bytes };
  }
}
