// A piece of a file in the arena: what readers look at. One for each thread that reads, shared by
// its readers; a unit that the medium cannot read becomes zeros, which no check lets pass.

import { assert } from '../assert.ts';
import { KiB, MiB } from '../limits.ts';
import type { BlockFile } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';

/** The longest block of a log has 1 MiB and two units; the rest is for what lies behind it. */
export const readWindowSizeBytes = MiB + 128 * KiB;

/** Of a file that nothing was read from yet. */
export const nothingProven = -1;

/** An open file, and a place of it that could be read: a device that fails there too is gone. */
export interface ReadableFile {
  readonly file: BlockFile;
  provenOffsetBytes: number;
}

export class ReadWindow {
  readonly area: ByteView;
  /** Of the last load(): where the position is in the arena, and how much is there from it on. */
  offsetBytes = 0;
  availableBytes = 0;
  readonly #baseBytes: number;
  #file: BlockFile | undefined;
  #fromBytes = 0;
  #toBytes = 0;

  /** readWindowSizeBytes at `baseBytes` of the arena are this one's. */
  constructor(area: ByteView, baseBytes: number) {
    assert(area.holds(baseBytes, readWindowSizeBytes), 'read window ends behind the arena');
    assert(baseBytes % unitSizeBytes === 0, 'read window is not aligned for direct I/O');
    this.area = area;
    this.#baseBytes = baseBytes;
  }

  /**
   * Has `needBytes` from there in the window, if the file has them (see availableBytes), and up to
   * `wantBytes` if a read is needed. Any fault but None says nothing about what the file holds.
   */
  load(open: ReadableFile, positionBytes: number, needBytes: number, wantBytes: number): IoFault {
    assert(positionBytes % unitSizeBytes === 0, 'position is not at a unit');
    assert(needBytes > 0 && needBytes < readWindowSizeBytes, 'needs more than a window');
    if (open.file !== this.#file || !this.#holds(positionBytes, needBytes)) {
      const wholeBytes = roundToUnits(Math.max(needBytes, wantBytes));
      const lengthBytes = Math.min(wholeBytes, readWindowSizeBytes);
      const fault = this.#read(open, positionBytes, lengthBytes, roundToUnits(needBytes));
      if (fault !== IoFault.None) return fault;
    }
    this.offsetBytes = this.#baseBytes + positionBytes - this.#fromBytes;
    this.availableBytes = this.#toBytes - positionBytes;
    return IoFault.None;
  }

  /** Was this file the last that was read from? */
  isOf(file: BlockFile): boolean {
    return this.#file === file;
  }

  /** What the window holds of a file may be old by now. */
  forget(): void {
    this.#file = undefined;
  }

  #holds(positionBytes: number, needBytes: number): boolean {
    return positionBytes >= this.#fromBytes && positionBytes + needBytes <= this.#toBytes;
  }

  #read(open: ReadableFile, from: number, lengthBytes: number, needBytes: number): IoFault {
    this.#file = undefined;
    let count = open.file.read(this.area.bytes, this.#baseBytes, lengthBytes, from);
    if (count > 0) open.provenOffsetBytes = from;
    if (count === -IoFault.Medium) count = this.#readUnits(open, from, needBytes);
    if (count < 0) return negated(count);
    this.#file = open.file;
    this.#fromBytes = from;
    this.#toBytes = from + count;
    return IoFault.None;
  }

  /** Unit by unit, with zeros for those that cannot be read. */
  #readUnits(open: ReadableFile, from: number, needBytes: number): number {
    const { bytes } = this.area;
    let readable = 0;
    for (let at = 0; at < needBytes; at += unitSizeBytes) {
      const offsetBytes = this.#baseBytes + at;
      const count = open.file.read(bytes, offsetBytes, unitSizeBytes, from + at);
      if (count < 0 && count !== -IoFault.Medium) return count;
      if (count >= 0 && count < unitSizeBytes) return at + count; // end of the file
      if (count > 0) readable += 1;
      else bytes.fill(0, offsetBytes, offsetBytes + unitSizeBytes);
    }
    return readable > 0 || this.#isThere(open) ? needBytes : -IoFault.Medium;
  }

  // Bytes that cannot be read are lost only if others can: a device that answers nothing any more
  // may come back with everything.
  #isThere({ file, provenOffsetBytes }: ReadableFile): boolean {
    if (provenOffsetBytes !== nothingProven && this.#isReadable(file, provenOffsetBytes))
      return true;
    const units = Math.floor(Math.max(file.sizeBytes(), 0) / unitSizeBytes);
    for (let probe = 0; probe < probesMax; probe += 1) {
      const unit = Math.floor((probe * units) / probesMax);
      if (unit < units && this.#isReadable(file, unit * unitSizeBytes)) return true;
    }
    return false;
  }

  #isReadable(file: BlockFile, positionBytes: number): boolean {
    const at = this.#baseBytes + readWindowSizeBytes - unitSizeBytes;
    return file.read(this.area.bytes, at, unitSizeBytes, positionBytes) > 0;
  }
}

/** Places all over the file that are tried before a device is taken for gone. */
const probesMax = 16;

function negated(count: number): IoFault {
  // `as`: read() answers bytes or a negated IoFault, which the compiler cannot tell apart.
  return -count as IoFault;
}

function roundToUnits(sizeBytes: number): number {
  return Math.ceil(sizeBytes / unitSizeBytes) * unitSizeBytes;
}
