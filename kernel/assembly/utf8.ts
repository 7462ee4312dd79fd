// UTF-8 as Unicode 15 table 3-7 draws it: no surrogates, no overlong forms, nothing above U+10FFFF.
// Log text is ASCII for the most part, so ASCII is passed 16 bytes at a time and only the rest is
// looked at closely.

const highBits: u64 = 0x8080808080808080;

/**
 * True when all bytes of [pos, pos + size) are below 0x80. Loads may overlap, they never leave the
 * range.
 */
// @ts-ignore: AssemblyScript decorator
@inline
export function isAscii(pos: u32, size: u32): bool {
  if (size >= 16) {
    const last = pos + size - 16;
    let seen = v128.load(last);
    while (pos < last) {
      seen = v128.or(seen, v128.load(pos));
      pos += 16;
    }
    return !v128.any_true(v128.and(seen, i8x16.splat(-128)));
  }
  if (size >= 8) return ((load<u64>(pos) | load<u64>(pos + size - 8)) & highBits) == 0;
  if (size >= 4) return ((load<u32>(pos) | load<u32>(pos + size - 4)) & 0x80808080) == 0;
  if (size == 0) return true;
  return ((load<u8>(pos) | load<u8>(pos + (size >>> 1)) | load<u8>(pos + size - 1)) & 0x80) == 0;
}

export function isUtf8(pos: u32, size: u32): bool {
  if (isAscii(pos, size)) return true;
  const end = pos + size;
  while (pos < end) {
    const lead: u32 = load<u8>(pos);
    const left = end - pos;
    if (lead < 0x80) {
      if (left >= 16 && !v128.any_true(v128.and(v128.load(pos), i8x16.splat(-128)))) pos += 16;
      else pos += 1;
    } else if (lead < 0xe0) {
      if (lead < 0xc2 || left < 2 || (load<u8>(pos, 1) & 0xc0) != 0x80) return false;
      pos += 2;
    } else if (lead < 0xf0) {
      if (left < 3 || (load<u16>(pos, 1) & 0xc0c0) != 0x8080) return false;
      const second: u32 = load<u8>(pos, 1);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return false;
      pos += 3;
    } else {
      if (lead > 0xf4 || left < 4) return false;
      const word = load<u32>(pos);
      if ((word & 0xc0c0c000) != 0x80808000) return false;
      const second: u32 = (word >>> 8) & 0xff;
      if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return false;
      pos += 4;
    }
  }
  return true;
}
