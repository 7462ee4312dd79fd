// compressLz4Frame(): the one kind of LZ4 frame that GopherShip writes. Independent blocks of 64
// KiB, content size, no checksums; a block that would not shrink is stored as it is. Any frame is
// at most size + 4 x blocks + 19 bytes.
//
//    0 u32 0x184D2204 | 4 u8 FLG 0x68 | 5 u8 BD 0x40 | 6 u64 content size
//   14 u8 second byte of XXH32(4..13) | 15 blocks: u32 size (bit 31: stored), bytes | u32 0

import { blockSizeMax, compressLz4Block } from './lz4-block';
import { NO_ROOM } from './lz4-status';
import { xxh32 } from './xxhash32';

export const frameMagic: u32 = 0x184d2204;
export const blockIsStored: u32 = 0x80000000;

const flags: u8 = 0x68; // version 1, independent blocks, content size
const blockDescriptor: u8 = 0x40; // 64 KiB
const headerSize: u32 = 15;
const endMarkSize: u32 = 4;

/** Bytes written, or NO_ROOM. `table` is compressLz4Block()'s. */
export function compressLz4Frame(
  src: u32,
  size: u32,
  dst: u32,
  dstSize: u32,
  table: u32,
  acceleration: u32,
): i32 {
  if (dstSize < headerSize + endMarkSize) return NO_ROOM;
  store<u32>(dst, frameMagic);
  store<u8>(dst, flags, 4);
  store<u8>(dst, blockDescriptor, 5);
  store<u64>(dst, size, 6);
  store<u8>(dst, headerCheck(dst + 4, 10), 14);
  let out = dst + headerSize;
  // What blocks may use: the end mark has its place.
  const outEnd = dst + dstSize - endMarkSize;
  while (size != 0) {
    const block = min(size, blockSizeMax);
    if (outEnd - out < 4) return NO_ROOM;
    const room = outEnd - out - 4;
    // One byte less than stored, or it is not worth a decompression.
    let stored = compressLz4Block(src, block, out + 4, min(room, block - 1), table, acceleration);
    if (stored < 0) {
      if (room < block) return NO_ROOM;
      memory.copy(out + 4, src, block);
      stored = <i32>(block | blockIsStored);
    }
    store<u32>(out, stored);
    out += 4 + (<u32>stored & ~blockIsStored);
    src += block;
    size -= block;
  }
  store<u32>(out, 0);
  return <i32>(out + endMarkSize - dst);
}

/** The check byte of a frame's header: `pos` is the FLG byte. */
export function headerCheck(pos: u32, size: u32): u32 {
  return (xxh32(pos, size, 0) >>> 8) & 0xff;
}
