// decompressLz4Frame(): one LZ4 frame of version 1, which has to fill its range, whoever wrote it:
// blocks up to 4 MiB, independent or not, with or without content size and checksums, all of which
// are verified. Frames with a dictionary, frames of the old format and skippable frames are
// refused. The header, little endian:
//
//    0 u32 0x184D2204
//    4 u8  FLG: 2 version (1), 1 independent blocks, 1 block checksums, 1 content size,
//               1 content checksum, 1 zero, 1 dictionary (highest bits first)
//    5 u8  BD: 1 zero, 3 block size (4 to 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB), 4 zero
//    6 u64 content size, when FLG says so | u8 second byte of XXH32 over 4..here

import { decodeLz4Block } from './lz4-decode';
import { blockIsStored, frameMagic, headerCheck } from './lz4-frame';
import {
  BAD_CHECKSUM,
  BAD_HEADER,
  BLOCK_TOO_LARGE,
  NOT_FRAME,
  NO_ROOM,
  SIZE_MISMATCH,
  TRAILING_BYTES,
  TRUNCATED,
  UNSUPPORTED,
} from './lz4-status';
import { xxh32 } from './xxhash32';

const flagVersionMask: u32 = 0xc0;
const flagVersion: u32 = 0x40;
const flagIndependent: u32 = 0x20;
const flagBlockChecksum: u32 = 0x10;
const flagContentSize: u32 = 0x08;
const flagContentChecksum: u32 = 0x04;
const flagReserved: u32 = 0x02;
const flagDictionary: u32 = 0x01;

/** Bytes written, or any of the statuses of lz4-status.ts. */
export function decompressLz4Frame(src: u32, size: u32, dst: u32, dstSize: u32): i32 {
  if (size < 4) return TRUNCATED;
  if (load<u32>(src) != frameMagic) return NOT_FRAME;
  if (size < 7) return TRUNCATED;
  const flags = <u32>load<u8>(src, 4);
  const descriptor = <u32>load<u8>(src, 5);
  if ((flags & (flagVersionMask | flagReserved)) != flagVersion) return BAD_HEADER;
  if ((descriptor & 0x8f) != 0 || descriptor < 0x40) return BAD_HEADER;
  if ((flags & flagDictionary) != 0) return UNSUPPORTED;
  const headerSize: u32 = (flags & flagContentSize) != 0 ? 14 : 6;
  if (size <= headerSize) return TRUNCATED;
  if (headerCheck(src + 4, headerSize - 4) != <u32>load<u8>(src + headerSize)) return BAD_HEADER;

  const end = src + size;
  let outEnd = dst + dstSize;
  if ((flags & flagContentSize) != 0) {
    const contentSize = load<u64>(src, 6);
    if (contentSize > (<u64>dstSize)) return NO_ROOM;
    outEnd = dst + <u32>contentSize;
  }
  const blockMax: u32 = 1 << (((descriptor >>> 4) << 1) + 8);
  const blockTail: u32 = (flags & flagBlockChecksum) != 0 ? 4 : 0;
  let pos = src + headerSize + 1;
  let out = dst;
  while (true) {
    if (end - pos < 4) return TRUNCATED;
    const word = load<u32>(pos);
    pos += 4;
    if (word == 0) break;
    const stored = word & ~blockIsStored;
    if (stored > blockMax) return BLOCK_TOO_LARGE;
    if (end - pos < stored + blockTail) return TRUNCATED;
    if (blockTail != 0 && load<u32>(pos + stored) != xxh32(pos, stored, 0)) return BAD_CHECKSUM;
    const room = outEnd - out;
    if ((word & blockIsStored) != 0) {
      if (stored > room) return (flags & flagContentSize) != 0 ? SIZE_MISMATCH : NO_ROOM;
      memory.copy(out, pos, stored);
      out += stored;
    } else {
      const history = (flags & flagIndependent) != 0 ? 0 : out - dst;
      const answer = decodeLz4Block(pos, stored, out, min(room, blockMax), history);
      if (answer == NO_ROOM) {
        if (room >= blockMax) return BLOCK_TOO_LARGE;
        return (flags & flagContentSize) != 0 ? SIZE_MISMATCH : NO_ROOM;
      }
      if (answer < 0) return answer;
      out += <u32>answer;
    }
    pos += stored + blockTail;
  }
  if ((flags & flagContentSize) != 0 && out != outEnd) return SIZE_MISMATCH;
  if ((flags & flagContentChecksum) != 0) {
    if (end - pos < 4) return TRUNCATED;
    if (load<u32>(pos) != xxh32(dst, out - dst, 0)) return BAD_CHECKSUM;
    pos += 4;
  }
  return pos == end ? <i32>(out - dst) : TRAILING_BYTES;
}
