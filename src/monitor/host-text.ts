// The text of one host file, in one buffer that all of them share, and numbers parsed straight from
// its bytes. A sample makes no strings and no garbage.

/** memory.stat of v2, the longest that is read to its end, has about 5 KB. */
const textSizeBytesMax = 16 * 1024;

const digitZero = 48;
const digitNine = 57;
const tab = 9;
const newline = 10;
const blank = 32;

/** The bytes of a key, for HostText.find(). */
export function textKey(key: string): Buffer {
  return Buffer.from(key, 'latin1');
}

export class HostText {
  readonly bytes = Buffer.allocUnsafeSlow(textSizeBytesMax);
  #lengthBytes = 0;
  readonly #parsed = new Float64Array(1);

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** After a read into `bytes`. */
  setLength(lengthBytes: number): void {
    this.#lengthBytes = lengthBytes;
  }

  /** Where what follows `key` at the beginning of a line is; -1: there is no such line. */
  lineAfter(key: Buffer): number {
    let start = 0;
    while (start < this.#lengthBytes) {
      if (this.#startsWith(key, start)) return start + key.length;
      start = this.lineEnd(start) + 1;
    }
    return -1;
  }

  /** Where what follows `key` on the line of `position` is; -1: not on this line. */
  after(key: Buffer, position: number): number {
    const end = this.lineEnd(position);
    for (let at = position; at + key.length <= end; at += 1) {
      if (this.#startsWith(key, at)) return at + key.length;
    }
    return -1;
  }

  lineEnd(position: number): number {
    let end = position;
    while (end < this.#lengthBytes && this.bytes[end] !== newline) end += 1;
    return end;
  }

  /** Of the line that begins with `key`; NaN without one. */
  number(key: Buffer): number {
    return this.numberAt(this.lineAfter(key));
  }

  /** Blanks before it are skipped; NaN for anything but digits ("max") and for position -1. */
  numberAt(position: number): number {
    this.#parse(position);
    return this.#parsed[0]!; // one place
  }

  /** Behind the blanks and digits at `position`: where the next number of a row begins. */
  numberEnd(position: number): number {
    let at = position;
    while (at < this.#lengthBytes && (this.bytes[at] === blank || this.bytes[at] === tab)) at += 1;
    while (at < this.#lengthBytes && isDigit(this.bytes[at]!)) at += 1; // inside the buffer
    return at;
  }

  /** Into `parsed`: a function this long that returns a fraction or a large number would box it. */
  #parse(position: number): void {
    this.#parsed[0] = Number.NaN;
    if (position < 0) return;
    const end = this.numberEnd(position);
    // One that ends where the buffer does may be cut short.
    if (end === position || end >= textSizeBytesMax) return;
    let value = 0;
    let digitCount = 0;
    for (let at = position; at < end; at += 1) {
      const byte = this.bytes[at]!; // inside the buffer
      if (!isDigit(byte)) continue; // the blanks before it
      value = value * 10 + (byte - digitZero);
      digitCount += 1;
    }
    if (digitCount > 0) this.#parsed[0] = value;
  }

  #startsWith(key: Buffer, position: number): boolean {
    if (position + key.length > this.#lengthBytes) return false;
    for (let index = 0; index < key.length; index += 1) {
      if (this.bytes[position + index] !== key[index]) return false;
    }
    return true;
  }
}

function isDigit(byte: number): boolean {
  return byte >= digitZero && byte <= digitNine;
}
