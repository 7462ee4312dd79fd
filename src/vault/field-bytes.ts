// How the fields of a structure become bytes. Sequences and counters are u64 on disk and numbers in
// memory: above 2^53 - 1 a number would round, so nothing above is written, and none is read.

import { assert } from '../assert.ts';

export const sequenceMax = Number.MAX_SAFE_INTEGER;

/** What getSequence() answers for a value above sequenceMax. */
export const sequenceRefused = -1;

export function putSequence(view: DataView, offsetBytes: number, value: number): void {
  assert(Number.isSafeInteger(value), 'sequence is not a whole number below 2^53');
  assert(value >= 0, 'sequence below zero');
  view.setUint32(offsetBytes, value >>> 0, true); // >>> takes the value modulo 2^32
  view.setUint32(offsetBytes + 4, Math.floor(value / 2 ** 32), true);
}

export function getSequence(view: DataView, offsetBytes: number): number {
  const high = view.getUint32(offsetBytes + 4, true);
  if (high >= 2 ** 21) return sequenceRefused;
  return high * 2 ** 32 + view.getUint32(offsetBytes, true);
}

/** Asserts that a field fits its four bytes, and puts it there. */
export function putU32(view: DataView, offsetBytes: number, value: number): void {
  assert(value >>> 0 === value, 'field is not an u32');
  view.setUint32(offsetBytes, value, true);
}

export function putU16(view: DataView, offsetBytes: number, value: number): void {
  assert((value & 0xffff) === value, 'field is not an u16');
  view.setUint16(offsetBytes, value, true);
}

export function putU8(view: DataView, offsetBytes: number, value: number): void {
  assert((value & 0xff) === value, 'field is not an u8');
  view.setUint8(offsetBytes, value);
}
