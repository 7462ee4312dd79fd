// Integers of HPACK (RFC 7541 section 5.1): the low bits of a byte, and when these are all ones,
// seven more bits in each byte that follows, the lowest first.

import { assert } from '../assert.ts';

/** A place in a header block; what is read moves it. */
export class BlockCursor {
  bytes: Uint8Array = noBytes;
  offsetBytes = 0;
  endBytes = 0;

  /**
   * The integer at the cursor; `prefixMax` is the mask of the bits that it has in the first byte.
   * -1 when it is cut off, above 2^31 - 1, or longer than such a number can be.
   */
  integer(prefixMax: number): number {
    if (this.offsetBytes >= this.endBytes) return -1;
    const prefix = this.bytes[this.offsetBytes]! & prefixMax; // inside: checked
    this.offsetBytes += 1;
    return prefix < prefixMax ? prefix : this.#continued(prefixMax);
  }

  #continued(prefixMax: number): number {
    let value = prefixMax;
    for (let weight = 1; weight <= weightMax; weight *= 0x80) {
      if (this.offsetBytes >= this.endBytes) return -1;
      const byte = this.bytes[this.offsetBytes]!; // inside: checked
      this.offsetBytes += 1;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value <= integerMax ? value : -1;
    }
    return -1;
  }
}

/**
 * Writes `value` at `offsetBytes`, `flags` in the bits above the prefix; returns the offset after
 * it.
 */
export function writeInteger(
  target: Uint8Array,
  offsetBytes: number,
  value: number,
  prefixMax: number,
  flags: number,
): number {
  assert(value >= 0 && value <= integerMax, 'not an HPACK integer');
  assert((flags & prefixMax) === 0, 'flags in the prefix');
  let offset = offsetBytes;
  if (value < prefixMax) {
    target[offset++] = flags | value;
    return offset;
  }
  target[offset++] = flags | prefixMax;
  let rest = value - prefixMax;
  for (; rest >= 0x80; rest >>>= 7) target[offset++] = (rest & 0x7f) | 0x80;
  target[offset++] = rest;
  return offset;
}

/** The most bytes that writeInteger() writes. */
export const integerSizeBytesMax = 6;

const noBytes = new Uint8Array(0);

const integerMax = 2 ** 31 - 1;

// Of the fifth byte after the prefix: what comes later is zeros or too much.
const weightMax = 0x80 ** 4;
