// Writes header blocks (RFC 7541) without any state: fields of the static table as its index,
// everything else as a literal that enters no table. So a block is made once and sent on every
// connection, and answers need no dynamic table on either side.

import { assert } from '../assert.ts';
import { isFieldName } from './field-syntax.ts';
import { integerSizeBytesMax, writeInteger } from './hpack-integer.ts';
import { staticFieldIndex, staticNameIndex } from './hpack-static-table.ts';

/** A block of these fields; names in lower case, one character a byte in names and values. */
export function encodeFields(
  fields: readonly (readonly [name: string, value: string])[],
): Uint8Array {
  let sizeBytesMax = 0;
  for (const [name, value] of fields) {
    sizeBytesMax += name.length + value.length + 3 * integerSizeBytesMax;
  }
  const block = new Uint8Array(sizeBytesMax);
  let offset = 0;
  for (const [name, value] of fields) offset = writeField(block, offset, name, value);
  return block.slice(0, offset);
}

function writeField(block: Uint8Array, start: number, name: string, value: string): number {
  const fieldIndex = staticFieldIndex(name, value);
  if (fieldIndex > 0) return writeInteger(block, start, fieldIndex, 0x7f, indexedFlag);
  const nameIndex = staticNameIndex(name);
  let offset = writeInteger(block, start, nameIndex, 0x0f, literalFlags);
  if (nameIndex === 0) {
    offset = writeString(block, offset, name);
    assert(isFieldName(block, offset - name.length, offset), 'not a field name');
  }
  return writeString(block, offset, value);
}

function writeString(block: Uint8Array, start: number, text: string): number {
  let offset = writeInteger(block, start, text.length, 0x7f, plainFlags);
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    assert(character <= 0xff, 'a field character of more than a byte');
    assert(!splitsFields(character), 'a line end in a field');
    block[offset++] = character;
  }
  return offset;
}

/** What would become two fields, or another one, where HTTP/2 is translated to HTTP/1.1. */
function splitsFields(character: number): boolean {
  return character === 0x00 || character === 0x0a || character === 0x0d;
}

const indexedFlag = 0x80;
/** Literal without indexing (section 6.2.2). */
const literalFlags = 0x00;
/** No Huffman code: answers are short, and what they cost is the time to make them. */
const plainFlags = 0x00;
