// What the vault says about itself: writes the words of the page from the parts that know them.

import { type VaultPage, VaultWord } from '../memory/vault-page.ts';
import type { CursorSet } from './cursor-set.ts';
import { publishCursor } from './cursor-words.ts';
import { IoFault } from './io-fault.ts';
import type { LetterBook } from './letter-book.ts';
import type { Quarantine } from './quarantine.ts';
import type { ReceivedMarks } from './received-marks.ts';
import type { VaultSpace } from './space.ts';
import type { VaultLock } from './vault-lock.ts';
import type { VaultLog } from './vault-loop.ts';

export interface VaultStatusParts {
  readonly page: VaultPage;
  readonly main: VaultLog;
  readonly dead: VaultLog;
  readonly letters: Pick<LetterBook, 'waitingCount' | 'redrivenCount' | 'purgedCount'>;
  readonly cursors: CursorSet;
  readonly space: VaultSpace;
  readonly quarantine: Quarantine;
  readonly received: ReceivedMarks;
  /** Undefined on a read-only mount. */
  readonly lock: Pick<VaultLock, 'state'> | undefined;
}

export function publishVaultStatus(parts: VaultStatusParts): void {
  const { page, main, dead, letters, cursors, space, quarantine, lock, received } = parts;
  const { writer, segments } = main;
  const { counts, end } = writer;
  page.set(VaultWord.State, writer.state);
  page.set(VaultWord.SpareState, writer.spareState);
  page.set(VaultWord.Lock, lock?.state ?? 0);
  page.set(VaultWord.LimitBytes, space.limitBytes);
  page.set(VaultWord.UsedBytes, space.usedBytes);
  page.set(VaultWord.DiskFreeBytes, space.diskFreeBytes());
  page.set(VaultWord.LiveBytes, writer.liveBytes);
  page.set(VaultWord.SpareBytes, writer.spareBytes + dead.writer.spareBytes);
  page.set(VaultWord.CursorBytes, cursors.sizeBytes);
  page.set(VaultWord.QuarantineBytes, quarantine.sizeBytes);
  page.set(VaultWord.QuarantineFiles, quarantine.fileCount);
  page.set(VaultWord.QuarantineEvicted, quarantine.evictedCount);
  page.set(VaultWord.DeadLetterBytes, dead.writer.counts.storedBytes);
  page.set(VaultWord.DeadLetters, dead.writer.counts.entries);
  page.set(VaultWord.WaitingLetters, letters.waitingCount);
  page.set(VaultWord.RedrivenLetters, letters.redrivenCount);
  page.set(VaultWord.PurgedLetters, letters.purgedCount);
  page.set(VaultWord.SegmentCount, segments.count + (end.liveSegmentId === 0 ? 0 : 1));
  page.set(VaultWord.OldestEntrySeq, cursors.lowestWatermark);
  page.set(VaultWord.AppendedEntries, counts.entries);
  page.set(VaultWord.AppendedBytes, counts.bodyBytes);
  page.set(VaultWord.StoredBytes, counts.storedBytes);
  page.set(VaultWord.Groups, counts.groups);
  page.set(VaultWord.Marks, counts.marks);
  page.set(VaultWord.Syncs, counts.syncs);
  page.set(VaultWord.SyncMsMax, counts.syncMsMax);
  page.setSyncTimes(counts.syncTimes.words);
  page.set(VaultWord.Rotations, counts.sealedSegments);
  page.set(VaultWord.RewrittenGroups, counts.rewrittenGroups);
  page.set(
    VaultWord.LastFault,
    lastFault([writer.lastFault, segments.lastFault, cursors.lastFault]),
  );
  let lostEntries = 0;
  for (let index = 0; index < cursors.count; index += 1) {
    const cursor = cursors.cursor(index);
    publishCursor(cursor, end.entryEnd, page.consumer(index));
    lostEntries = Math.max(lostEntries, cursor.slot.lost);
  }
  page.set(VaultWord.LostEntries, lostEntries);
  const watermark = cursors.lowestWatermark;
  received.forgetBelow(watermark);
  const waits = cursors.count > 0 && watermark < end.entryEnd;
  page.set(VaultWord.OldestReceivedMs, waits ? received.at(watermark) : 0);
}

function lastFault(faults: readonly IoFault[]): IoFault {
  return faults.find((fault) => fault !== IoFault.None) ?? IoFault.None;
}
