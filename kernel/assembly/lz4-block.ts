// compressLz4Block(): at most 64 KiB into one LZ4 block, greedily: each position is looked up in a
// table of where its first bytes were seen last. Written from the public description of the format
// (lz4_Block_format): a sequence is
//
//   token (literals << 4 | match - 4) | more literals… | literals | distance u16 | more match…
//
// where a nibble of 15 goes on in bytes that add up until one is not 255. The last sequence has
// only literals, at least the last 5 bytes, and no match begins in the last 12.
//
// The table is 16 KiB of the caller's, 8192 positions u16 from the start of the block; it needs no
// initial content. Small blocks use a smaller part of it, since clearing costs more than they gain.

import { NO_ROOM } from './lz4-status';

export const blockSizeMax: u32 = 65536;

const minMatch: u32 = 4;
const lastLiterals: u32 = 5;
const lastMatchStart: u32 = 12;
const nibbleMax: u32 = 15;

const tableBitsMax: u32 = 13;
const tableBitsMin: u32 = 8;

/**
 * Looking for a match, the step grows by one every 64 misses; acceleration is the step at first.
 */
const missesPerStepBits: u32 = 6;

/** What a sequence takes besides its bytes and one in 128 of them, with what copies overshoot. */
const sequenceSlack: u32 = 16;

/**
 * Bytes written, or NO_ROOM. With room for size + size / 128 + 16 there always is enough; with less
 * the answer may be NO_ROOM although the block would just fit.
 */
export function compressLz4Block(
  src: u32,
  size: u32,
  dst: u32,
  dstSize: u32,
  table: u32,
  acceleration: u32,
): i32 {
  const end = src + size;
  const outEnd = dst + dstSize;
  let out = dst;
  let anchor = src;
  if (size > lastMatchStart) {
    const startLimit = end - lastMatchStart;
    const matchLimit = end - lastLiterals;
    const shift = clearedTable(table, size);
    let pos = src + 1;
    while (true) {
      let word = load<u64>(pos);
      let slot = slotOf(word, table, shift);
      let from: u32;
      let step = acceleration << missesPerStepBits;
      while (true) {
        from = src + <u32>load<u16>(slot);
        store<u16>(slot, pos - src);
        if (load<u32>(from) == <u32>word) break;
        const stride = step++ >>> missesPerStepBits;
        if (stride > startLimit - pos) {
          pos = end;
          break;
        }
        pos += stride;
        word = load<u64>(pos);
        slot = slotOf(word, table, shift);
      }
      if (pos == end) break;
      const matchEnd = endOfMatch(pos + minMatch, from + minMatch, matchLimit);
      while (pos != anchor && from != src && load<u8>(pos - 1) == load<u8>(from - 1)) {
        --pos;
        --from;
      }
      const literals = pos - anchor;
      const more = matchEnd - pos - minMatch;
      if (outEnd - out < literals + (literals >>> 7) + (more >>> 7) + sequenceSlack) return NO_ROOM;

      const token = out++;
      if (literals < nibbleMax) {
        store<u8>(token, (literals << 4) | min(more, nibbleMax));
      } else {
        store<u8>(token, (nibbleMax << 4) | min(more, nibbleMax));
        out = putLength(out, literals - nibbleMax);
      }
      copyLiterals(out, anchor, literals);
      out += literals;
      store<u16>(out, pos - from);
      out += 2;
      if (more >= nibbleMax) out = putLength(out, more - nibbleMax);

      pos = matchEnd;
      anchor = pos;
      if (pos > startLimit) break;
      // Two bytes back is inside the match and often where the next repetition begins.
      store<u16>(slotOf(load<u64>(pos - 2), table, shift), pos - 2 - src);
    }
  }
  const literals = end - anchor;
  const lengthSize = literals < nibbleMax ? 0 : (literals - nibbleMax) / 255 + 1;
  if (outEnd - out < 1 + lengthSize + literals) return NO_ROOM;
  store<u8>(out++, min(literals, nibbleMax) << 4);
  if (literals >= nibbleMax) out = putLength(out, literals - nibbleMax);
  memory.copy(out, anchor, literals);
  return <i32>(out + literals - dst);
}

/** Clears the part of the table that suits the size and returns by how much a hash is shifted. */
function clearedTable(table: u32, size: u32): u32 {
  const sizeBits = 32 - clz<u32>(size);
  const bits = max(tableBitsMin, min(tableBitsMax, sizeBits));
  // All slots say 0: the start of the block, which is a candidate like any other.
  memory.fill(table, 0, 2 << bits);
  return 64 - bits;
}

/** Six bytes decide: in log lines that is faster than four or five, and the ratio is the same. */
// @ts-ignore: AssemblyScript decorator
@inline
function slotOf(word: u64, table: u32, shift: u32): u32 {
  return table + (<u32>(((word << 16) * 0x9e3779b185ebca87) >>> (<u64>shift)) << 1);
}

// @ts-ignore: AssemblyScript decorator
@inline
function endOfMatch(pos: u32, from: u32, limit: u32): u32 {
  while (limit - pos >= 8) {
    const difference = load<u64>(pos) ^ load<u64>(from);
    if (difference != 0) return pos + (<u32>ctz<u64>(difference) >>> 3);
    pos += 8;
    from += 8;
  }
  while (pos != limit && load<u8>(pos) == load<u8>(from)) {
    ++pos;
    ++from;
  }
  return pos;
}

function putLength(out: u32, length: u32): u32 {
  while (length >= 255) {
    store<u8>(out++, 255);
    length -= 255;
  }
  store<u8>(out, length);
  return out + 1;
}

/** May write 7 bytes more, and read as many: matches end 5 bytes and begin 12 before the end. */
// @ts-ignore: AssemblyScript decorator
@inline
function copyLiterals(out: u32, from: u32, size: u32): void {
  if (size <= 16) {
    store<u64>(out, load<u64>(from));
    if (size > 8) store<u64>(out + size - 8, load<u64>(from + size - 8));
    return;
  }
  const last = size - 16;
  for (let done: u32 = 0; done < last; done += 16) v128.store(out + done, v128.load(from + done));
  v128.store(out + last, v128.load(from + last));
}
