// A file seen through a window of scratch memory, for recovery: units that the medium cannot read
// are zeros in the window and known by number, so that one bad sector hides one unit and no more.

import { assert } from '../assert.ts';
import { MiB } from '../limits.ts';
import type { BlockFile } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';

/** Holds any block that recovery checks: DATA and LOSS have at most 1 MiB and a few units. */
export const unitWindowSizeBytes = 2 * MiB;

export class UnitWindow {
  readonly area: ByteView;
  /**
   * A fault that says nothing about the file, as of a process without memory. Sticky until open.
   */
  fault: IoFault = IoFault.None;
  /** Of the file, since open(): a device that gives none of them is gone, not damaged. */
  readableUnits = 0;
  readonly #offsetBytes: number;
  readonly #words: Int32Array;
  readonly #unreadable = new Set<number>();
  #file: BlockFile | undefined;
  #fileSizeBytes = 0;
  #fromBytes = 0;
  #toBytes = 0;

  constructor(area: ByteView, offsetBytes: number) {
    assert(offsetBytes % unitSizeBytes === 0, 'window is not aligned for direct I/O');
    assert(area.holds(offsetBytes, unitWindowSizeBytes), 'no room for the window');
    this.area = area;
    this.#offsetBytes = offsetBytes;
    const { buffer, byteOffset } = area.bytes;
    this.#words = new Int32Array(buffer, byteOffset + offsetBytes, unitWindowSizeBytes / 4);
  }

  open(file: BlockFile, fileSizeBytes: number): void {
    this.#file = file;
    this.#fileSizeBytes = fileSizeBytes;
    this.#fromBytes = 0;
    this.#toBytes = 0;
    // Each clear() makes a table that the one before holds: in thousands of files, a chain of
    // garbage.
    if (this.#unreadable.size > 0) this.#unreadable.clear();
    this.fault = IoFault.None;
    this.readableUnits = 0;
  }

  /** End of the file in whole units; what is missing of the last one is read as zeros. */
  get fileEndBytes(): number {
    return Math.ceil(this.#fileSizeBytes / unitSizeBytes) * unitSizeBytes;
  }

  /**
   * Where the unit at `positionBytes` is in the area; it and `lengthBytes` from there are in the
   * window then, as far as the file goes.
   */
  at(positionBytes: number, lengthBytes: number): number {
    assert(positionBytes % unitSizeBytes === 0, 'position is not at a unit');
    assert(positionBytes < this.fileEndBytes, 'position behind the end of the file');
    const neededBytes = Math.min(lengthBytes, this.fileEndBytes - positionBytes);
    assert(neededBytes <= unitWindowSizeBytes, 'more than the window holds');
    const isHeld = positionBytes >= this.#fromBytes && positionBytes + neededBytes <= this.#toBytes;
    if (!isHeld) this.#load(positionBytes);
    return this.#offsetBytes + positionBytes - this.#fromBytes;
  }

  /** End of what the window holds, in the area. */
  get endBytes(): number {
    return this.#offsetBytes + this.#toBytes - this.#fromBytes;
  }

  /** Of what is in the window. */
  isReadable(positionBytes: number): boolean {
    return !this.#unreadable.has(positionBytes / unitSizeBytes);
  }

  /** End of the last unit of the window that is not zero or cannot be read; 0: there is none. */
  get contentEndBytes(): number {
    let end = this.#fromBytes;
    for (const unit of this.#unreadable) end = Math.max(end, (unit + 1) * unitSizeBytes);
    const words = this.#words;
    let word = (this.#toBytes - this.#fromBytes) / 4;
    while (word > 0 && words[word - 1] === 0) word -= 1;
    if (word > 0) {
      const lastBytes = this.#fromBytes + 4 * (word - 1);
      end = Math.max(end, lastBytes - (lastBytes % unitSizeBytes) + unitSizeBytes);
    }
    return end === this.#fromBytes ? 0 : end;
  }

  #load(positionBytes: number): void {
    const lengthBytes = Math.min(this.fileEndBytes - positionBytes, unitWindowSizeBytes);
    if (this.#unreadable.size > 0) this.#unreadable.clear();
    this.#fromBytes = positionBytes;
    this.#toBytes = positionBytes + lengthBytes;
    this.#read(positionBytes, lengthBytes);
  }

  // Halves what cannot be read until the units are found that cannot.
  #read(positionBytes: number, lengthBytes: number): void {
    const file = this.#file;
    assert(file !== undefined, 'no file in the window');
    const { bytes } = this.area;
    const offsetBytes = this.#offsetBytes + positionBytes - this.#fromBytes;
    const count = file.read(bytes, offsetBytes, lengthBytes, positionBytes);
    if (count >= 0) {
      bytes.fill(0, offsetBytes + count, offsetBytes + lengthBytes);
      this.readableUnits += lengthBytes / unitSizeBytes;
      return;
    }
    if (count !== -IoFault.Medium) {
      // `as`: read() answers bytes or a negated IoFault, which the compiler cannot tell apart.
      this.fault = -count as IoFault;
      bytes.fill(0, offsetBytes, offsetBytes + lengthBytes);
    } else if (lengthBytes === unitSizeBytes) {
      bytes.fill(0, offsetBytes, offsetBytes + lengthBytes);
      this.#unreadable.add(positionBytes / unitSizeBytes);
    } else {
      const halfBytes = Math.ceil(lengthBytes / unitSizeBytes / 2) * unitSizeBytes;
      this.#read(positionBytes, halfBytes);
      this.#read(positionBytes + halfBytes, lengthBytes - halfBytes);
    }
  }
}
