// One consumer's entries as they come from the disk: one block at a time, read into the consumer's
// room and walked from entry to entry. A block that the walk has left stays in the room as long as
// one of its entries is in use.

import { assert } from '../assert.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import type { EntryHeader } from '../vault/entry-header.ts';
import { LossReason } from '../vault/format.ts';
import type { EntriesRead, EntryPlace, LogRead, LostRead } from '../vault/log-read.ts';
import type { LogReader } from '../vault/log-reader.ts';
import { ReadStatus } from '../vault/read-status.ts';
import type { ReplayRoom } from './replay-room.ts';

export type EntryReader = Pick<LogReader, 'seek' | 'nextEntrySeq' | 'next' | 'close'>;

/** `entry`: the walk stands at the one that was asked for. */
export type FeedRead = { readonly kind: 'entry' } | Exclude<LogRead, EntriesRead>;

/** Where blocks are read to. */
export type BlockRoom = Pick<ReplayRoom, 'take' | 'release'>;

const atEntry: FeedRead = { kind: 'entry' };

interface Block {
  readonly extent: number;
  readonly firstEntrySeq: number;
  readonly endEntrySeq: number;
  /** What the walk comes to next. */
  nextEntrySeq: number;
}

export class BlockFeed {
  readonly #reader: EntryReader;
  readonly #room: BlockRoom;
  readonly #walk: EntryCursor;
  readonly #place: EntryPlace;
  #block: Block | undefined;
  #taken = 0;

  constructor(reader: EntryReader, room: BlockRoom, walk: EntryCursor) {
    this.#reader = reader;
    this.#room = room;
    this.#walk = walk;
    this.#place = {
      take: (sizeBytes) => {
        assert(this.#taken === 0, 'a second extent for one block');
        this.#taken = room.take(sizeBytes);
        return this.#taken;
      },
    };
  }

  /** Of the entry that the walk stands at, as the next two. */
  get entry(): EntryHeader {
    return this.#walk.entry;
  }

  get headerOffsetBytes(): number {
    return this.#walk.headerOffsetBytes;
  }

  get bodyOffsetBytes(): number {
    return this.#walk.bodyOffsetBytes;
  }

  /** Of the block that the walk is in; whoever keeps the entry holds it. 0: it was left. */
  get extent(): number {
    return this.#block?.extent ?? 0;
  }

  checkBody(): boolean {
    return this.#walk.checkBody();
  }

  /** Goes to an entry below the durable end, or says what is there instead. */
  fetch(entrySeq: number, end: DurableEnd): FeedRead {
    assert(entrySeq < end.entryEnd, 'entry is not durable');
    const block = this.#block;
    if (block !== undefined) {
      // Not backwards: what was walked over may have been decoded in its place.
      if (entrySeq >= block.nextEntrySeq && entrySeq < block.endEntrySeq) {
        return this.#walkTo(block, entrySeq);
      }
      this.leave();
    }
    if (this.#reader.nextEntrySeq !== entrySeq) this.#reader.seek(entrySeq);
    const read = this.#read(end);
    if (read.kind !== 'entries') return read;
    const { rawOffsetBytes, rawSizeBytes, firstEntrySeq, entryCount } = read;
    const endEntrySeq = firstEntrySeq + entryCount;
    assert(entrySeq >= firstEntrySeq && entrySeq < endEntrySeq, 'reader gave another block');
    this.#walk.begin(rawOffsetBytes, rawSizeBytes);
    const nextEntrySeq = firstEntrySeq;
    this.#block = { extent: rawOffsetBytes, firstEntrySeq, endEntrySeq, nextEntrySeq };
    return this.#walkTo(this.#block, entrySeq);
  }

  /** What was not walked over is read again when it is wanted. */
  leave(): void {
    if (this.#block !== undefined) this.#room.release(this.#block.extent);
    this.#block = undefined;
  }

  /** Keeps nothing: neither memory nor a file, which could not go away while it is open. */
  rest(): void {
    this.leave();
    this.#reader.close();
  }

  #read(end: DurableEnd): LogRead {
    const read = this.#reader.next(end, this.#place);
    const taken = this.#taken;
    this.#taken = 0;
    if (read.kind === 'entries') assert(read.rawOffsetBytes === taken, 'entries in another place');
    else if (taken !== 0) this.#room.release(taken);
    return read;
  }

  #walkTo(block: Block, entrySeq: number): FeedRead {
    while (block.nextEntrySeq <= entrySeq) {
      if (!this.#walk.next() || this.#walk.entry.entrySeq !== block.nextEntrySeq) {
        const { endEntrySeq } = block;
        this.leave();
        return unwalkable(entrySeq, endEntrySeq, this.#walk.status);
      }
      block.nextEntrySeq += 1;
    }
    return atEntry;
  }
}

// The hash of the block was right, so whoever wrote it, or the memory since, is at fault: there is
// nothing on the disk to copy.
function unwalkable(fromEntrySeq: number, toEntrySeq: number, status: ReadStatus): LostRead {
  return {
    kind: 'lost',
    fromEntrySeq,
    toEntrySeq,
    exact: true,
    reason: LossReason.Damage,
    status: status === ReadStatus.Ok ? ReadStatus.Inconsistent : status,
    segmentId: 0,
    offsetBytes: 0,
    lengthBytes: 0,
    blockCount: 0,
  };
}
