// The part of the arena that the vault works in, if there is one. Its size depends on the number of
// consumers (required destinations) and on the largest message.

import { KiB, MiB } from '../limits.ts';
import { type Region, wholePagesSizeBytes } from './region.ts';
import { slabHeaderSizeBytes } from './size-class.ts';
import { vaultLinksSizeBytes } from './vault-links.ts';
import { vaultPageSizeBytes } from './vault-page.ts';

export interface VaultRegions {
  /** VaultPage. */
  readonly page: Region;
  /** VaultLinks. */
  readonly links: Region;
  /** The vault thread's: vaultWriterSizeBytes. */
  readonly writer: Region;
  /** One for each consumer: the largest entry, so that the oldest can always go. */
  readonly replay: readonly Region[];
  /** The replay thread's, for what it reads: vaultReaderSizeBytes. */
  readonly reader: Region;
}

/** Staging of a group, a block before compression, and the table, hashes and single units. */
export const vaultWriterSizeBytes = 4 * MiB + MiB + 512 * KiB;

/** A block with its worst frame from the disk, the one that is next, and tables. */
export const vaultReaderSizeBytes = 2 * MiB + 128 * KiB + 512 * KiB;

/** Several small entries fit beside each other even if no message may be large. */
const replayPlaceSizeBytesMin = 2 * MiB;

/** Entries begin with a header of a slab's size, and end on a multiple of this. */
const entryAlignmentBytes = 8;

/** Of one consumer, in whole pages. */
export function replayPlaceSizeBytes(messageSizeBytesMax: number): number {
  const entrySizeBytes = slabHeaderSizeBytes + messageSizeBytesMax + entryAlignmentBytes;
  return wholePagesSizeBytes(Math.max(entrySizeBytes, replayPlaceSizeBytesMin));
}

/** Everything but the places of the consumers, in whole pages. */
export function vaultFixedSizeBytes(shardCount: number): number {
  return (
    wholePagesSizeBytes(vaultPageSizeBytes) +
    wholePagesSizeBytes(vaultLinksSizeBytes(shardCount)) +
    wholePagesSizeBytes(vaultWriterSizeBytes) +
    wholePagesSizeBytes(vaultReaderSizeBytes)
  );
}

/** `take` hands out the next region of that many bytes, whole pages. */
export function takeVaultRegions(
  take: (sizeBytes: number) => Region,
  shardCount: number,
  consumerCount: number,
  messageSizeBytesMax: number,
): VaultRegions {
  const place = replayPlaceSizeBytes(messageSizeBytesMax);
  return {
    page: take(wholePagesSizeBytes(vaultPageSizeBytes)),
    links: take(wholePagesSizeBytes(vaultLinksSizeBytes(shardCount))),
    writer: take(wholePagesSizeBytes(vaultWriterSizeBytes)),
    replay: Array.from({ length: consumerCount }, () => take(place)),
    reader: take(wholePagesSizeBytes(vaultReaderSizeBytes)),
  };
}
