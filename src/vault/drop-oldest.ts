// full_policy: drop_oldest. The oldest finished segment goes although somebody still needs it: that
// is written down first, then the cursors pass it, counted, and only then the file is unlinked. A
// crash in between drops nothing that was not written down.

import type { Clock } from '../clock.ts';
import type { CursorSet } from './cursor-set.ts';
import { LossReason } from './format.ts';
import type { GroupAnswers } from './group-answers.ts';
import { SettleKind, VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';
import type { VaultSpace } from './space.ts';
import type { VaultLog } from './vault-loop.ts';

export interface DropOldestParts {
  readonly main: VaultLog;
  readonly cursors: CursorSet;
  readonly clock: Clock;
  readonly space: VaultSpace;
  /** Of a segment. */
  readonly capacityBytes: number;
  /** Entries that some consumer had not settled. */
  onDropped(entryCount: number, segmentId: number): void;
}

/**
 * True: the log takes entries again. False: it does not help, or not for want of segments.
 */
export function dropOldest(parts: DropOldestParts, answers: GroupAnswers): boolean {
  const { space, capacityBytes, main } = parts;
  const { writer } = main;
  do {
    if (!dropSegment(parts, answers)) return false;
    // The spare is filled while producers wait; at most a segment's worth of zeros.
    while (writer.background(sparesPerCall));
    // Files that were cut give back less than a spare takes, and LOSS may have taken the reserve.
  } while (writer.state === LogState.Full && space.usedBytes + capacityBytes > space.limitBytes);
  return writer.state === LogState.Ok;
}

const sparesPerCall = 8;

/** The oldest, and nothing of it is left; false: it stays. */
function dropSegment(parts: DropOldestParts, answers: GroupAnswers): boolean {
  const { main, cursors, clock } = parts;
  const { writer, segments, makeFloorsDurable } = main;
  if (segments.count === 0) return false;
  const { segmentId, firstEntrySeq, entryEnd, sizeBytes } = segments.at(0);
  // Nothing is older: numbers up to here were never given to an entry, and are not dropped.
  cursors.settleAllBelow(SettleKind.Skipped, firstEntrySeq);
  const from = Math.max(firstEntrySeq, cursors.lowestWatermark);
  if (from < entryEnd) {
    const range = new LossRange();
    range.fromEntrySeq = from;
    range.toEntrySeq = entryEnd;
    range.sizeBytes = sizeBytes;
    range.segmentId = segmentId;
    range.atNs.setNsOfMs(clock.wallMs());
    range.reason = LossReason.Quota;
    if (writer.appendLoss([range], 1) !== VaultAnswer.Acked) return false;
    cursors.settleAllBelow(SettleKind.Dropped, entryEnd);
    answers.droppedBelow(entryEnd);
    parts.onDropped(entryEnd - from, segmentId);
  }
  // Also if nothing was dropped: that all of it is settled may be known in memory alone.
  if (cursors.lowestDurableWatermark < entryEnd) {
    if (cursors.writeThrough(writer.end) !== IoFault.None) return false;
  }
  if (segments.deleteBelow(entryEnd, 1, makeFloorsDurable) === 0) return false;
  return segments.flush() === IoFault.None;
}
