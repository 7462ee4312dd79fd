// decodeLz4Block(): one LZ4 block back into its bytes, whatever the input is: each length is
// compared with what is left of the input and of the room before anything is read or written.
// Copies go in whole vectors where both sides have the space for it, so bytes of the destination
// behind the answer, inside the room, may have changed.
//
// Like other decoders it does not ask for the writers' rule that the last match ends 5 bytes before
// the end; it asks that the last sequence has no match.

import { BAD_OFFSET, NO_ROOM, TRUNCATED } from './lz4-status';

const minMatch: u32 = 4;
const nibbleMax: u32 = 15;

/** What is copied, whatever the length, of literals and of a match without further length bytes. */
const shortLiteralsCopy: u32 = 16;
const shortMatchCopy: u32 = 18;

/** Set by readLength(): the place behind what it read. */
let next: u32 = 0;

/**
 * Bytes written, or NO_ROOM, TRUNCATED, BAD_OFFSET. Matches may reach back into the `history` bytes
 * before `dst`.
 */
export function decodeLz4Block(
  src: u32,
  size: u32,
  dst: u32,
  dstSize: u32,
  history: u32,
): i32 {
  const end = src + size;
  const outEnd = dst + dstSize;
  const first = dst - history;
  let pos = src;
  let out = dst;
  while (pos != end) {
    const token = <u32>load<u8>(pos++);
    const literals = token >>> 4;
    if (
      literals != nibbleMax &&
      end - pos >= shortLiteralsCopy + 2 &&
      outEnd - out >= shortLiteralsCopy + shortMatchCopy
    ) {
      v128.store(out, v128.load(pos));
      pos += literals;
      out += literals;
    } else {
      let length: u64 = literals;
      if (literals == nibbleMax) {
        length = readLength(pos, end);
        if (length == 0) return TRUNCATED;
        pos = next;
      }
      if (length > (<u64>(end - pos))) return TRUNCATED;
      if (length > (<u64>(outEnd - out))) return NO_ROOM;
      copyLiterals(out, pos, <u32>length, min(outEnd - out, end - pos));
      pos += <u32>length;
      out += <u32>length;
      if (pos == end) return <i32>(out - dst);
      if (end - pos < 2) return TRUNCATED;
    }

    const distance = <u32>load<u16>(pos);
    pos += 2;
    // Distance 0 becomes the largest number there is.
    if (distance - 1 >= out - first) return BAD_OFFSET;
    const nibble = token & nibbleMax;
    if (nibble != nibbleMax && distance >= 16 && outEnd - out >= shortMatchCopy) {
      v128.store(out, v128.load(out - distance));
      store<u16>(out, load<u16>(out - distance, 16), 16);
      out += nibble + minMatch;
      continue;
    }
    let length: u64 = nibble;
    if (nibble == nibbleMax) {
      length = readLength(pos, end);
      if (length == 0) return TRUNCATED;
      pos = next;
    }
    length += minMatch;
    if (length > (<u64>(outEnd - out))) return NO_ROOM;
    copyMatch(out, distance, <u32>length, outEnd);
    out += <u32>length;
  }
  return TRUNCATED;
}

/**
 * The rest of a length behind a nibble of 15, with the nibble; 0 when the input ends. 64 bits hold
 * the sum of any input.
 */
function readLength(pos: u32, end: u32): u64 {
  let length: u64 = nibbleMax;
  while (pos != end) {
    const byte = <u32>load<u8>(pos++);
    length += byte;
    if (byte != 255) {
      next = pos;
      return length;
    }
  }
  return 0;
}

/** `room` bytes may be read and written. */
function copyLiterals(out: u32, from: u32, size: u32, room: u32): void {
  if (room - size < 15) {
    memory.copy(out, from, size);
    return;
  }
  for (let done: u32 = 0; done < size; done += 16) v128.store(out + done, v128.load(from + done));
}

function copyMatch(out: u32, distance: u32, size: u32, outEnd: u32): void {
  const end = out + size;
  if (outEnd - end >= 15) {
    // A repetition of few bytes: what is written so far is the same repetition, twice as long.
    while (distance < 16) {
      v128.store(out, v128.load(out - distance));
      if (distance >= end - out) return;
      out += distance;
      distance += distance;
    }
    while (true) {
      v128.store(out, v128.load(out - distance));
      if (end - out <= 16) return;
      out += 16;
    }
  }
  for (; out != end; ++out) store<u8>(out, load<u8>(out - distance));
}
