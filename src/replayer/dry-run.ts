// Counts what a consumer would be sent, by reading the log as the replay would, and sends nothing.
// A few blocks a step, in room that is free just then, so that the replay itself goes on.

import type { DurableEnd } from '../memory/vault-page.ts';
import type { ConsumerCursor } from '../vault/consumer-cursor.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import { EntryKind, recordsNotCounted } from '../vault/format.ts';
import { BlockFeed, type EntryReader } from './block-feed.ts';
import type { ReceiveTimes } from './receive-times.ts';
import type { ReplayEstimate } from './replay-command.ts';
import type { ReplayRoom } from './replay-room.ts';

export interface DryRunParts {
  readonly cursor: ConsumerCursor;
  /** Its own place in the log. */
  readonly reader: EntryReader;
  readonly walk: EntryCursor;
  readonly room: ReplayRoom;
  readonly times: ReceiveTimes | undefined;
  /** Entries from here on are not looked at. */
  readonly entryEnd: number;
}

const stepEntriesMax = 256;

export class DryRun {
  readonly #parts: DryRunParts;
  readonly #feed: BlockFeed;
  readonly #count = {
    entries: 0,
    bodyBytes: 0,
    recordsMin: 0,
    uncountedEntries: 0,
    lostEntries: 0,
  };
  #nextSeq: number;

  constructor(parts: DryRunParts) {
    this.#parts = parts;
    this.#feed = new BlockFeed(parts.reader, parts.room, parts.walk);
    this.#nextSeq = parts.cursor.watermark;
  }

  get estimate(): ReplayEstimate {
    return { ...this.#count };
  }

  /** True: the log has been read through. Ends early when it cannot be read on. */
  step(end: DurableEnd): boolean {
    const { cursor, entryEnd } = this.#parts;
    for (let count = 0; count < stepEntriesMax; count += 1) {
      const entrySeq = cursor.nextUnsettled(this.#nextSeq);
      if (entrySeq >= entryEnd) return true;
      const read = this.#feed.fetch(entrySeq, end);
      switch (read.kind) {
        case 'entry':
          this.#take(entrySeq);
          break;
        case 'lost':
          this.#count.lostEntries += Math.max(0, read.toEntrySeq - entrySeq);
          this.#nextSeq = Math.max(this.#nextSeq, read.toEntrySeq);
          break;
        case 'skipped':
          this.#nextSeq = Math.max(this.#nextSeq, read.toEntrySeq);
          break;
        case 'no-room':
          this.#feed.leave();
          return false;
        default:
          return true;
      }
    }
    // The room is the replay's.
    this.#feed.leave();
    return false;
  }

  #take(entrySeq: number): void {
    const { times } = this.#parts;
    const { receivedNs, kind, bodySizeBytes, recordCount } = this.#feed.entry;
    this.#nextSeq = entrySeq + 1;
    if (kind > EntryKind.Json) return;
    if (times !== undefined && !times.includes(receivedNs)) return;
    this.#count.entries += 1;
    this.#count.bodyBytes += bodySizeBytes;
    if (recordCount === recordsNotCounted) this.#count.uncountedEntries += 1;
    else this.#count.recordsMin += recordCount;
  }

  /** Gives the file and the memory back. */
  close(): void {
    this.#feed.rest();
  }
}
