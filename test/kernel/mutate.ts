// Cheap damage to valid messages, of the kinds that find parser bugs: flipped bits, edited lengths,
// cut and pasted ranges, tags and groups that do not belong.

import type { SeededRandom } from '../support/seeded-random.ts';

/** Copies `source` into `target` and damages it once to three times; returns the new length. */
export function mutate(
  random: SeededRandom,
  source: Uint8Array,
  donor: Uint8Array,
  target: Uint8Array,
): number {
  target.set(source);
  let length = source.length;
  for (let times = random.pick([1, 1, 1, 2, 3]); times > 0; times--) {
    length = mutateOnce(random, target, length, donor);
  }
  return length;
}

/** Tags of every wire type, ends and starts of groups, edges of varints, pieces of bad UTF-8. */
const inserts: readonly (readonly number[])[] = [
  ...[
    [0x00],
    [0x0a],
    [0x0a, 0x00],
    [0x12],
    [0x1a, 0x01, 0x41],
    [0x08, 0x01],
    [0x0b],
    [0x0c],
    [0x0d],
  ],
  ...[[0x7b], [0x7c], [0x7b, 0x7c], [0x7b, 0x83, 0x01, 0x84, 0x01, 0x7c], [0x06], [0x07], [0x0e]],
  ...[
    [0x78, 0x80, 0x01],
    [0x32, 0x00],
    [0x2a, 0x00],
    [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00],
  ],
  ...[
    [0xf8, 0xff, 0xff, 0xff, 0x1f, 0x00],
    [0x8a, 0x80, 0x80, 0x80, 0x00],
    [0x8a, 0x80, 0x80, 0x80, 0x80, 0x00],
  ],
  ...[[0x80], [0xff], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x81, 0x80, 0x80, 0x80, 0x10]],
  ...[[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ...[[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]],
  ...[[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ...[[0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ...[
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe0, 0x9f, 0xbf],
    [0xf0, 0x8f, 0xbf, 0xbf],
  ],
];

const bytesOfInterest = [
  0x00, 0x01, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x12, 0x7f, 0x80, 0xc2, 0xed, 0xff,
];

function mutateOnce(
  random: SeededRandom,
  bytes: Uint8Array,
  length: number,
  donor: Uint8Array,
): number {
  const at = random.below(length + 1);
  const inside = Math.min(at, Math.max(0, length - 1));
  switch (random.below(10)) {
    case 0:
    case 1:
      bytes[inside]! ^= 1 << random.below(8);
      return length;
    case 2:
      bytes[inside] = random.pick(bytesOfInterest);
      return length;
    case 3: // A length, more often than not: most bytes below 0x80 before text are.
    case 4:
      bytes[inside] = bytes[inside]! + random.pick([1, -1, 2, -2, 16]);
      return length;
    case 5:
      return at;
    case 6: {
      const insert = random.pick(inserts);
      makeRoom(bytes, at, length, insert.length);
      bytes.set(insert, at);
      return length + insert.length;
    }
    case 7: {
      const removed = Math.min(1 + random.below(4), length - at);
      bytes.copyWithin(at, at + removed, length);
      return length - removed;
    }
    case 8: {
      const from = random.below(donor.length + 1);
      const piece = donor.subarray(from, from + random.below(24));
      makeRoom(bytes, at, length, piece.length);
      bytes.set(piece, at);
      return length + piece.length;
    }
    default: {
      const size = Math.min(random.below(24), length - at);
      const to = random.below(length + 1);
      const piece = bytes.slice(at, at + size);
      makeRoom(bytes, to, length, size);
      bytes.set(piece, to);
      return length + size;
    }
  }
}

function makeRoom(bytes: Uint8Array, at: number, length: number, size: number): void {
  bytes.copyWithin(at + size, at, length);
}

/** What a target must have beyond the source: three pieces of at most this. */
export const mutationGrowthBytesMax = 3 * 24;
