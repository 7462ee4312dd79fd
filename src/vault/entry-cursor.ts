// Walks whole entries that lie one behind the other in the arena, as a reader has put them there.
// One that is cut on disk has the header of its first piece here, and the whole body behind it.

import { assert } from '../assert.ts';
import { entrySizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { EntryHeader, readEntryHeader } from './entry-header.ts';
import { EntryFlag, entryHeaderSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/** Reused: begin() for each range, then next() until it is false. */
export class EntryCursor {
  /** Fields of the entry that next() came to. */
  readonly entry = new EntryHeader();
  headerOffsetBytes = 0;
  /** Why next() ended; Ok: the range was walked to its end. */
  status: ReadStatus = ReadStatus.Ok;
  readonly #area: ByteView;
  readonly #hash: Hash64;
  readonly #found = new U64();
  #nextOffsetBytes = 0;
  #endBytes = 0;

  constructor(area: ByteView, hash: Hash64) {
    this.#area = area;
    this.#hash = hash;
  }

  begin(rawOffsetBytes: number, rawSizeBytes: number): void {
    assert(this.#area.holds(rawOffsetBytes, rawSizeBytes), 'entries end behind the arena');
    this.#nextOffsetBytes = rawOffsetBytes;
    this.#endBytes = rawOffsetBytes + rawSizeBytes;
    this.status = ReadStatus.Ok;
  }

  get bodyOffsetBytes(): number {
    return this.headerOffsetBytes + entryHeaderSizeBytes;
  }

  /** False: no entry is left, or `status` says what stands in its place. */
  next(): boolean {
    if (this.#nextOffsetBytes === this.#endBytes || this.status !== ReadStatus.Ok) return false;
    this.headerOffsetBytes = this.#nextOffsetBytes;
    this.status = this.#read();
    if (this.status !== ReadStatus.Ok) return false;
    this.#nextOffsetBytes += entrySizeBytes(this.entry.bodySizeBytes);
    return true;
  }

  /** Is the body what its producer hashed? Asked before an export: it catches what no disk does. */
  checkBody(): boolean {
    const { bodySizeBytes, bodyHash } = this.entry;
    assert(this.status === ReadStatus.Ok, 'there is no entry');
    this.#hash.hash64(this.#area.bytes, this.bodyOffsetBytes, bodySizeBytes, this.#found);
    return this.#found.equals(bodyHash);
  }

  #read(): ReadStatus {
    const { entry } = this;
    const status = readEntryHeader(this.#area, this.headerOffsetBytes, this.#endBytes, entry);
    if (status !== ReadStatus.Ok) return status;
    if ((entry.flags & EntryFlag.FirstPiece) === 0) return ReadStatus.Inconsistent;
    const endBytes = this.headerOffsetBytes + entrySizeBytes(entry.bodySizeBytes);
    if (endBytes > this.#endBytes) return ReadStatus.Truncated;
    const bodyEndBytes = this.bodyOffsetBytes + entry.bodySizeBytes;
    return this.#area.isZero(bodyEndBytes, endBytes) ? ReadStatus.Ok : ReadStatus.Damaged;
  }
}
