// Reads the header blocks of one connection (RFC 7541). This is the hottest code of the receive
// path: in the steady state a request is ten references to the tables, and each costs a look-up and
// a call.

import { assert } from '../assert.ts';
import { headerFieldOverheadSizeBytes, KiB } from '../limits.ts';
import { isFieldName, isFieldValue } from './field-syntax.ts';
import { HpackEntry } from './hpack-entry.ts';
import { decodeHuffman, huffmanDecodedSizeBytesMax } from './hpack-huffman.ts';
import { BlockCursor } from './hpack-integer.ts';
import { dynamicIndexMin, staticEntries } from './hpack-static-table.ts';
import { HpackTable } from './hpack-table.ts';

export interface FieldSink {
  /** Strings have one character a byte. `wellFormed` is what field-syntax.ts says of both. */
  field(name: string, value: string, wellFormed: boolean): void;
}

/** After anything but Ok the connection's header compression cannot be used any more. */
export const DecodeStatus = { Ok: 0, CompressionError: 1, Bomb: 2 } as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/** What one block may decode to, as a header list is counted (RFC 9113 section 6.5.2). */
export const decodedBlockSizeBytesMax = 128 * KiB;

export class HpackDecoder {
  readonly #table: HpackTable;
  readonly #cursor = new BlockCursor();
  /** What is left of decodedBlockSizeBytesMax. */
  #creditBytes = 0;
  /** Where the string is that was read last: in the block, or decoded from it in `scratch`. */
  #textBytes: Uint8Array = scratch;
  #textFromBytes = 0;
  #textToBytes = 0;

  constructor(tableSizeBytesMax = 4_096) {
    this.#table = new HpackTable(tableSizeBytesMax);
  }

  /** Of the dynamic table, for tests and for what a connection is said to hold. */
  get tableEntryCount(): number {
    return this.#table.count;
  }

  /** The same bytes mean the same fields as long as this is the same. */
  get tableVersion(): number {
    return this.#table.version;
  }

  get tableSizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /** bytes[fromBytes..toBytes) is one whole block; every field of it goes to `sink` in order. */
  decode(bytes: Uint8Array, fromBytes: number, toBytes: number, sink: FieldSink): DecodeStatus {
    assert(fromBytes >= 0 && fromBytes <= toBytes, 'block ends before it starts');
    assert(toBytes <= bytes.length, 'block outside of its bytes');
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.offsetBytes = fromBytes;
    cursor.endBytes = toBytes;
    this.#creditBytes = decodedBlockSizeBytesMax;
    let status = this.#sizeUpdates();
    while (status === DecodeStatus.Ok && cursor.offsetBytes < toBytes) {
      const first = bytes[cursor.offsetBytes]!; // inside: checked
      status = first >= indexedFlag ? this.#indexed(sink) : this.#literal(first, sink);
    }
    cursor.bytes = scratch; // the chunk must not live as long as the connection
    this.#textBytes = scratch;
    return status;
  }

  #indexed(sink: FieldSink): DecodeStatus {
    const entry = this.#entry(this.#cursor.integer(0x7f));
    if (entry === undefined) return DecodeStatus.CompressionError;
    this.#creditBytes -= entry.sizeBytes;
    if (this.#creditBytes < 0) return DecodeStatus.Bomb;
    sink.field(entry.name, entry.value, entry.wellFormed);
    return DecodeStatus.Ok;
  }

  #literal(first: number, sink: FieldSink): DecodeStatus {
    const indexing = first >= literalIndexingFlag;
    if (!indexing && first >= sizeUpdateFlag) return DecodeStatus.CompressionError; // only at start
    this.#creditBytes -= headerFieldOverheadSizeBytes;

