// dead_letter_policy: drop_oldest. The oldest segment of dead letters goes for a new one: written
// down first, then unlinked, and counted.

import type { Clock } from '../clock.ts';
import { LossReason } from './format.ts';
import { VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';
import type { VaultLog } from './vault-loop.ts';

export interface DropLettersParts {
  readonly dead: VaultLog;
  readonly clock: Clock;
  onDropped(letterCount: number, segmentId: number): void;
}

/** True: the log of the dead letters takes entries again. */
export function dropOldestLetters({ dead, clock, onDropped }: DropLettersParts): boolean {
  const { writer, segments, makeFloorsDurable } = dead;
  if (segments.count === 0) return false;
  const { segmentId, firstEntrySeq, entryEnd, sizeBytes } = segments.at(0);
  if (firstEntrySeq < entryEnd) {
    const range = new LossRange();
    range.fromEntrySeq = firstEntrySeq;
    range.toEntrySeq = entryEnd;
    range.sizeBytes = sizeBytes;
    range.segmentId = segmentId;
    range.atNs.setNsOfMs(clock.wallMs());
    range.reason = LossReason.DeadLetterCap;
    if (writer.appendLoss([range], 1) !== VaultAnswer.Acked) return false;
  }
  if (segments.deleteBelow(entryEnd, 1, makeFloorsDurable) === 0) return false;
  if (segments.flush() !== IoFault.None) return false;
  onDropped(entryEnd - firstEntrySeq, segmentId);
  while (writer.background(sparesPerCall));
  return writer.state === LogState.Ok;
}

const sparesPerCall = 8;
