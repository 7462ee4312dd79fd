// Evidence: copies of damaged and torn bytes, for people to look at. Nothing is ever moved here and
// nothing depends on it, so what does not fit or cannot be copied is counted and left. The oldest
// evidence makes room for the newest.

import { assert } from '../assert.ts';
import { type BlockFile, FileType, OpenMode, type VaultDirectory } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import type { DiskQuota } from './disk-quota.ts';
import { quarantineFolder, quarantinePath, unfinishedSuffix } from './file-names.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import { UnitWindow, unitWindowSizeBytes } from './unit-window.ts';

export interface QuarantineParts {
  readonly directory: VaultDirectory;
  readonly area: ByteView;
  /** Of unitWindowSizeBytes, in whole units; only used during copy(). */
  readonly scratchOffsetBytes: number;
  readonly direct: boolean;
  readonly quota: DiskQuota;
  /** quarantine_limit; 0: keeps nothing. */
  readonly sizeBytesMax: number;
}

/** What is copied, and the name that is derived from it. */
export interface Evidence {
  readonly segmentId: number;
  /** Whole units. */
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly reason: EvidenceReason;
}

export type EvidenceReason = 'torn' | 'damaged' | 'tail-lost' | 'unused' | 'meta';

export class Quarantine {
  sizeBytes = 0;
  fileCount = 0;
  /** Files that made room for newer ones. */
  evictedCount = 0;
  /** Evidence that did not fit or could not be copied. */
  refusedCount = 0;
  readonly #parts: QuarantineParts;
  readonly #window: UnitWindow;
  /** Oldest first. */
  readonly #files: KeptFile[] = [];
  readonly #unfinished: { readonly name: string; readonly sizeBytes: number }[] = [];
  #hasFolder = false;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#window = new UnitWindow(parts.area, parts.scratchOffsetBytes);
  }

  /** Looks at what is there; changes nothing. What is there is in the quota already. */
  open(): IoFault {
    const listed = this.#parts.directory.list(quarantineFolder);
    if (listed.fault === IoFault.NotFound) return IoFault.None;
    if (listed.fault !== IoFault.None) return listed.fault;
    this.#hasFolder = true;
    for (const { name, type, sizeBytes } of listed.names) {
      const place =
        type === FileType.File ? /^(\d{1,16})-(\d{1,16})-\d+-[a-z-]+\.bad$/.exec(name) : null;
      if (place !== null) this.#keep({ name, sizeBytes, ...placeOf(place[1], place[2]) });
      if (name.endsWith(`.bad${unfinishedSuffix}`)) this.#unfinished.push({ name, sizeBytes });
    }
    this.#files.sort((a, b) => a.segmentId - b.segmentId || a.fromBytes - b.fromBytes);
    return IoFault.None;
  }

  /** Copies that a crash cut short. */
  removeUnfinished(): void {
    const { quota } = this.#parts;
    for (const { name, sizeBytes } of this.#unfinished) {
      if (this.#remove(name)) quota.release(sizeBytes); // or the next start does it
    }
    this.#unfinished.length = 0;
  }

  /** It, or more from the same place: after a cut that a crash left half done less is there. */
  has({ segmentId, fromBytes, toBytes, reason }: Evidence): boolean {
    return this.#files.some(
      (file) =>
        file.segmentId === segmentId &&
        file.fromBytes === fromBytes &&
        file.sizeBytes >= toBytes - fromBytes &&
        file.name.endsWith(`-${reason}.bad`),
    );
  }

  /** True: it is there, durable, perhaps from an earlier try. Never a reason to stop. */
  copy(file: BlockFile, fileSizeBytes: number, evidence: Evidence): boolean {
    const { fromBytes, toBytes, segmentId } = evidence;
    assert(fromBytes % unitSizeBytes === 0 && toBytes > fromBytes, 'evidence is no range of units');
    if (this.has(evidence)) return true;
    const sizeBytes = toBytes - fromBytes;
    if (!this.#makeFolder() || !this.#makeRoom(sizeBytes)) {
      this.refusedCount += 1;
      return false;
    }
    this.#window.open(file, fileSizeBytes);
    if (!this.#write(evidence)) {
      this.#parts.quota.release(sizeBytes);
      this.refusedCount += 1;
      return false;
    }
    this.#keep({ name: nameOf(evidence), sizeBytes, segmentId, fromBytes });
    return true;
  }

  #makeFolder(): boolean {
    if (this.#hasFolder) return true;
    const { directory, sizeBytesMax } = this.#parts;
    if (sizeBytesMax === 0) return false;
    const made = directory.makeDirectory(quarantineFolder);
    if (made !== IoFault.None && made !== IoFault.Exists) return false;
    this.#hasFolder = directory.fsyncDirectory('') === IoFault.None;
    return this.#hasFolder;
  }

  #makeRoom(sizeBytes: number): boolean {
    const { quota, sizeBytesMax } = this.#parts;
    if (sizeBytes > sizeBytesMax) return false;
    while (this.sizeBytes + sizeBytes > sizeBytesMax || !quota.reserve(sizeBytes)) {
      const oldest = this.#files.shift();
      if (oldest === undefined) return false;
      this.sizeBytes -= oldest.sizeBytes;
      this.fileCount -= 1;
      this.evictedCount += 1;
      if (!this.#remove(oldest.name)) return false;
      quota.release(oldest.sizeBytes);
    }
    return true;
  }

  // Under another name until it is whole, so that a crash never leaves half of it as evidence.
  #write(evidence: Evidence): boolean {
    const { directory, direct } = this.#parts;
    const path = pathOf(evidence);
    const temporaryPath = path + unfinishedSuffix;
    directory.unlink(temporaryPath); // NotFound is what we hope for; anything else shows at open()
    const opened = directory.open(temporaryPath, { mode: OpenMode.Create, direct });
    if (opened.fault !== IoFault.None) return false;
    const isWhole =
      this.#copyUnits(opened.file, evidence) && opened.file.fdatasync() === IoFault.None;
    opened.file.close();
    if (isWhole && directory.rename(temporaryPath, path) === IoFault.None) {
      directory.fsyncDirectory(quarantineFolder); // if it fails, the file may be gone one day
      return true;
    }
    directory.unlink(temporaryPath); // or removeUnfinished() does it
    return false;
  }

  #copyUnits(target: BlockFile, { fromBytes, toBytes }: Evidence): boolean {
    const window = this.#window;
    const { bytes } = this.#parts.area;
    const end = Math.min(toBytes, window.fileEndBytes);
    for (let at = fromBytes; at < end; at += unitWindowSizeBytes) {
      const lengthBytes = Math.min(end - at, unitWindowSizeBytes);
      const offsetBytes = window.at(at, lengthBytes);
      if (window.fault !== IoFault.None) return false;
      if (target.write(bytes, offsetBytes, lengthBytes, at - fromBytes) !== IoFault.None)
        return false;
    }
    return true;
  }

  /** True: it is gone, and will not come back after a crash, so its bytes may be given away. */
  #remove(name: string): boolean {
    const { directory } = this.#parts;
    const fault = directory.unlink(`${quarantineFolder}/${name}`);
    if (fault !== IoFault.None && fault !== IoFault.NotFound) return false;
    return directory.fsyncDirectory(quarantineFolder) === IoFault.None;
  }

  #keep(file: KeptFile): void {
    this.#files.push(file);
    this.sizeBytes += file.sizeBytes;
    this.fileCount += 1;
  }
}

interface KeptFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** What is older comes first, by segment and place. */
  readonly segmentId: number;
  readonly fromBytes: number;
}

function placeOf(segmentId = '0', fromBytes = '0') {
  return { segmentId: Number.parseInt(segmentId, 10), fromBytes: Number.parseInt(fromBytes, 10) };
}

function pathOf({ segmentId, fromBytes, toBytes, reason }: Evidence): string {
  return quarantinePath(segmentId, fromBytes, toBytes - fromBytes, reason);
}

function nameOf(evidence: Evidence): string {
  return pathOf(evidence).slice(quarantineFolder.length + 1);
}
