// A sealed segment of random entries, made with the codecs of the vault.

import { Kernel } from '../../src/kernel/kernel.ts';
import type { SeededRandom } from './seeded-random.ts';
import { SegmentImage } from './segment-image.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const MiB = 1024 * 1024;
const capacityBytes = 8 * MiB;
const rawOffsetBytes = firstFreeBytes + 65_536;
export const imageOffsetBytes = rawOffsetBytes + MiB;
const arena = vaultArena(imageOffsetBytes - firstFreeBytes + capacityBytes);
export const { area, hash } = arena;
const kernel = Kernel.create(arena.memory);

/** A segment as the vault seals it, and what its entries are together. */
export function sealedImage(random: SeededRandom): { image: SegmentImage; raw: Buffer } {
  const parts = { kernel, hash, area, rawOffsetBytes, imageOffsetBytes, capacityBytes };
  const image = new SegmentImage(parts);
  const raws: Uint8Array[] = [];
  for (let group = 0; group < 3; group += 1) {
    const bodies = Array.from({ length: 1 + random.below(20) }, () => randomBody(random, 4_000));
    raws.push(...image.addGroup(bodies));
  }
  raws.push(...image.addGroup([randomBody(random, 300_000), randomBody(random, 100)]));
  image.addMark();
  if (random.oneIn(3)) raws.push(...image.addGroup([randomBody(random, 2 * MiB)]));
  image.seal();
  return { image, raw: Buffer.concat(raws) };
}

function randomBody(random: SeededRandom, sizeBytesMax: number): Uint8Array {
  const bytes = new Uint8Array(random.below(sizeBytesMax));
  const isNoise = random.oneIn(3);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = isNoise ? random.next() : (at >> 4) & 63;
  return bytes;
}
