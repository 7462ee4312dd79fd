// A block of whole entries, decompressed into its place and checked entry by entry: the headers,
// their order, their count. Bodies are not hashed here but where they are used.

import type { BlockWalk } from './block-walk.ts';
import { EntryCursor } from './entry-cursor.ts';
import { blockHeaderSizeBytes, wholeEntryFlags } from './format.ts';
import type { LogSource } from './log-source.ts';
import { ReadStatus } from './read-status.ts';

export class EntryBlock {
  readonly #source: LogSource;
  readonly #walk: BlockWalk;
  readonly #entries: EntryCursor;

  constructor(source: LogSource, walk: BlockWalk) {
    this.#source = source;
    this.#walk = walk;
    this.#entries = new EntryCursor(source.parts.area, source.parts.hash);
  }

  /** The walk has seen the block, with its body. */
  unpack(rawOffsetBytes: number): ReadStatus {
    const { rawSizeBytes, firstEntrySeq, entryCount } = this.#walk.header;
    const status = unpackFrame(this.#source, this.#walk, rawOffsetBytes);
    if (status !== ReadStatus.Ok) return status;
    const entries = this.#entries;
    entries.begin(rawOffsetBytes, rawSizeBytes);
    let count = 0;
    while (entries.next()) {
      const { entrySeq, flags } = entries.entry;
      if (entrySeq !== firstEntrySeq + count || flags !== wholeEntryFlags)
        return ReadStatus.Inconsistent;
      count += 1;
    }
    if (entries.status !== ReadStatus.Ok) return entries.status;
    return count === entryCount ? ReadStatus.Ok : ReadStatus.Inconsistent;
  }
}

/** The content of the block that the walk has seen; it has the size that its header says. */
export function unpackFrame(
  { window, parts }: LogSource,
  walk: BlockWalk,
  rawOffsetBytes: number,
): ReadStatus {
  const { storedSizeBytes, rawSizeBytes } = walk.header;
  const from = window.offsetBytes + blockHeaderSizeBytes;
  const { lz4 } = parts.kernel;
  const written = lz4.decompressFrame(from, storedSizeBytes, rawOffsetBytes, rawSizeBytes);
  return written === rawSizeBytes ? ReadStatus.Ok : ReadStatus.Damaged;
}