    const nameIndex = this.#cursor.integer(indexing ? 0x3f : 0x0f);
    let name: string;
    let nameWellFormed: boolean;
    if (nameIndex === 0) {
      const status = this.#string();
      if (status !== DecodeStatus.Ok) return status;
      nameWellFormed = isFieldName(this.#textBytes, this.#textFromBytes, this.#textToBytes);
      name = this.#text();
    } else {
      const entry = this.#entry(nameIndex);
      if (entry === undefined) return DecodeStatus.CompressionError;
      name = entry.name;
      nameWellFormed = entry.nameWellFormed;
      this.#creditBytes -= name.length;
    }

    const status = this.#string();
    if (status !== DecodeStatus.Ok) return status;
    const wellFormed =
      nameWellFormed && isFieldValue(this.#textBytes, this.#textFromBytes, this.#textToBytes);
    const value = this.#text();
    if (indexing) this.#table.add(new HpackEntry(name, value, nameWellFormed, wellFormed));
    sink.field(name, value, wellFormed);
    return DecodeStatus.Ok;
  }

  /** Undefined for what is in neither table, 0 and the -1 of a bad integer among it. */
  #entry(index: number): HpackEntry | undefined {
    if (index >= dynamicIndexMin) return this.#table.entry(index - dynamicIndexMin);
    return index > 0 ? staticEntries[index] : undefined;
  }

  /** Finds the string at the cursor (section 5.2); #text() makes one of it. */
  #string(): DecodeStatus {
    const cursor = this.#cursor;
    if (cursor.offsetBytes >= cursor.endBytes) return DecodeStatus.CompressionError;
    const isHuffman = cursor.bytes[cursor.offsetBytes]! >= huffmanFlag; // inside: checked
    const lengthBytes = cursor.integer(0x7f);
    const fromBytes = cursor.offsetBytes;
    if (lengthBytes < 0 || lengthBytes > cursor.endBytes - fromBytes) {
      return DecodeStatus.CompressionError;
    }
    cursor.offsetBytes = fromBytes + lengthBytes;
    if (!isHuffman) {
      this.#textBytes = cursor.bytes;
      this.#textFromBytes = fromBytes;
      this.#textToBytes = cursor.offsetBytes;
    } else {
      if (huffmanDecodedSizeBytesMax(lengthBytes) > scratch.length) return DecodeStatus.Bomb;
      const decoded = decodeHuffman(cursor.bytes, fromBytes, cursor.offsetBytes, scratch);
      if (decoded < 0) return DecodeStatus.CompressionError;
      this.#textBytes = scratch;
      this.#textFromBytes = 0;
      this.#textToBytes = decoded;
    }
    this.#creditBytes -= this.#textToBytes - this.#textFromBytes;
    return this.#creditBytes < 0 ? DecodeStatus.Bomb : DecodeStatus.Ok;
  }

  #text(): string {
    return latin1Slice.call(this.#textBytes, this.#textFromBytes, this.#textToBytes);
  }

  /** Section 4.2: at the start of a block, and no more than two. */
  #sizeUpdates(): DecodeStatus {
    const cursor = this.#cursor;
    for (let count = 0; cursor.offsetBytes < cursor.endBytes; count += 1) {
      const first = cursor.bytes[cursor.offsetBytes]!; // inside: checked
      if ((first & 0xe0) !== sizeUpdateFlag) break;
      if (count === sizeUpdatesMax) return DecodeStatus.CompressionError;
      const sizeBytesMax = cursor.integer(0x1f);
      if (sizeBytesMax < 0 || sizeBytesMax > this.#table.sizeBytesLimit) {
        return DecodeStatus.CompressionError;
      }
      this.#table.resize(sizeBytesMax);
    }
    return DecodeStatus.Ok;
  }
}

// The first byte of a field's representation (section 6), the larger flags first. Below the last
// one are literals that do not enter the table.
const indexedFlag = 0x80;
const literalIndexingFlag = 0x40;
const sizeUpdateFlag = 0x20;

/** In the first byte of a string's length. */
const huffmanFlag = 0x80;

/** The smallest size that the table had between two blocks, and the one that it has now. */
const sizeUpdatesMax = 2;

// Where Huffman codes are decoded. One for all connections of a thread, because nothing stays in it
// from one string to the next. One that might not fit is longer than any block that we read.
const scratch = new Uint8Array(decodedBlockSizeBytesMax);

// Of all ways to make a string of bytes the fastest from 9 bytes on (60 ns for any short one), and
// not 30 ns slower than the fastest for less. It takes any Uint8Array, and @types/node does not
// know it.
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, fromBytes: number, toBytes: number): string;
};
