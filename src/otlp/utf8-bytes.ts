// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.

/** Size of the sequence of two to four bytes that starts at `atBytes`; 0 if it is not valid. */
export function utf8SequenceSizeBytes(bytes: Uint8Array, atBytes: number): number {
  const endBytes = bytes.length;
  const first = bytes[atBytes]!; // inside: the caller stands there
  if (first < 0xc2 || first > 0xf4) return 0;
  const sizeBytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (sizeBytes > endBytes - atBytes) return 0;
  const second = bytes[atBytes + 1]!; // inside: checked
  if ((second & 0xc0) !== 0x80) return 0;
  if (sizeBytes === 2) return 2;
  if (first === 0xe0 && second < 0xa0) return 0; // overlong
  if (first === 0xed && second > 0x9f) return 0; // surrogate
  if (first === 0xf0 && second < 0x90) return 0; // overlong
  if (first === 0xf4 && second > 0x8f) return 0; // above U+10FFFF
  if ((bytes[atBytes + 2]! & 0xc0) !== 0x80) return 0; // inside: checked
  if (sizeBytes === 4 && (bytes[atBytes + 3]! & 0xc0) !== 0x80) return 0; // inside: checked
  return sizeBytes;
}

/** Writes a character that is no surrogate; returns the offset behind it. */
export function writeUtf8(bytes: Uint8Array, atBytes: number, character: number): number {
  if (character < 0x80) {
    bytes[atBytes] = character;
    return atBytes + 1;
  }
  if (character < 0x800) {
    bytes[atBytes] = 0xc0 | (character >> 6);
    bytes[atBytes + 1] = 0x80 | (character & 0x3f);
    return atBytes + 2;
  }
  if (character < 0x10000) {
    bytes[atBytes] = 0xe0 | (character >> 12);
    bytes[atBytes + 1] = 0x80 | ((character >> 6) & 0x3f);
    bytes[atBytes + 2] = 0x80 | (character & 0x3f);
    return atBytes + 3;
  }
  bytes[atBytes] = 0xf0 | (character >> 18);
  bytes[atBytes + 1] = 0x80 | ((character >> 12) & 0x3f);
  bytes[atBytes + 2] = 0x80 | ((character >> 6) & 0x3f);
  bytes[atBytes + 3] = 0x80 | (character & 0x3f);
  return atBytes + 4;
}
