// Reads and writes the protobuf wire format with explicit bounds. It exists beside
// @bufbuild/protobuf because the data path looks at a few fields of large messages and must not
// build objects for the rest.

import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { messageDepthMax } from '../limits.ts';

/** The low three bits of a tag. */
export const WireType = {
  Varint: 0,
  Fixed64: 1,
  Bytes: 2,
  GroupStart: 3,
  GroupEnd: 4,
  Fixed32: 5,
} as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** A tag as it stands on the wire: field number and wire type in one number. */
export function tagOf(field: number, type: WireType): number {
  return field * 8 + type;
}

const lengthBytesMax = 2 ** 31 - 1;
const twoTo32 = 2 ** 32;

/**
 * A cursor over [offsetBytes, endBytes) of one view. Every read is checked against the end; what
 * does not fit throws OTLP_MALFORMED, so a hostile message can never make us read outside its
 * bytes.
 */
export class WireReader {
  bytes: Uint8Array;
  offsetBytes: number;
  endBytes: number;
  /** The two halves of what varint() and fixed64() read, each unsigned. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array, offsetBytes = 0, endBytes: number = bytes.length) {
    assert(offsetBytes >= 0 && offsetBytes <= endBytes, 'reader starts outside its range');
    assert(endBytes <= bytes.length, 'reader ends outside its view');
    this.bytes = bytes;
    this.offsetBytes = offsetBytes;
    this.endBytes = endBytes;
  }

  /** Points the reader elsewhere, so that one reader serves many messages. */
  moveTo(bytes: Uint8Array, offsetBytes: number, endBytes: number): void {
    assert(offsetBytes <= endBytes && endBytes <= bytes.length, 'range outside the view');
    this.bytes = bytes;
    this.offsetBytes = offsetBytes;
    this.endBytes = endBytes;
  }

  get atEnd(): boolean {
    return this.offsetBytes >= this.endBytes;
  }

  /** Field number and wire type; compare with tagOf(). */
  tag(): number {
    // Inside: checked.
    const first = this.offsetBytes < this.endBytes ? this.bytes[this.offsetBytes]! : 0x80;
    // One byte holds the tag of every field below 16, which is all of OTLP.
    if (first < 0x80) {
      if (first < 8) throw malformed('field number 0');
      this.offsetBytes += 1;
      return first;
    }
    this.varint();
    if (this.high !== 0 || this.low < 8) throw malformed('field number out of range');
    return this.low;
  }

  /** Reads up to 64 bits into `low` and `high`. */
  varint(): void {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index += 1) {
      if (this.offsetBytes >= this.endBytes) throw malformed('varint cut off');
      const byte = this.bytes[this.offsetBytes]!; // inside: checked above
      this.offsetBytes += 1;
      const bits = byte & 0x7f;
      const shift = index * 7;
      if (shift < 32) low |= bits << shift;
      else high |= bits << (shift - 32);
      if (shift === 28) high |= bits >>> 4; // the fifth byte has bits of both halves
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw malformed('varint longer than 10 bytes');
  }

  /**
   * A varint field of 32 bits or less: the upper half is cut off, as every protobuf reader does.
   */
  varint32(): number {
    this.varint();
    return this.low;
  }

  fixed32(): number {
    const at = this.#take(4);
    const { bytes } = this;
    // #take() has checked all four.
    const lower = bytes[at]! | (bytes[at + 1]! << 8);
    return (lower | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  /** Reads 8 bytes into `low` and `high`. */
  fixed64(): void {
    this.low = this.fixed32();
    this.high = this.fixed32();
  }

  /**
   * The length of a length-delimited field; `offsetBytes` then stands at its first byte. Whole or
   * not at all.
   */
  length(): number {
    const { offsetBytes } = this;
    const first = offsetBytes < this.endBytes ? this.bytes[offsetBytes]! : 0x80; // inside: checked
    let lengthBytes = first;
    if (first < 0x80) {
      this.offsetBytes = offsetBytes + 1;
    } else {
      this.varint();
      lengthBytes = this.high === 0 ? this.low : lengthBytesMax + 1;
    }
    if (lengthBytes > this.endBytes - this.offsetBytes) throw malformed('length beyond the end');
    return lengthBytes;
  }

  /** Steps over the value of the tag just read; groups are walked, not recursed into. */
  skip(tag: number): void {
    const open: number[] = []; // field numbers of the groups around; empty for all that OTLP has
    let current = tag;
    for (;;) {
      switch (current & 7) {
        case WireType.Varint:
          this.varint();
          break;
        case WireType.Fixed64:
          this.#take(8);
          break;
        case WireType.Bytes:
          this.#take(this.length());
          break;
        case WireType.GroupStart:
          open.push(current >>> 3);
          if (open.length > messageDepthMax) throw malformed('groups nested too deep');
          break;
        case WireType.GroupEnd:
          if (open.pop() !== current >>> 3) throw malformed('group end without its start');
          break;
        case WireType.Fixed32:
          this.#take(4);
          break;
        default:
          throw malformed('unknown wire type');
      }
      if (open.length === 0) return;
      current = this.tag();
    }
  }

  #take(sizeBytes: number): number {
    const at = this.offsetBytes;
    if (sizeBytes > this.endBytes - at) throw malformed('value cut off');
    this.offsetBytes = at + sizeBytes;
    return at;
  }
}

/** Bytes that an unsigned varint takes; `value` is below 2^53. */
export function varintSizeBytes(value: number): number {
  let sizeBytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) sizeBytes += 1;
  return sizeBytes;
}

/**
 * Writes an unsigned varint below 2^53 and returns the offset behind it. The caller has checked the
 * room.
 */
export function writeVarint(bytes: Uint8Array, offsetBytes: number, value: number): number {
  assert(offsetBytes + varintSizeBytes(value) <= bytes.length, 'no room for a varint');
  let at = offsetBytes;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    bytes[at] = (rest % 0x80) | 0x80;
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}

/** The two halves of a 64-bit value as an unsigned number; undefined from 2^53 on. */
export function safeNumber(low: number, high: number): number | undefined {
  return high < 2 ** 21 ? high * twoTo32 + low : undefined;
}

function malformed(what: string): GopherShipError {
  return new GopherShipError('OTLP_MALFORMED', `protobuf: ${what}`);
}
