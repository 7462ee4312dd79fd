// Strings of JSON text as UTF-8 bytes: escapes are resolved and every byte sequence is checked, on
// the way to another place in the same bytes. The place is never ahead of what has been read:
// no escape is shorter than the character that it stands for.

import { backslash, plain, quote, shortEscapes } from './json-characters.ts';
import type { JsonCursor } from './json-cursor.ts';
import { utf8SequenceSizeBytes, writeUtf8 } from './utf8-bytes.ts';

/**
 * Copies the rest of a string, closing quote excluded, to `toBytes` (not beyond the cursor);
 * returns the end of the copy. The cursor ends up behind the quote.
 */
export function copyString(cursor: JsonCursor, toBytes: number): number {
  const { bytes } = cursor;
  const endBytes = bytes.length;
  let at = cursor.offsetBytes;
  let to = toBytes;
  while (at < endBytes) {
    const byte = bytes[at]!; // inside: checked
    if (plain[byte] === 1) {
      bytes[to] = byte;
      to += 1;
      at += 1;
    } else if (byte >= 0x80) {
      const sizeBytes = utf8SequenceSizeBytes(bytes, at);
      if (sizeBytes === 0) throw cursor.fault('not UTF-8', at);
      for (let index = 0; index < sizeBytes; index += 1) {
        bytes[to + index] = bytes[at + index]!; // inside: the sequence is whole
      }
      to += sizeBytes;
      at += sizeBytes;
    } else if (byte === quote) {
      cursor.offsetBytes = at + 1;
      return to;
    } else if (byte === backslash) {
      cursor.offsetBytes = at;
      to = copyEscape(cursor, to);
      at = cursor.offsetBytes;
    } else {
      throw cursor.fault('control character in a string', at);
    }
  }
  throw cursor.fault('the text ends in a string', at);
}

/** The first byte from here on that does not stand for itself; the end if there is none. */
export function plainRunEnd(bytes: Uint8Array, fromBytes: number): number {
  const endBytes = bytes.length;
  let at = fromBytes;
  while (at < endBytes && plain[bytes[at]!] === 1) at += 1; // inside: checked
  return at;
}

function copyEscape(cursor: JsonCursor, toBytes: number): number {
  const { bytes, offsetBytes } = cursor;
  const kind = offsetBytes + 1 < bytes.length ? bytes[offsetBytes + 1]! : 0; // inside: checked
  if (kind === letterU) {
    const unit = hexUnit(cursor, offsetBytes);
    cursor.offsetBytes = offsetBytes + unicodeEscapeSizeBytes;
    if (unit < 0xd800 || unit > 0xdfff) return writeUtf8(bytes, toBytes, unit);
    return copyPair(cursor, unit, toBytes);
  }
  const character = kind < 0x80 ? escapes[kind]! : 0; // inside: 128 entries
  if (character === 0) throw cursor.fault('unknown escape in a string');
  bytes[toBytes] = character;
  cursor.offsetBytes = offsetBytes + 2;
  return toBytes + 1;
}

/** The second half of a surrogate pair. A half alone has no UTF-8 form. */
function copyPair(cursor: JsonCursor, high: number, toBytes: number): number {
  const { bytes, offsetBytes } = cursor;
  const isEscape = bytes[offsetBytes] === backslash && bytes[offsetBytes + 1] === letterU;
  const low = isEscape && high < 0xdc00 ? hexUnit(cursor, offsetBytes) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    throw cursor.fault('half a surrogate pair', offsetBytes - unicodeEscapeSizeBytes);
  }
  cursor.offsetBytes = offsetBytes + unicodeEscapeSizeBytes;
  return writeUtf8(bytes, toBytes, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
}

/** The UTF-16 unit of the escape \uXXXX at `atBytes`. */
function hexUnit(cursor: JsonCursor, atBytes: number): number {
  let unit = 0;
  for (let index = 2; index < unicodeEscapeSizeBytes; index += 1) {
    const digit = hexDigit(cursor.bytes[atBytes + index]);
    if (digit < 0) throw cursor.fault('\\u without four hex digits', atBytes);
    unit = unit * 16 + digit;
  }
  return unit;
}

/** -1 for what is no hex digit of either case, and for what is no byte. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

const letterU = 0x75;
const unicodeEscapeSizeBytes = 6;

/** The character by the letter behind the backslash; 0 for none. */
const escapes = new Uint8Array(128);
escapes[0x2f] = 0x2f; // a solidus may be escaped, though nobody has to
for (const [character, letter] of shortEscapes.entries()) {
  if (letter !== 0) escapes[letter] = character;
}
