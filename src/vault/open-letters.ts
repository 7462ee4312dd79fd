// The book of the dead letters as it is after a start. Its cursor has no file before the first
// letter is settled, and takes no room in a vault where that never happens.

import type { Clock } from '../clock.ts';
import type { CursorDisk } from './cursor-file.ts';
import type { LoadedCursors } from './cursor-load.ts';
import type { CursorSet } from './cursor-set.ts';
import { type CursorEvent, startCursors } from './cursor-start.ts';
import type { DiskQuota } from './disk-quota.ts';
import { LetterBook } from './letter-book.ts';
import type { OpenedLog } from './open-log.ts';
import { vaultTagOf } from './vault-uuid.ts';

export interface OpenLettersParts {
  readonly dead: OpenedLog;
  /** Of the main log. */
  readonly consumers: CursorSet;
  /** Of the folder of the dead letters. */
  readonly disk: CursorDisk;
  /** For the cursor, once it has a file. */
  readonly room: DiskQuota;
  readonly clock: Clock;
  holdsLock(): boolean;
}

export interface OpenedLetters {
  readonly book: LetterBook;
  /** What the operator should hear. */
  readonly events: readonly CursorEvent[];
}

/** `loaded`: the cursors in that folder. */
export function openLetters(loaded: LoadedCursors, parts: OpenLettersParts): OpenedLetters {
  const { dead, consumers, disk, room, clock, holdsLock } = parts;
  const { origin, isWritable } = dead.recovered;
  const { vaultUuid, epoch, entryEnd, nextEntrySeq } = origin;
  const { segments } = dead;
  const oldestEntrySeq = segments.count > 0 ? segments.at(0).firstEntrySeq : nextEntrySeq;
  let isWanted = loaded.sizeBytes > 0;
  const { cursors, events } = startCursors(loaded, {
    ...{ disk, clock, epoch, vaultTag: vaultTagOf(vaultUuid), isWritable },
    ...{ oldestEntrySeq, entryEnd, nextEntrySeq },
    space: {
      reserve: (sizeBytes) => isWanted && room.reserve(sizeBytes),
      release: (sizeBytes) => room.release(sizeBytes),
    },
  });
  const book = new LetterBook({
    ...{ dead, vaultUuid, cursors, consumers, clock, holdsLock },
    takeCursorRoom() {
      isWanted = true;
    },
  });
  // Segments that went before it was written down here: by drop_oldest, or by an older build.
  book.droppedBelow(oldestEntrySeq);
  return { book, events: events.filter(({ kind }) => kind !== 'behind') };
}
