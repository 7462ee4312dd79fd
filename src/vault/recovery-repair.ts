// What recovery changes on disk once everything is decided: evidence, then META, then cuts, then
// deletions. Each step may be repeated after a crash at any call; none before META is relied on.

import { type BlockFile, OpenMode, type VaultDirectory } from './block-file.ts';
import type { DiskQuota } from './disk-quota.ts';
import {
  metaPath,
  segmentFolder,
  segmentIdOf,
  segmentPath,
  unfinishedSuffix,
} from './file-names.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import { type MetaFile, metaFileSizeBytes } from './meta-file.ts';
import type { Evidence, Quarantine } from './quarantine.ts';
import type { UsedBytes } from './recovery-report.ts';
import type { SegmentSurvey } from './segment-survey.ts';
import type { TailSearch } from './tail-search.ts';

export interface RepairParts {
  readonly directory: VaultDirectory;
  readonly direct: boolean;
  readonly quota: DiskQuota;
  readonly quarantine: Quarantine;
  readonly used: UsedBytes;
}

export class RecoveryRepair {
  quarantinedCount = 0;
  deletedCount = 0;
  cutBytes = 0;
  leftOverCount = 0;
  readonly #parts: RepairParts;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  /** The folder that new segments go to. */
  makeSegmentFolder(): IoFault {
    const { directory } = this.#parts;
    const made = directory.makeDirectory(segmentFolder);
    if (made === IoFault.Exists) return IoFault.None;
    return made === IoFault.None ? directory.fsyncDirectory('') : made;
  }

  keepEvidence(survey: SegmentSurvey, tail: TailSearch): void {
    for (const { name, sizeBytes, contentEndBytes } of survey.unused) {
      if (contentEndBytes === 0) continue;
      const range = { segmentId: segmentIdOf(name), fromBytes: 0, toBytes: contentEndBytes };
      this.#copy(`${segmentFolder}/${name}`, sizeBytes, [{ ...range, reason: 'unused' }]);
    }
    for (const evidence of tail.evidence) {
      const path = survey.pathOf(evidence.segmentId);
      this.#copy(path, undefined, [evidence]);
    }
  }

  /** Of a META of which neither slot can be read. */
  keepMeta(): void {
    const range = { segmentId: 0, fromBytes: 0, toBytes: metaFileSizeBytes };
    this.#copy(metaPath, undefined, [{ ...range, reason: 'meta' }]);
  }

  /** Next generation of META. A new file takes the place of what was there. */
  writeMeta(meta: MetaFile): IoFault {
    const { used } = this.#parts;
    used.meta -= meta.fileSizeBytes;
    const fault = meta.write();
    used.meta += meta.fileSizeBytes;
    return fault;
  }

  /** Size of the newest segment then. */
  cut(survey: SegmentSurvey, tail: TailSearch): number {
    const { table } = survey;
    const { sizeBytes, segmentId } = table.row(table.count - 1);
    const endBytes = tail.walk.end.positionBytes;
    if (endBytes >= sizeBytes) return sizeBytes;
    const { directory, direct, quota, used } = this.#parts;
    const path = survey.pathOf(segmentId);
    const opened = directory.open(path, { mode: OpenMode.ReadWrite, direct });
    if (opened.fault !== IoFault.None) return this.#leave(sizeBytes);
    const fault = opened.file.truncate(endBytes);
    const synced = fault === IoFault.None ? opened.file.fdatasync() : fault;
    opened.file.close();
    if (synced !== IoFault.None) return this.#leave(sizeBytes);
    this.cutBytes += sizeBytes - endBytes;
    used.segments -= sizeBytes - endBytes;
    quota.release(sizeBytes - endBytes);
    return endBytes;
  }

  tidyNames(survey: SegmentSurvey, tail: TailSearch): void {
    const { directory, quarantine, quota, used } = this.#parts;
    let goneBytes = 0;
    for (const { segmentId, sizeBytes } of tail.tornFiles)
      goneBytes += this.#delete(survey.pathOf(segmentId), sizeBytes);
    for (const { name, sizeBytes } of survey.unused)
      goneBytes += this.#delete(`${segmentFolder}/${name}`, sizeBytes);
    for (const { fromName, segmentId } of survey.renames) {
      if (tail.tornFiles.some((torn) => torn.segmentId === segmentId)) continue;
      const fault = directory.rename(`${segmentFolder}/${fromName}`, segmentPath(segmentId));
      if (fault !== IoFault.None) this.leftOverCount += 1;
    }
    const hasChanged = tail.tornFiles.length + survey.unused.length + survey.renames.length > 0;
    if (hasChanged && directory.fsyncDirectory(segmentFolder) === IoFault.None) {
      used.segments -= goneBytes;
      quota.release(goneBytes);
    } else if (hasChanged) {
      this.leftOverCount += 1; // what may come back after a crash stays counted
    }
    this.#deleteUnfinishedMeta();
    quarantine.removeUnfinished();
  }

  // The bytes of it are counted with META.
  #deleteUnfinishedMeta(): void {
    const { directory, quota, used } = this.#parts;
    const fault = directory.unlink(metaPath + unfinishedSuffix);
    if (fault !== IoFault.None && fault !== IoFault.NotFound) return;
    const extraBytes = used.meta - metaFileSizeBytes;
    if (extraBytes <= 0 || directory.fsyncDirectory('') !== IoFault.None) return;
    used.meta -= extraBytes;
    quota.release(extraBytes);
  }

  #copy(path: string, sizeBytes: number | undefined, all: readonly Evidence[]): void {
    const { directory, direct, quarantine } = this.#parts;
    const opened = directory.open(path, { mode: OpenMode.Read, direct });
    if (opened.fault !== IoFault.None) {
      quarantine.refusedCount += all.length;
      return;
    }
    const fileSizeBytes = sizeBytes ?? fileSize(opened.file);
    for (const evidence of all)
      if (quarantine.copy(opened.file, fileSizeBytes, evidence)) this.quarantinedCount += 1;
    opened.file.close();
  }

  /** Bytes that are gone once the folder is synced. */
  #delete(path: string, sizeBytes: number): number {
    if (this.#parts.directory.unlink(path) !== IoFault.None) {
      this.leftOverCount += 1;
      return 0;
    }
    this.deletedCount += 1;
    return sizeBytes;
  }

  #leave(sizeBytes: number): number {
    this.leftOverCount += 1;
    return sizeBytes;
  }
}

function fileSize(file: BlockFile): number {
  return Math.max(file.sizeBytes(), unitSizeBytes);
}
