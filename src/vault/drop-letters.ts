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
  /** All below are redriven, or purged. */
  watermark(): number;
  /** The segment of letters that somebody may have wanted is gone, and all below `endSeq`. */
  onDropped(letterCount: number, segmentId: number, endSeq: number): void;
}

/** True: the log of the dead letters takes entries again. */
export function dropOldestLetters(parts: DropLettersParts): boolean {
  const { dead, clock, watermark, onDropped } = parts;
  const { writer, segments, makeFloorsDurable } = dead;
  if (segments.count === 0) return false;
  const { segmentId, firstEntrySeq, entryEnd, sizeBytes } = segments.at(0);
  const from = Math.max(firstEntrySeq, watermark());
  if (from < entryEnd) {
    const range = new LossRange();
    range.fromEntrySeq = from;
    range.toEntrySeq = entryEnd;
    range.sizeBytes = sizeBytes;
    range.segmentId = segmentId;
    range.atNs.setNsOfMs(clock.wallMs());
    range.reason = LossReason.DeadLetterCap;
    if (writer.appendLoss([range], 1) !== VaultAnswer.Acked) return false;
  }
  if (segments.deleteBelow(entryEnd, 1, makeFloorsDurable) === 0) return false;
  if (segments.flush() !== IoFault.None) return false;
  onDropped(Math.max(entryEnd - from, 0), segmentId, entryEnd);
  while (writer.background(sparesPerCall));
  return writer.state === LogState.Ok;
}

const sparesPerCall = 8;
