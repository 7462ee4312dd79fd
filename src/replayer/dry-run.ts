// Counts what consumers would be sent, by reading the log as the replay would, and sends nothing.
// A few blocks a step, in room that is free just then, so that the replay itself goes on.

import type { DurableEnd } from '../memory/vault-page.ts';
import type { ConsumerCursor } from '../vault/consumer-cursor.ts';
import type { EntryCursor } from '../vault/entry-cursor.ts';
import { EntryKind, recordsNotCounted } from '../vault/format.ts';
import type { LogReader } from '../vault/log-reader.ts';
import { BlockFeed, type EntryReader } from './block-feed.ts';
import type { ReceiveTimes } from './receive-times.ts';
import type { ConsumerEstimate, ReplayEstimate } from './replay-command.ts';
import type { ReplayRoom } from './replay-room.ts';

/** A place in the log that says in which file it is. */
export type CountingReader = EntryReader & Pick<LogReader, 'place'>;

export interface DryRunParts {
  /** Of all consumers; the log is read once for them. */
  readonly cursors: readonly ConsumerCursor[];
  /** Its own place in the log. */
  readonly reader: CountingReader;
  readonly walk: EntryCursor;
  readonly room: ReplayRoom;
  readonly times: ReceiveTimes | undefined;
  /** Entries from here on are not looked at. */
  readonly entryEnd: number;
}

export const DryRunStep = {
  More: 1,
  /** Nothing of its size is free in the room. */
  NoRoom: 2,
  /** The log has been read through. */
  Done: 3,
  /** It cannot be read on: what was counted is not all. */
  Cut: 4,
} as const;
export type DryRunStep = (typeof DryRunStep)[keyof typeof DryRunStep];

const stepEntriesMax = 256;

type Count = { -readonly [Key in keyof ConsumerEstimate]: ConsumerEstimate[Key] };

export class DryRun {
  readonly #parts: DryRunParts;
  readonly #feed: BlockFeed;
  readonly #counts: readonly Count[];
  #lostEntries = 0;
  #segments = 0;
  #lastSegmentId = 0;
  #nextSeq: number;

  constructor(parts: DryRunParts) {
    const { cursors, reader, room, walk } = parts;
    this.#parts = parts;
    this.#feed = new BlockFeed(reader, room, walk);
    this.#counts = cursors.map(() => ({
      ...{ entries: 0, bodyBytes: 0, recordsMin: 0, uncountedEntries: 0 },
    }));
    this.#nextSeq = Math.min(...cursors.map(({ watermark }) => watermark));
  }

  get estimate(): ReplayEstimate {
    return {
      segments: this.#segments,
      lostEntries: this.#lostEntries,
      consumers: this.#counts.map((count) => ({ ...count })),
    };
  }

  step(end: DurableEnd): DryRunStep {
    for (let count = 0; count < stepEntriesMax; count += 1) {
      const entrySeq = this.#nextUnsettled();
      if (entrySeq >= this.#parts.entryEnd) return DryRunStep.Done;
      const read = this.#feed.fetch(entrySeq, end);
      switch (read.kind) {
        case 'entry':
          this.#take(entrySeq);
          break;
        case 'lost':
          this.#lostEntries += Math.max(0, read.toEntrySeq - entrySeq);
          this.#nextSeq = Math.max(this.#nextSeq, read.toEntrySeq);
          break;
        case 'skipped':
          this.#nextSeq = Math.max(this.#nextSeq, read.toEntrySeq);
          break;
        case 'no-room':
          this.#feed.leave();
          return DryRunStep.NoRoom;
        default:
          return DryRunStep.Cut;
      }
    }
    // The room is the replay's.
    this.#feed.leave();
    return DryRunStep.More;
  }

  /** By any consumer. */
  #nextUnsettled(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const cursor of this.#parts.cursors) {
      next = Math.min(next, cursor.nextUnsettled(this.#nextSeq));
    }
    return next;
  }

  #take(entrySeq: number): void {
    const { times, cursors, reader } = this.#parts;
    const { receivedNs, kind, bodySizeBytes, recordCount } = this.#feed.entry;
    this.#nextSeq = entrySeq + 1;
    if (kind > EntryKind.Json) return;
    if (times !== undefined && !times.includes(receivedNs)) return;
    for (const [index, cursor] of cursors.entries()) {
      if (cursor.isSettled(entrySeq)) continue;
      const count = this.#counts[index]!; // one for each cursor
      count.entries += 1;
      count.bodyBytes += bodySizeBytes;
      if (recordCount === recordsNotCounted) count.uncountedEntries += 1;
      else count.recordsMin += recordCount;
    }
    const { segmentId } = reader.place;
    if (segmentId !== this.#lastSegmentId) this.#segments += 1;
    this.#lastSegmentId = segmentId;
  }

  /** Gives the file and the memory back; step() takes them again. */
  rest(): void {
    this.#feed.rest();
  }
}
