// Files that an engine deletes while somebody reads its vault: what was in them is with every
// consumer, and nothing is lost.

import type { LostRead } from '../vault/log-read.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { cursorSlotOf, owedEntries } from './vault-state.ts';

/** Of a whole file, and not of something in it. */
export function isMissingFile({ lengthBytes, status }: LostRead): boolean {
  return lengthBytes === 0 && status === ReadStatus.Ok;
}

/** The file was there when the vault was opened, and by now nobody needs it. */
export function isSettledMeanwhile(vault: OfflineVault, log: OfflineLog, read: LostRead): boolean {
  const { segmentId, fromEntrySeq, toEntrySeq } = read;
  const segment = log.source.segments.find((candidate) => candidate.segmentId === segmentId);
  // A hole between two files was there already.
  if (!isMissingFile(read) || segment === undefined || toEntrySeq > segment.entryEnd) return false;
  if (fromEntrySeq < segment.firstEntrySeq) return false;
  // Dead letters have no cursors: whoever deletes them means it.
  if (log !== vault.log) return true;
  const owed = owedNow(vault, fromEntrySeq, toEntrySeq);
  return owed.length > 0 && owed.every((row) => row.owed === 0);
}

/**
 * Of entries whose files are gone; undefined: the cursor cannot be read. Cursors are read after the
 * files were looked for: a file is deleted only once a cursor on the disk says that nobody needs
 * it.
 */
export function owedNow(vault: OfflineVault, firstEntrySeq: number, entryEnd: number) {
  return vault.readCursors().map((found) => {
    const slot = cursorSlotOf(found);
    const owed = slot && owedEntries(slot, [{ firstEntrySeq, entryEnd }]);
    return { consumer: found.consumer, owed };
  });
}
