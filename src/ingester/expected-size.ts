// What a compressed body says about its own size once inflated. Only a hint for how much to
// reserve: it comes from the producer, and the cap is on what really comes out.

export type Encoding = 'gzip' | 'zstd';

/** Undefined when the body does not say. */
export function expectedSizeBytes(encoding: Encoding, body: Uint8Array): number | undefined {
  return encoding === 'gzip' ? gzipSizeBytes(body) : zstdSizeBytes(body);
}

/**
 * RFC 1952 section 2.3.1: ISIZE, the size modulo 2^32, is the last field. Right for a single
 * member.
 */
function gzipSizeBytes(body: Uint8Array): number | undefined {
  if (body.length < gzipSizeBytesMin) return undefined;
  return littleEndian(body, body.length - 4, 4);
}

/**
 * RFC 8878 section 3.1.1, the start of a frame:
 *
 *   offset  size    field
 *   0       4       magic number 0xFD2FB528, little-endian
 *   4       1       descriptor: bits 7-6 size of the content size, bit 5 single segment, bits 1-0 dictionary id
 *   5       0 or 1  window descriptor, absent in a single segment
 *   ...     0 to 4  dictionary id
 *   ...     0 to 8  frame content size
 */
function zstdSizeBytes(body: Uint8Array): number | undefined {
  if (body.length < zstdHeaderSizeBytesMax || littleEndian(body, 0, 4) !== zstdMagic)
    return undefined;
  const descriptor = body[4]!; // the length is checked above
  const singleSegment = (descriptor & 0x20) !== 0;
  const fieldOffset = 5 + (singleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!; // two bits
  switch (descriptor >> 6) {
    case 0:
      return singleSegment ? littleEndian(body, fieldOffset, 1) : undefined;
    case 1:
      return littleEndian(body, fieldOffset, 2) + 256;
    case 2:
      return littleEndian(body, fieldOffset, 4);
    default:
      return littleEndian(body, fieldOffset, 6); // 8 bytes, of which 6 reach further than any limit
  }
}

const gzipSizeBytesMin = 18;
const zstdHeaderSizeBytesMax = 18;
const zstdMagic = 0xfd2fb528;

function littleEndian(bytes: Uint8Array, offset: number, sizeBytes: number): number {
  let value = 0;
  for (let index = sizeBytes - 1; index >= 0; index -= 1) {
    value = value * 256 + bytes[offset + index]!; // inside bytes: the callers check the length
  }
  return value;
}
