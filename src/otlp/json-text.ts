// A growing, bounded buffer of JSON text, written byte by byte: no strings are built on the way
// from protobuf to JSON, because one string per field is what makes such transcoders slow.

import { assert } from '../assert.ts';
import {
  backslash,
  base64Digits,
  comma,
  hexDigits,
  minus,
  openBrace,
  openBracket,
  padding,
  plain,
  quote,
  shortEscapes,
} from './json-characters.ts';

/**
 * Thrown when the text would pass its bound; one object, because it is a signal and no error of
 * anybody.
 */
export const jsonTextFull: Error = new Error('JSON text is full');

// Room that is always there behind `lengthBytes` after reserve(n): the longest escape, and
// punctuation.
const slackBytes = 64;

export class JsonText {
  #bytes: Buffer;
  readonly #sizeBytesInitial: number;
  readonly #sizeBytesMax: number;
  lengthBytes = 0;

  constructor(sizeBytesInitial: number, sizeBytesMax: number) {
    assert(sizeBytesInitial > slackBytes, 'text buffer too small to start with');
    assert(sizeBytesInitial <= sizeBytesMax, 'text buffer larger than its bound');
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytesInitial);
    this.#sizeBytesInitial = sizeBytesInitial;
    this.#sizeBytesMax = sizeBytesMax;
  }

  /**
   * Forgets the text; a buffer that one large text has made grow beyond `keptBytesMax` goes back to
   * the size it began with.
   */
  clear(keptBytesMax: number): void {
    this.lengthBytes = 0;
    if (this.#bytes.length > Math.max(keptBytesMax, this.#sizeBytesInitial)) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#sizeBytesInitial);
    }
  }

  /** What has been written; valid until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.lengthBytes);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.lengthBytes] = value;
    this.lengthBytes += 1;
  }

  /**
   * The start of an object's member; `name` has its quotes and colon. No string ends in a brace, so
   * the last byte tells.
   */
  member(name: Uint8Array): void {
    if (this.#bytes[this.lengthBytes - 1] !== openBrace) this.byte(comma);
    this.raw(name);
  }

  endsWith(byte: number): boolean {
    return this.#bytes[this.lengthBytes - 1] === byte;
  }

  /** A comma, unless the array has just been opened. */
  separator(): void {
    if (this.#bytes[this.lengthBytes - 1] !== openBracket) this.byte(comma);
  }

  /** Bytes that are JSON already. */
  raw(text: Uint8Array): void {
    const length = text.length;
    this.#reserve(length);
    const out = this.#bytes;
    const at = this.lengthBytes;
    // Index < length.
    for (let index = 0; index < length; index += 1) out[at + index] = text[index]!;
    this.lengthBytes = at + length;
  }

  /** ASCII text that needs no escaping, such as a number. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.lengthBytes += this.#bytes.write(text, this.lengthBytes, 'latin1');
  }

  /**
   * UTF-8 as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, so that every
   * line parses.
   */
  string(src: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#reserve(toBytes - fromBytes);
    let out = this.#bytes;
    let at = this.lengthBytes;
    out[at] = quote;
    at += 1;
    for (let index = fromBytes; index < toBytes; ) {
      const byte = src[index]!; // index < toBytes, inside the view
      if (plain[byte] === 1) {
        out[at] = byte;
        at += 1;
        index += 1;
        continue;
      }
      this.lengthBytes = at;
      index = byte < 0x80 ? this.#escape(byte, index) : this.#sequence(src, index, toBytes);
      this.#reserve(toBytes - index);
      out = this.#bytes;
      at = this.lengthBytes;
    }
    out[at] = quote;
    this.lengthBytes = at + 1;
  }

  /** Lower-case hexadecimal digits, without quotes. */
  hex(src: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#reserve((toBytes - fromBytes) * 2);
    const out = this.#bytes;
    let at = this.lengthBytes;
    for (let index = fromBytes; index < toBytes; index += 1) {
      const byte = src[index]!; // index < toBytes, inside the view
      out[at] = hexDigits[byte >>> 4]!; // 16 entries
      out[at + 1] = hexDigits[byte & 15]!; // 16 entries
      at += 2;
    }
    this.lengthBytes = at;
  }

  /** Base64 with padding, without quotes. */
  base64(src: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#reserve(Math.ceil((toBytes - fromBytes) / 3) * 4);
    const out = this.#bytes;
    let at = this.lengthBytes;
    for (let index = fromBytes; index < toBytes; index += 3) {
      const rest = toBytes - index;
      const second = rest > 1 ? src[index + 1]! : 0; // inside: rest says so
      const third = rest > 2 ? src[index + 2]! : 0; // inside: rest says so
      const bits = (src[index]! << 16) | (second << 8) | third; // index < toBytes
      out[at] = base64Digits[bits >>> 18]!; // 64 entries, 6 bits
      out[at + 1] = base64Digits[(bits >>> 12) & 63]!; // as above
      out[at + 2] = rest > 1 ? base64Digits[(bits >>> 6) & 63]! : padding; // as above
      out[at + 3] = rest > 2 ? base64Digits[bits & 63]! : padding; // as above
      at += 4;
    }
    this.lengthBytes = at;
  }

  /** An unsigned integer below 2^32, as a number. */
  uint32(value: number): void {
    this.#reserve(10);
    this.#digits(value, 1);
  }

  /** An unsigned 64-bit integer, as digits without quotes. */
  uint64(low: number, high: number): void {
    this.#reserve(20);
    if (high === 0) {
      this.#digits(low, 1);
      return;
    }
    // Long division by 10^9 in base 2^16: every step stays below 2^46, exact in a number.
    let quotient = 0;
    let rest = 0;
    for (let shift = 48; shift >= 0; shift -= 16) {
      const half = shift >= 32 ? high : low;
      const value = rest * 0x10000 + ((half >>> (shift & 31)) & 0xffff);
      const digit = Math.floor(value / 1e9);
      quotient = quotient * 0x10000 + digit;
      rest = value - digit * 1e9;
    }
    if (quotient >= 1e9) {
      const top = Math.floor(quotient / 1e9);
      this.#digits(top, 1);
      this.#digits(quotient - top * 1e9, 9);
    } else {
      this.#digits(quotient, 1);
    }
    this.#digits(rest, 9);
  }

  /** A signed 64-bit integer in two's complement, as digits without quotes. */
  int64(low: number, high: number): void {
    if (high < 0x80000000) {
      this.uint64(low, high);
      return;
    }
    this.byte(minus);
    const negatedLow = (~low + 1) >>> 0;
    this.uint64(negatedLow, (~high + (negatedLow === 0 ? 1 : 0)) >>> 0);
  }

  int32(value: number): void {
    if (value < 0) this.byte(minus);
    this.uint32(Math.abs(value));
  }

  /** An IEEE 754 double; the three values that JSON has no number for are strings (proto3 JSON). */
  double(low: number, high: number): void {
    doubleWords[0] = low;
    doubleWords[1] = high;
    const value = doubles[0]!; // one entry
    if (Number.isFinite(value)) this.ascii(Object.is(value, -0) ? '-0' : String(value));
    else this.ascii(`"${value}"`);
  }

  #digits(value: number, digitsMin: number): void {
    let count = 1;
    for (let power = 10; power <= value; power *= 10) count += 1;
    if (count < digitsMin) count = digitsMin;
    const out = this.#bytes;
    let rest = value;
    for (let at = this.lengthBytes + count - 1; at >= this.lengthBytes; at -= 1) {
      const next = Math.floor(rest / 10);
      out[at] = 0x30 + (rest - next * 10);
      rest = next;
    }
    this.lengthBytes += count;
  }

  #escape(byte: number, index: number): number {
    const out = this.#bytes;
    const at = this.lengthBytes;
    const short = shortEscapes[byte]!; // 128 entries, byte < 0x80
    out[at] = backslash;
    if (short !== 0) {
      out[at + 1] = short;
      this.lengthBytes = at + 2;
      return index + 1;
    }
    out[at + 1] = 0x75; // u
    out[at + 2] = 0x30;
    out[at + 3] = 0x30;
    out[at + 4] = hexDigits[byte >>> 4]!; // 16 entries
    out[at + 5] = hexDigits[byte & 15]!; // 16 entries
    this.lengthBytes = at + 6;
    return index + 1;
  }

  /**
   * One character of two to four bytes (RFC 3629), or U+FFFD for the longest start of one that is
   * there.
   */
  #sequence(src: Uint8Array, index: number, toBytes: number): number {
    const out = this.#bytes;
    const at = this.lengthBytes;
    const first = src[index]!; // the caller read it
    const length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    // The second byte has a narrower range after these: no overlong forms, surrogates, or beyond
    // U+10FFFF.
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let count = 1;
    for (; count < length && index + count < toBytes; count += 1) {
      const byte = src[index + count]!; // inside: checked
      if (byte < low || byte > high) break;
      low = 0x80;
      high = 0xbf;
    }
    if (length > 1 && count === length) {
      // Inside: count.
      for (let part = 0; part < length; part += 1) out[at + part] = src[index + part]!;
      this.lengthBytes = at + length;
    } else {
      out[at] = 0xef;
      out[at + 1] = 0xbf;
      out[at + 2] = 0xbd;
      this.lengthBytes = at + 3;
    }
    return index + count;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.lengthBytes + sizeBytes + slackBytes;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#sizeBytesMax) throw jsonTextFull;
    const grown = Buffer.allocUnsafeSlow(
      Math.min(this.#sizeBytesMax, Math.max(needed, this.#bytes.length * 2)),
    );
    this.#bytes.copy(grown, 0, 0, this.lengthBytes);
    this.#bytes = grown;
  }
}

// Little-endian, like every machine that Node runs on with 64 bits and that we ship for.
const doubles = new Float64Array(1);
const doubleWords = new Uint32Array(doubles.buffer);
