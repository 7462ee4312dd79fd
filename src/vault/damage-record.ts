// Damage that a reader found in the log while it was served: the evidence is copied, the log itself
// gets a note that says so once in a life of the process, and the operator an ERROR.

import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type VaultPage, VaultWord } from '../memory/vault-page.ts';
import { OpenMode, type VaultDirectory } from './block-file.ts';
import { segmentPath } from './file-names.ts';
import { LossReason, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';
import type { OpenedLog } from './open-log.ts';
import type { DamageRange } from './tail-walk.ts';

export interface DamageNote {
  readonly segmentId: number;
  /** Whole units; a length of 0: there is nothing to copy. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly blockCount: number;
  readonly fromEntrySeq: number;
  /** Exclusive; equal where no entry was hit. */
  readonly toEntrySeq: number;
}

export interface DamageRecordParts {
  readonly directory: VaultDirectory;
  readonly direct: boolean;
  readonly main: OpenedLog;
  readonly page: VaultPage;
  readonly clock: Clock;
  readonly log: Log;
}

export class DamageRecord {
  readonly #parts: DamageRecordParts;
  /** Every consumer's reader meets the same damage. Bounded by notesMax. */
  readonly #noted = new Set<string>();

  constructor(parts: DamageRecordParts) {
    this.#parts = parts;
    for (const { fromBlockSeq, toBlockSeq } of this.#foundByRecovery) {
      parts.page.add(VaultWord.DamagedBlocks, toBlockSeq - fromBlockSeq);
    }
  }

  add(note: DamageNote): void {
    const { segmentId, offsetBytes, lengthBytes, blockCount, fromEntrySeq, toEntrySeq } = note;
    const key = `${segmentId} ${offsetBytes} ${fromEntrySeq} ${toEntrySeq}`;
    if (this.#noted.has(key) || this.#noted.size >= notesMax) return;
    this.#noted.add(key);
    if (!this.#isOfRecovery(note)) this.#parts.page.add(VaultWord.DamagedBlocks, blockCount);
    const isKept = lengthBytes > 0 && this.#copy(note);
    if (toEntrySeq > fromEntrySeq) this.#appendLoss(note);
    this.#parts.log.error('VAULT_DAMAGED', 'acknowledged batches cannot be read', {
      segment: segmentId,
      offset: offsetBytes,
      entries: toEntrySeq - fromEntrySeq,
      evidence: isKept,
    });
  }

  get #foundByRecovery(): readonly DamageRange[] {
    return this.#parts.main.recovered.report.damage;
  }

  /** A reader meets it too, unless nobody needs what was there. */
  #isOfRecovery({ segmentId, offsetBytes }: DamageNote): boolean {
    return this.#foundByRecovery.some(
      (range) =>
        range.segmentId === segmentId &&
        range.fromBytes <= offsetBytes &&
        offsetBytes < range.toBytes,
    );
  }

  #copy({ segmentId, offsetBytes, lengthBytes }: DamageNote): boolean {
    const { directory, direct, main } = this.#parts;
    if (main.writer.state === LogState.ReadOnly) return false; // not ours, or not to be written
    const path = segmentPath(segmentId);
    const opened = directory.open(path, { mode: OpenMode.Read, direct });
    if (opened.fault !== IoFault.None) return false;
    const { file } = opened;
    const fileSizeBytes = Math.max(0, file.sizeBytes());
    const toBytes = Math.min(offsetBytes + lengthBytes, fileSizeBytes);
    const evidence = { segmentId, fromBytes: offsetBytes, toBytes, reason: 'damaged' } as const;
    const isWhole = toBytes > offsetBytes && (toBytes - offsetBytes) % unitSizeBytes === 0;
    const isKept = isWhole && main.recovered.quarantine.copy(file, fileSizeBytes, evidence);
    file.close();
    return isKept;
  }

  #appendLoss({ segmentId, lengthBytes, fromEntrySeq, toEntrySeq }: DamageNote): void {
    const range = new LossRange();
    range.fromEntrySeq = fromEntrySeq;
    range.toEntrySeq = toEntrySeq;
    range.sizeBytes = lengthBytes;
    range.segmentId = segmentId;
    range.atNs.setNsOfMs(this.#parts.clock.wallMs());
    range.reason = lengthBytes > 0 ? LossReason.Damage : LossReason.MissingSegment;
    // An audit trail: what counts is in the cursors. A disk that does not take it has said so.
    this.#parts.main.writer.appendLoss([range], 1);
  }
}

/** Beyond it the medium is beyond notes. */
export const notesMax = 10_000;
