// Where each consumer goes on, once recovery has decided what the log is: the rows for cursors of
// vault.md 6.3. A cursor is never set back: what it says is settled stays settled, and the numbers
// of new entries are above it.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { ConsumerCursor } from './consumer-cursor.ts';
import { type CursorDisk, CursorFile } from './cursor-file.ts';
import type { FoundCursor, LoadedCursors } from './cursor-load.ts';
import { CursorSet, type CursorSetMember } from './cursor-set.ts';
import type { CursorSlot } from './cursor-slot.ts';
import type { DiskQuota } from './disk-quota.ts';
import { SettleKind } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { ReadStatus } from './read-status.ts';
import { newestSlot } from './slot-pair.ts';

export interface CursorStart {
  readonly disk: CursorDisk;
  readonly space: DiskQuota;
  readonly clock: Clock;
  readonly vaultTag: number;
  readonly epoch: number;
  /** First of the oldest segment; nextEntrySeq, if there is none. */
  readonly oldestEntrySeq: number;
  /** Where the accepted log ends, exclusive. */
  readonly entryEnd: number;
  /** What the next entry is called: above everything that any cursor of this vault mentions. */
  readonly nextEntrySeq: number;
  /** False: settled in memory, and not one call that would change the disk. */
  readonly isWritable: boolean;
}

/** What the operator should hear. */
export interface CursorEvent {
  readonly kind:
    | 'new'
    /** Neither slot was valid: this consumer gets everything again that is still there. */
    | 'lost'
    /** Older than the oldest segment: the reader says what is missing in between. */
    | 'behind'
    /** It knows of entries that recovery did not find. */
    | 'ahead'
    /** No longer configured: pins nothing, and is kept. */
    | 'left'
    /** A name that is not ours. */
    | 'foreign';
  /** Or the name of the file, if it is foreign. */
  readonly consumer: string;
  /** Where it goes on; 0 for those that do not. */
  readonly watermark: number;
}

export interface StartedCursors {
  readonly cursors: CursorSet;
  readonly events: readonly CursorEvent[];
}

export function startCursors(loaded: LoadedCursors, start: CursorStart): StartedCursors {
  const { oldestEntrySeq, entryEnd, nextEntrySeq, vaultTag, epoch } = start;
  assert(oldestEntrySeq <= nextEntrySeq, 'oldest entry above the next one');
  assert(entryEnd <= nextEntrySeq, 'log ends above the next entry');
  const events: CursorEvent[] = [
    ...loaded.left.map((consumer) => ({ kind: 'left', consumer, watermark: 0 }) as const),
    ...loaded.foreign.map((consumer) => ({ kind: 'foreign', consumer, watermark: 0 }) as const),
  ];
  if (start.isWritable) deleteUnfinished(loaded, start);
  const members = loaded.found.map((found) => member(found, start, events));
  return { cursors: new CursorSet(members, { vaultTag, epoch }, start.clock), events };
}

function member(found: FoundCursor, start: CursorStart, events: CursorEvent[]): CursorSetMember {
  const { consumer, consumerHash, fileSizeBytes } = found;
  const { disk, space, oldestEntrySeq, entryEnd, nextEntrySeq } = start;
  const statuses = [statusIn(found, 0, start), statusIn(found, 1, start)] as const;
  const newest = newestSlot([
    { status: statuses[0], generation: found.slots[0].generation },
    { status: statuses[1], generation: found.slots[1].generation },
  ]);
  // Taken before the cursor moves: it is one of the two slots.
  const slotWatermarks = [
    statuses[0] === ReadStatus.Ok ? found.slots[0].watermark : Number.POSITIVE_INFINITY,
    statuses[1] === ReadStatus.Ok ? found.slots[1].watermark : Number.POSITIVE_INFINITY,
  ] as const;
  const cursor = new ConsumerCursor(newest === -1 ? undefined : found.slots[newest]);
  if (newest === -1) cursor.begin(oldestEntrySeq);
  const say = (kind: CursorEvent['kind']) =>
    events.push({ kind, consumer, watermark: cursor.watermark });
  if (newest === -1) say(found.exists ? 'lost' : 'new');
  if (cursor.watermark < oldestEntrySeq) say('behind');
  if (cursor.slot.durableEntryEnd > entryEnd) say('ahead');
  assert(cursor.settledEnd <= nextEntrySeq, 'floors of recovery are below a cursor');
  const startSeq = newest === -1 ? oldestEntrySeq : Math.min(...slotWatermarks);
  const isChanged = skipVoid(cursor, start) || newest === -1;
  const file = start.isWritable
    ? new CursorFile(disk, space, consumer, { fileSizeBytes, slotWatermarks })
    : undefined;
  return { consumer, consumerHash, cursor, file, startSeq, isChanged };
}

// From the end of the log to the next entry nobody was given a number that counts. Settled now, it
// is not taken for something in the vault. If it needs one range too many, the reader does it.
function skipVoid(cursor: ConsumerCursor, { entryEnd, nextEntrySeq }: CursorStart): boolean {
  const count = nextEntrySeq - entryEnd;
  return count > 0 && cursor.settle(SettleKind.Skipped, entryEnd, count) > 0;
}

// A slot of another vault is none of ours.
function statusIn(found: FoundCursor, slotIndex: 0 | 1, start: CursorStart): ReadStatus {
  const slot: CursorSlot = found.slots[slotIndex];
  const status = found.statuses[slotIndex];
  return status === ReadStatus.Ok && slot.vaultTag !== start.vaultTag
    ? ReadStatus.Misplaced
    : status;
}

// Left by a crash before it had its name: nothing was relied on. What cannot be deleted now goes
// when the file is written next.
function deleteUnfinished(loaded: LoadedCursors, { disk, space }: CursorStart): void {
  for (const { path, sizeBytes } of loaded.unfinished) {
    if (disk.directory.unlink(path) === IoFault.None) space.release(sizeBytes);
  }
}
