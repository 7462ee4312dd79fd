// What every call of the kernel is held against before it is made: the module itself would read and
// write whatever bytes its arguments name.

import { assert } from '../assert.ts';

/**
 * The kernel adds offset and length in 32 bits, so the very last byte of a 4 GiB memory is not for
 * it.
 */
const endOffsetBytesMax = 2 ** 32 - 1;

/**
 * Sizes come back as signed 32-bit numbers; no message is near this (messageSizeBytesLimit is 64
 * MiB).
 */
const lengthBytesMax = 2 ** 30;

export class ArenaRange {
  readonly #endOffsetBytes: number;

  constructor(memory: WebAssembly.Memory) {
    this.#endOffsetBytes = Math.min(memory.buffer.byteLength, endOffsetBytesMax);
  }

  assertInside(offsetBytes: number, lengthBytes: number): void {
    assert(Number.isInteger(offsetBytes) && offsetBytes >= 0, 'offset is not a place in the arena');
    assert(Number.isInteger(lengthBytes) && lengthBytes >= 0, 'length is not a size');
    assert(lengthBytes <= lengthBytesMax, 'length is beyond what the kernel can answer');
    assert(offsetBytes <= this.#endOffsetBytes - lengthBytes, 'range ends outside the arena');
  }
}

export function assertApart(a: number, aLength: number, b: number, bLength: number): void {
  assert(a + aLength <= b || b + bLength <= a, 'ranges overlap');
}
