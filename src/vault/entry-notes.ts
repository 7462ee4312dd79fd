// What is counted of entries once they are durable, read from the headers in their slabs: it has to
// be done before their producers are answered, whose the slabs are then.

import type { VaultPage } from '../memory/vault-page.ts';
import type { ByteView } from './byte-view.ts';
import { deadLetterAt, receivedMsAt } from './entry-header.ts';
import { slabNumberBytes } from './group-intake.ts';
import { type PendingEntry, VaultLogId } from './hand-over.ts';
import type { ReceivedMarks } from './received-marks.ts';

export interface EntryNotesParts {
  readonly area: ByteView;
  readonly page: VaultPage;
  /** Of the main log. */
  readonly received: ReceivedMarks;
}

/** The first `count` of `entries` are durable in this log. */
export function noteDurable(
  { area, page, received }: EntryNotesParts,
  log: VaultLogId,
  entries: readonly PendingEntry[],
  count: number,
): void {
  if (log === VaultLogId.Main) {
    const { entrySeq, slab } = entries[0]!; // no group is empty
    received.add(entrySeq, receivedMsAt(area, slab * slabNumberBytes));
    return;
  }
  for (let index = 0; index < count; index += 1) {
    const letter = deadLetterAt(area, entries[index]!.slab * slabNumberBytes); // inside the count
    if (letter !== undefined) page.addDeadLetter(letter.reason, letter.recordCount);
  }
}
