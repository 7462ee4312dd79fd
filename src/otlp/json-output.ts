// Protobuf written over the JSON text that it is made from. It never overtakes the reader. Count
// slack = bytes read - bytes written, 0 at the start:
//
//   opening a message that is a member   name and colon (6 or more) and {   -2 (tag, length)  >= +5
//   opening one that is an element       [ or , and {                       -2                    0
//   a string member                      name, colon, quotes, n             -2-n (lengths: below)
//   a number, boolean, id or bytes       name and value                     at most tag + 10; the
//     shortest: "flags":0 is 9 to 5, "intValue":-1 is 13 to 11, "doubleValue":0 is 15 to 9
//   a string element                     [ or , and quotes, n               -2-n              >= +1
//   a length of L > 1 bytes              closing } or quote is already read -(L-1), L <= 4
//   escapes, white space, unknown members, nulls, replaced duplicates       never lower it
//
// So every member with a name gains 3 or more, even if its string has a length of four bytes. A
// message whose length takes more than two bytes has at least one such member, and its closing
// brace gains 1 besides: enough for L <= 4, and no message or list ends with less slack than it
// began with. Only elements of a list of strings could lose, one byte each, from 16 KiB
// on (L = 3): such strings are refused (stringElementSizeBytesMax). #reserve checks all this.

import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { quote } from './json-characters.ts';
import type { JsonCursor } from './json-cursor.ts';
import { copyString, plainRunEnd } from './json-string.ts';
import { varintSizeBytes, writeVarint } from './protobuf-wire.ts';

/** Longest string in a list of strings: its length takes two bytes, see above. */
export const stringElementSizeBytesMax = 2 ** 14 - 1;

