// Recovery of a log: looks at everything, decides, and only then writes. What it is given is any
// state of a disk; what it gives back is a log that goes on, or the reason why it cannot.
//
//   META, cursors, headers -> floors, D       newest segment -> the end of the log
//   evidence -> META -> cut -> delete         each step may be repeated

import { assert } from '../assert.ts';
import { knownFeatures, MetaFlag, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import { LogEvidence } from './log-evidence.ts';
import { LogOrigin, type RecoveredSegment } from './log-origin.ts';
import { MetaFile, MetaFound } from './meta-file.ts';
import { Quarantine } from './quarantine.ts';
import { ReadStatus } from './read-status.ts';
import { findMissing, isDamaged, surveyRows, tailRows } from './recovery-findings.ts';
import { RecoveryRepair } from './recovery-repair.ts';
import {
  type MissingEntries,
  type RecoveryReport,
  RecoveryRow,
  totalUsedBytes,
} from './recovery-report.ts';
import type {
  FinishedSegments,
  RecoveredLog,
  RecoveryOptions,
  RecoveryResult,
  RefusalReason,
} from './recovery-result.ts';
import { SegmentSurvey } from './segment-survey.ts';
import type { SegmentTable } from './segment-table.ts';
import { SurveyRefusal } from './survey-refusal.ts';
import { TailSearch } from './tail-search.ts';
import { unitWindowSizeBytes } from './unit-window.ts';
import { addUsedBytes } from './vault-usage.ts';
import { vaultTagOf } from './vault-uuid.ts';

export type { RecoveredLog, RecoveryOptions, RecoveryResult } from './recovery-result.ts';

/** One window, and the units of META and of a segment header. */
export const recoveryScratchSizeBytes = unitWindowSizeBytes + 4 * unitSizeBytes;

export function recoverLog(options: RecoveryOptions): RecoveryResult {
  assert(options.scratchOffsetBytes % unitSizeBytes === 0, 'scratch is not aligned');
  assert(options.area.holds(options.scratchOffsetBytes, recoveryScratchSizeBytes), 'no scratch');
  return new Recovery(options).run();
}

class Recovery {
  readonly #options: RecoveryOptions;
  readonly #startMs: number;
  readonly #evidence = new LogEvidence();
  readonly #meta: MetaFile;
  readonly #quarantine: Quarantine;
  readonly #survey: SegmentSurvey;
  readonly #tail: TailSearch;
  readonly #rows = new Set<RecoveryRow>();
  readonly #origin = new LogOrigin();
  readonly #used = { meta: 0, segments: 0, spares: 0, cursors: 0, quarantine: 0, foreign: 0 };
  #missing: MissingEntries[] = [];
  #metaFound: MetaFound = MetaFound.None;

  constructor(options: RecoveryOptions) {
    const { scratchOffsetBytes } = options;
    const windowOffsetBytes = scratchOffsetBytes + 4 * unitSizeBytes;
    this.#options = options;
    this.#startMs = options.clock.nowMs();
    this.#meta = new MetaFile(options);
    const scratch = {
      windowOffsetBytes,
      headerOffsetBytes: scratchOffsetBytes + 2 * unitSizeBytes,
    };
    this.#survey = new SegmentSurvey({ ...options, ...scratch }, this.#evidence);
    this.#tail = new TailSearch({ ...options, windowOffsetBytes });
    const sizeBytesMax = options.quarantineSizeBytesMax;
    const place = { scratchOffsetBytes: windowOffsetBytes, sizeBytesMax };
    this.#quarantine = new Quarantine({ ...options, ...place });
  }

  run(): RecoveryResult {
    return this.#readMeta() ?? this.#lookAtSegments() ?? this.#findEnd() ?? this.#settle();
  }

  #readMeta(): RecoveryResult | undefined {
    const found = this.#meta.read();
    this.#metaFound = found;
    switch (found) {
      case MetaFound.Failed:
        return failed(this.#meta.fault, 'META cannot be read');
      case MetaFound.UnknownMajor:
        return refused('unknown-major', 'META is of a newer format');
      case MetaFound.UnknownFeature:
        return refused('unknown-feature', 'META has a feature that this version does not know');
      case MetaFound.OneSlot:
        this.#rows.add(RecoveryRow.MetaSlotBad);
        break;
    }
    if (this.#hasMeta) this.#evidence.addMeta(this.#meta.slot);
    return undefined;
  }

  get #hasMeta(): boolean {
    return this.#metaFound === MetaFound.Valid || this.#metaFound === MetaFound.OneSlot;
  }

  #lookAtSegments(): RecoveryResult | undefined {
    const survey = this.#survey;
    survey.run(this.#hasMeta ? this.#meta.slot.vaultUuid : undefined);
    if (survey.fault !== IoFault.None) return failed(survey.fault, 'a segment cannot be read');
    const refusal = surveyRefusals.get(survey.refusal);
    if (refusal !== undefined) return refused(...refusal);
    this.#origin.vaultUuid.set(this.#chooseUuid());
    const isNew = survey.table.count === 0 && this.#metaFound === MetaFound.None;
    if (isNew) this.#rows.add(RecoveryRow.NewVault);
    else if (!this.#hasMeta) this.#rows.add(RecoveryRow.MetaLost);
    return undefined;
  }

  #findEnd(): RecoveryResult | undefined {
    const { cursors, onDamage } = this.#options;
    const evidence = this.#evidence;
    const vaultTag = vaultTagOf(this.#origin.vaultUuid);
    for (const cursor of cursors)
      if (cursor.vaultTag === undefined || cursor.vaultTag === vaultTag) evidence.addCursor(cursor);
    const tail = this.#tail;
    tail.run(this.#survey, vaultTag, evidence);
    if (tail.fault !== IoFault.None) return failed(tail.fault, 'the newest segment cannot be read');
    if (tail.unknown === ReadStatus.UnknownMajor)
      return refused('unknown-major', 'a block is of a newer format');
    if (tail.unknown !== ReadStatus.Ok)
      return refused('unknown-feature', 'a block has a feature that this version does not know');
    if (evidence.isExhausted) return refused('sequence-exhausted', 'no sequence above 2^53 - 1');
    this.#missing = findMissing(this.#survey.table, evidence);
    for (const row of surveyRows(this.#survey, tail)) this.#rows.add(row);
    for (const row of tailRows(tail, evidence, this.#missing)) this.#rows.add(row);
    if (isDamaged(this.#rows) && onDamage === 'refuse')
      return refused('damage', [...this.#rows].join(', '));
    return undefined;
  }

  #settle(): RecoveryResult {
    const { directory, direct, quota, readOnly, found } = this.#options;
    const quarantine = this.#quarantine;
    this.#setOrigin();
    const usage = addUsedBytes(directory, this.#used);
    if (usage !== IoFault.None) return failed(usage, 'the vault directory cannot be listed');
    this.#used.segments = this.#survey.segmentBytes;
    this.#used.spares = this.#survey.spareBytes;
    this.#used.foreign += this.#survey.foreignBytes;
    found(totalUsedBytes(this.#used));
    const opened = quarantine.open();
    if (opened !== IoFault.None) return failed(opened, 'quarantine cannot be listed');
    const repair = new RecoveryRepair({ directory, direct, quota, quarantine, used: this.#used });
    const isWritable = !readOnly && !this.#survey.isReadOnly && !this.#isMetaReadOnly;
    if (!isWritable) return this.#result(repair, false);
    const made = repair.makeSegmentFolder();
    if (made !== IoFault.None) return failed(made, 'seg/ cannot be made');
    repair.keepEvidence(this.#survey, this.#tail);
    if (this.#metaFound === MetaFound.Lost) repair.keepMeta();
    this.#fillMeta();
    const written = repair.writeMeta(this.#meta);
    if (written !== IoFault.None) return failed(written, 'META cannot be written');
    const { table } = this.#survey;
    if (table.count > 0) table.setSize(table.count - 1, repair.cut(this.#survey, this.#tail));
    repair.tidyNames(this.#survey, this.#tail);
    return this.#result(repair, true);
  }

  get #isMetaReadOnly(): boolean {
    return this.#hasMeta && (this.#meta.slot.roCompat & ~knownFeatures.roCompat) !== 0;
  }

  /** Of META, of the segments, or new; the tag is kept where only blocks or cursors know it. */
  #chooseUuid(): Uint8Array {
    const { newVaultUuid, cursors } = this.#options;
    const { vaultUuid } = this.#survey;
    const isWhole = vaultUuid?.subarray(4).some((byte) => byte !== 0) === true;
    if (vaultUuid !== undefined && (isWhole || this.#hasMeta)) return vaultUuid;
    const uuid = newVaultUuid.slice();
    if (vaultUuid !== undefined) {
      uuid.set(vaultUuid.subarray(0, 4));
      return uuid;
    }
    const [first] = cursors;
    const isSame = cursors.every(({ vaultTag }) => vaultTag === first?.vaultTag);
    if (isSame && first?.vaultTag !== undefined)
      new DataView(uuid.buffer).setUint32(0, first.vaultTag, true);
    return uuid;
  }

  #setOrigin(): void {
    const evidence = this.#evidence;
    const { end } = this.#tail.walk;
    const origin = this.#origin;
    origin.epoch = evidence.epoch + 1;
    origin.nextSegmentId = evidence.nextSegmentId;
    origin.nextBlockSeq = evidence.nextBlockSeq;
    origin.nextEntrySeq = Math.max(evidence.nextEntrySeq, end.entryEnd);
    origin.lastBlockSeq = end.lastBlockSeq;
    origin.entryEnd = end.entryEnd;
    origin.chain.copy(end.chain);
    origin.lastSegmentId = this.#tail.segmentId;
    assert(origin.lastBlockSeq < origin.nextBlockSeq, 'floor of the blocks below the end');
    assert(origin.entryEnd <= origin.nextEntrySeq, 'floor of the entries below the end');
  }

  #fillMeta(): void {
    const { slot } = this.#meta;
    const { clock, capacityUnits, software } = this.#options;
    const origin = this.#origin;
    slot.vaultUuid.set(origin.vaultUuid);
    slot.epoch = origin.epoch;
    slot.flags &= ~MetaFlag.CleanShutdown;
    slot.nextSegmentId = origin.nextSegmentId;
    slot.nextBlockSeq = origin.nextBlockSeq;
    slot.nextEntrySeq = origin.nextEntrySeq;
    slot.durableSeq = origin.lastBlockSeq;
    slot.durableEntryEnd = origin.entryEnd;
    slot.capacityUnits = capacityUnits;
    slot.software = software;
    slot.writtenNs.setNsOfMs(Math.max(Math.floor(clock.wallMs()), 0));
    if (!this.#hasMeta) slot.createdNs.copy(slot.writtenNs);
  }

  #result(repair: RecoveryRepair, isWritable: boolean): RecoveredLog {
    const quarantine = this.#quarantine;
    const survey = this.#survey;
    if (isWritable) this.#used.quarantine = quarantine.sizeBytes;
    const report: RecoveryReport = {
      rows: [...this.#rows],
      segmentCount: survey.table.count,
      tornBlocks: this.#tail.tornBlocks,
      damage: this.#tail.walk.damage.slice(),
      missing: this.#missing,
      headerDamagedCount: survey.headerDamaged.length,
      quarantinedCount: repair.quarantinedCount,
      quarantineRefusedCount: quarantine.refusedCount,
      quarantineEvictedCount: quarantine.evictedCount,
      foreignCount: survey.foreignCount,
      copyCount: survey.copyCount,
      deletedCount: repair.deletedCount,
      cutBytes: repair.cutBytes,
      scannedBytes: this.#tail.scannedBytes,
      leftOverCount: repair.leftOverCount,
      durationMs: this.#options.clock.nowMs() - this.#startMs,
    };
    const parts = { origin: this.#origin, segments: this.#segments(), usedBytes: this.#used };
    const kept = { meta: this.#meta, quarantine, report };
    return { kind: 'recovered', ...parts, isWritable, ...kept };
  }

  #segments(): FinishedSegments {
    const { table } = this.#survey;
    const { entryEnd } = this.#origin;
    return {
      count: table.count,
      *[Symbol.iterator]() {
        for (let index = 0; index < table.count; index += 1)
          yield finishedSegment(table, index, entryEnd);
      },
    };
  }
}

function finishedSegment(table: SegmentTable, index: number, logEnd: number): RecoveredSegment {
  const { segmentId, sizeBytes, createdMs, ...row } = table.row(index);
  const isNewest = index === table.count - 1;
  const entryEnd = isNewest ? logEnd : table.row(index + 1).prevEntryEnd;
  // Of a file that is void as a whole the end lies before its own beginning.
  const firstEntrySeq = Math.min(row.firstEntrySeq, entryEnd);
  return { segmentId, sizeBytes, firstEntrySeq, entryEnd, createdMs };
}

const surveyRefusals: ReadonlyMap<SurveyRefusal, readonly [RefusalReason, string]> = new Map([
  [SurveyRefusal.UnknownMajor, ['unknown-major', 'a segment is of a newer format']],
  [SurveyRefusal.UnknownFeature, ['unknown-feature', 'a segment has a feature that is not known']],
  [SurveyRefusal.TwoVaults, ['two-vaults', 'META is lost, and seg/ holds files of two vaults']],
  [SurveyRefusal.Names, ['segment-names', 'a segment has the name of another file in seg/']],
]);

function refused(reason: RefusalReason, detail: string): RecoveryResult {
  return { kind: 'refused', reason, detail };
}

function failed(fault: IoFault, detail: string): RecoveryResult {
  return { kind: 'failed', fault, detail };
}
