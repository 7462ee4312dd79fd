// Random input for both directions of LZ4: contents of the kinds that a compressor meets, and valid
// blocks and frames put together from sequences that no compressor would choose, with every feature
// that a frame can have.

import type { SeededRandom } from '../support/seeded-random.ts';
import { referenceXxh32 } from './xxhash-reference.ts';

/** Lengths at which something changes: nibbles, runs of 255, vectors. */
const lengthsOfInterest = [
  ...[0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 31, 32, 33, 63, 64, 65],
  ...[268, 269, 270, 271, 272, 273, 274, 275, 523, 524, 525, 528, 529, 530],
];

/** One to a few thousand bytes: pieces that are random, repeated, periodic or words. */
export function randomContent(random: SeededRandom, sizeBytesMax: number): Uint8Array {
  const bytes = new Uint8Array(random.below(sizeBytesMax + 1));
  for (let at = 0; at < bytes.length; ) {
    const size = Math.min(randomLength(random), bytes.length - at);
    fillPiece(random, bytes, at, size);
    at += size;
  }
  return bytes;
}

function fillPiece(random: SeededRandom, bytes: Uint8Array, at: number, size: number): void {
  switch (random.below(5)) {
    case 0:
      for (let n = 0; n < size; n++) bytes[at + n] = random.next();
      return;
    case 1:
      bytes.fill(random.next(), at, at + size);
      return;
    case 2: // The same again from somewhere before, overlapping itself when it is near.
      if (at === 0) return;
      repeat(bytes, at, size, 1 + random.below(random.oneIn(2) ? Math.min(at, 20) : at));
      return;
    case 3:
      for (let n = 0; n < size; n++) bytes[at + n] = 0x61 + random.below(3);
      return;
    default:
      for (let n = 0; n < size; n++) bytes[at + n] = 0x20 + ((n * n) % 61);
  }
}

function repeat(bytes: Uint8Array, at: number, size: number, distance: number): void {
  // The distance is at most `at`.
  for (let n = 0; n < size; n++) bytes[at + n] = bytes[at + n - distance]!;
}

function randomLength(random: SeededRandom): number {
  return random.oneIn(3) ? random.pick(lengthsOfInterest) : random.below(40);
}

export interface SampleFrame {
  readonly bytes: Uint8Array;
  readonly contentLength: number;
}

/** A block that every reader takes, though no writer may have written it. */
export function randomBlock(random: SeededRandom): SampleFrame {
  const content: number[] = [];
  const bytes = sequences(random, content, 0);
  return { bytes: Uint8Array.from(bytes), contentLength: content.length };
}

/** A frame of up to four blocks, with any of the features, all checksums right. */
export function randomFrame(random: SeededRandom): SampleFrame {
  const independent = random.oneIn(2);
  const blockChecksums = random.oneIn(6);
  const sized = random.oneIn(2);
  const contentChecksum = random.oneIn(6);
  const content: number[] = [];
  const blocks: number[] = [];
  for (let count = random.below(5); count > 0; count--) {
    const stored = random.oneIn(5);
    const block = stored
      ? Array.from({ length: 1 + random.below(60) }, () => random.below(256))
      : sequences(random, content, independent ? content.length : 0);
    if (stored) content.push(...block);
    blocks.push(...u32(block.length + (stored ? 2 ** 31 : 0)), ...block);
    if (blockChecksums) blocks.push(...u32(referenceXxh32(Uint8Array.from(block))));
  }
  const flags =
    0x40 +
    (independent ? 0x20 : 0) +
    (blockChecksums ? 0x10 : 0) +
    (sized ? 8 : 0) +
    (contentChecksum ? 4 : 0);
  const size = sized ? [...u32(content.length), 0, 0, 0, 0] : [];
  const descriptor = 0x40 + 0x10 * random.below(4);
  const bytes = Uint8Array.from([
    ...[0x04, 0x22, 0x4d, 0x18, flags, descriptor, ...size, 0, ...blocks, 0, 0, 0, 0],
    ...(contentChecksum ? u32(referenceXxh32(Uint8Array.from(content))) : []),
  ]);
  repairHeader(bytes);
  return { bytes, contentLength: content.length };
}

/** Gives a damaged header the check byte that it needs for the rest to be looked at. */
export function repairHeader(bytes: Uint8Array): void {
  const checkAt = (bytes[4] ?? 0) & 8 ? 14 : 6;
  if (checkAt < bytes.length) bytes[checkAt] = referenceXxh32(bytes.subarray(4, checkAt)) >>> 8;
}

/** Adds what the sequences mean to `content`, of which matches may use what is behind `first`. */
function sequences(random: SeededRandom, content: number[], first: number): number[] {
  const bytes: number[] = [];
  const lastMatches = random.below(12);
  for (let match = 0; match <= lastMatches; match++) {
    const last = match === lastMatches;
    const literals = Array.from({ length: randomLength(random) }, () => random.below(256));
    const reach = content.length + literals.length - first;
    const ends = last || reach === 0;
    const length = ends ? random.below(16) : randomLength(random); // the last token's is ignored
    bytes.push(16 * Math.min(literals.length, 15) + Math.min(length, 15));
    bytes.push(...furtherLength(literals.length), ...literals);
    content.push(...literals);
    if (ends) break;
    const distance = 1 + random.below(Math.min(reach, random.oneIn(2) ? 20 : reach));
    bytes.push(distance % 256, distance >> 8, ...furtherLength(length));
    // Within reach, so there is such a byte.
    for (let n = 0; n < length + 4; n++) content.push(content[content.length - distance]!);
  }
  return bytes;
}

function furtherLength(length: number): number[] {
  if (length < 15) return [];
  return [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

function u32(value: number): number[] {
  return [value, value >>> 8, value >>> 16, value >>> 24].map((byte) => byte & 0xff);
}