export class JsonOutput {
  /** The end of what is written. Between it and the cursor nothing is needed any more. */
  offsetBytes = 0;
  readonly #cursor: JsonCursor;
  readonly #bytes: Uint8Array;
  /** Made when there is a double: most requests have none, and small ones feel its cost. */
  #double: DataView | undefined;

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor;
    this.#bytes = cursor.bytes;
  }

  /** Writes a tag and leaves one byte for the length; returns where the content starts. */
  open(tag: number): number {
    this.#reserve(2);
    this.#bytes[this.offsetBytes] = tag;
    this.offsetBytes += 2;
    return this.offsetBytes;
  }

  /** Writes the length of what stands from `contentBytes` on, and moves that if it must. */
  close(contentBytes: number): void {
    const sizeBytes = this.offsetBytes - contentBytes;
    if (sizeBytes < 0x80) {
      this.#bytes[contentBytes - 1] = sizeBytes;
      return;
    }
    const growthBytes = varintSizeBytes(sizeBytes) - 1;
    this.#reserve(growthBytes);
    this.#bytes.copyWithin(contentBytes + growthBytes, contentBytes, this.offsetBytes);
    writeVarint(this.#bytes, contentBytes - 1, sizeBytes);
    this.offsetBytes += growthBytes;
  }

  /** Takes back what stands in [fromBytes, toBytes). */
  remove(fromBytes: number, toBytes: number): void {
    assert(fromBytes <= toBytes && toBytes <= this.offsetBytes, 'removes what is not written');
    this.#bytes.copyWithin(fromBytes, toBytes, this.offsetBytes);
    this.offsetBytes -= toBytes - fromBytes;
  }

  /** Copies a string whose opening quote has been read; returns the size of its text. */
  string(tag: number): number {
    const cursor = this.#cursor;
    const bytes = this.#bytes;
    const fromBytes = cursor.offsetBytes;
    const runEndBytes = plainRunEnd(bytes, fromBytes);
    const runSizeBytes = runEndBytes - fromBytes;
    if (bytes[runEndBytes] === quote) {
      cursor.offsetBytes = runEndBytes + 1;
      const contentBytes = this.offsetBytes + 1 + varintSizeBytes(runSizeBytes);
      this.#reserve(contentBytes - this.offsetBytes + runSizeBytes);
      // First the text: its first bytes may stand where the length will be.
      copyRun(bytes, contentBytes, fromBytes, runSizeBytes);
      bytes[this.offsetBytes] = tag;
      writeVarint(bytes, this.offsetBytes + 1, runSizeBytes);
      this.offsetBytes = contentBytes + runSizeBytes;
      return runSizeBytes;
    }
    const contentBytes = this.open(tag);
    copyRun(bytes, contentBytes, fromBytes, runSizeBytes);
    cursor.offsetBytes = runEndBytes;
    this.offsetBytes = copyString(cursor, contentBytes + runSizeBytes);
    const sizeBytes = this.offsetBytes - contentBytes;
    this.close(contentBytes);
    return sizeBytes;
  }

  /** Writes tag and length and returns where the caller writes the `sizeBytes` of the content. */
  openBytes(tag: number, sizeBytes: number): number {
    const lengthSizeBytes = varintSizeBytes(sizeBytes);
    this.#reserve(1 + lengthSizeBytes + sizeBytes);
    this.#bytes[this.offsetBytes] = tag;
    const contentBytes = writeVarint(this.#bytes, this.offsetBytes + 1, sizeBytes);
    this.offsetBytes = contentBytes + sizeBytes;
    return contentBytes;
  }

  /** A varint of 64 bits, given as its unsigned halves. */
  varint(tag: number, low: number, high: number): void {
    this.#reserve(varintFieldSizeBytesMax);
    const bytes = this.#bytes;
    let at = this.offsetBytes;
    bytes[at] = tag;
    at += 1;
    let lower = low >>> 0;
    let upper = high >>> 0;
    while (upper !== 0 || lower >= 0x80) {
      bytes[at] = (lower & 0x7f) | 0x80;
      at += 1;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    bytes[at] = lower;
    this.offsetBytes = at + 1;
  }

  fixed32(tag: number, value: number): void {
    this.#reserve(5);
    this.#bytes[this.offsetBytes] = tag;
    this.#word(this.offsetBytes + 1, value);
    this.offsetBytes += 5;
  }

  fixed64(tag: number, low: number, high: number): void {
    this.#reserve(9);
    this.#bytes[this.offsetBytes] = tag;
    this.#word(this.offsetBytes + 1, low);
    this.#word(this.offsetBytes + 5, high);
    this.offsetBytes += 9;
  }

  double(tag: number, value: number): void {
    this.#double ??= new DataView(new ArrayBuffer(8));
    this.#double.setFloat64(0, value);
    this.fixed64(tag, this.#double.getUint32(4), this.#double.getUint32(0));
  }

  #word(atBytes: number, value: number): void {
    const bytes = this.#bytes;
    bytes[atBytes] = value;
    bytes[atBytes + 1] = value >>> 8;
    bytes[atBytes + 2] = value >>> 16;
    bytes[atBytes + 3] = value >>> 24;
  }

  /**
   * That this never fails is proven above. If it does all the same, it is a fault of ours which
   * one producer's batch must not make the end of the process.
   */
  #reserve(sizeBytes: number): void {
    if (this.offsetBytes + sizeBytes > this.#cursor.offsetBytes) {
      throw new GopherShipError('INTERNAL_FAULT', 'protobuf would overtake the JSON it is made of');
    }
  }
}

/** Ranges may overlap: a short run moves towards the start, or not at all. */
function copyRun(bytes: Uint8Array, toBytes: number, fromBytes: number, sizeBytes: number): void {
  if (sizeBytes >= blockCopySizeBytesMin) {
    bytes.copyWithin(toBytes, fromBytes, fromBytes + sizeBytes);
    return;
  }
  for (let index = 0; index < sizeBytes; index += 1) {
    bytes[toBytes + index] = bytes[fromBytes + index]!; // inside: the run has been read
  }
}

/** From here on memmove is faster than a loop, which has no call to pay for. */
const blockCopySizeBytesMin = 48;
const varintFieldSizeBytesMax = 11;
