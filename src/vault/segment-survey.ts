// What lies in seg/: reads the header of every file there and says which are segments of this
// vault, which are unused, foreign or copies. Changes nothing.

import {
  type BlockFile,
  FileType,
  type ListedName,
  OpenMode,
  type VaultDirectory,
} from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import { segmentFolder, segmentIdOf, segmentPath, unfinishedSuffix } from './file-names.ts';
import { knownFeatures, segmentHeaderSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import type { LogEvidence } from './log-evidence.ts';
import { OriginSearch } from './origin-search.ts';
import { ReadStatus } from './read-status.ts';
import { readSegmentHeader, SegmentHeader } from './segment-header.ts';
import { SegmentNames } from './segment-names.ts';
import { OriginSource, SegmentTable } from './segment-table.ts';
import { SurveyRefusal } from './survey-refusal.ts';
import { UnitWindow } from './unit-window.ts';
import { nameOf } from './vault-path.ts';
import { vaultTagOf, vaultUuidSizeBytes } from './vault-uuid.ts';

export interface SurveyParts {
  readonly directory: VaultDirectory;
  readonly area: ByteView;
  /** Of a unit. */
  readonly headerOffsetBytes: number;
  readonly windowOffsetBytes: number;
  readonly hash: Hash64;
  readonly direct: boolean;
}

/** A file that goes: no valid header at any unit, or an unfinished spare. */
export interface UnusedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** 0: nothing but zeros, or nothing at all; else what goes to quarantine first. */
  readonly contentEndBytes: number;
}

export class SegmentSurvey {
  readonly table = new SegmentTable();
  refusal: SurveyRefusal = SurveyRefusal.None;
  /** Of a call that says nothing about the files. */
  fault: IoFault = IoFault.None;
  /** A feature that only readers may ignore. */
  isReadOnly = false;
  /** undefined: nothing said it. All zeros behind the tag: only blocks said it. */
  vaultUuid: Uint8Array | undefined;
  readonly unused: UnusedFile[] = [];
  /** Where the name and the header differ, and nothing else claims the header's number. */
  readonly renames: { readonly fromName: string; readonly segmentId: number }[] = [];
  /** Damaged headers, as far as other bytes stand for them. */
  readonly headerDamaged: number[] = [];
  copyCount = 0;
  foreignCount = 0;
  segmentBytes = 0;
  spareBytes = 0;
  foreignBytes = 0;
  readonly #parts: SurveyParts;
  readonly #evidence: LogEvidence;
  readonly #window: UnitWindow;
  readonly #search: OriginSearch;
  readonly #header = new SegmentHeader();
  readonly #damaged: ListedName[] = [];
  readonly #misnamed: ListedName[] = [];
  readonly #names = new SegmentNames();

  constructor(parts: SurveyParts, evidence: LogEvidence) {
    this.#parts = parts;
    this.#evidence = evidence;
    this.#window = new UnitWindow(parts.area, parts.windowOffsetBytes);
    this.#search = new OriginSearch(parts.area, parts.hash);
  }

  /** `vaultUuid` is what META says; undefined: it says nothing. */
  run(vaultUuid: Uint8Array | undefined): void {
    this.vaultUuid = vaultUuid;
    const isCertain = vaultUuid !== undefined;
    const others: ListedName[] = [];
    const listed = this.#parts.directory.visit(segmentFolder, (file) => {
      if (!this.#names.add(file)) others.push(file);
    });
    if (listed === IoFault.NotFound) return;
    this.fault = listed;
    this.#names.sort();
    this.table.reserve(this.#names.count);
    for (let index = 0; index < this.#names.count && this.isDone; index += 1) {
      const name = nameOf(segmentPath(this.#names.segmentId(index)));
      const sizeBytes = this.#names.sizeBytes(index);
      this.#takeHeader({ name, type: FileType.File, sizeBytes }, isCertain);
    }
    others.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const file of others) this.#sort(file);
    const strangers = this.#misnamed.splice(0).filter((file) => !this.#isMisdirected(file));
    for (const file of this.#damaged.splice(0)) this.#takeDamaged(file, isCertain);
    for (const file of strangers) this.#takeMisnamed(file);
    this.table.sort();
    this.#checkRenames();
    this.#names.release();
  }

  pathOf(segmentId: number): string {
    const renamed = this.renames.find((rename) => rename.segmentId === segmentId);
    if (renamed === undefined) return segmentPath(segmentId);
    return `${segmentFolder}/${renamed.fromName}`;
  }

  get isDone(): boolean {
    return this.fault === IoFault.None && this.refusal === SurveyRefusal.None;
  }

  // What is no segment by its name.
  #sort(file: ListedName): void {
    const { name, type, sizeBytes } = file;
    if (!this.isDone) return;
    if (type !== FileType.File) {
      this.#addForeign(file);
    } else if (name === 'next.spare' || name === 'reserve.spare') {
      this.spareBytes += sizeBytes;
    } else if (name.endsWith(unfinishedSuffix)) {
      this.segmentBytes += sizeBytes;
      this.unused.push({ name, sizeBytes, contentEndBytes: 0 });
    } else {
      this.#addForeign(file);
    }
  }

  #takeHeader(file: ListedName, isCertain: boolean): void {
    const status = this.#readHeader(file);
    if (!this.isDone) return;
    const header = this.#header;
    if (status === ReadStatus.UnknownMajor) {
      this.refusal = SurveyRefusal.UnknownMajor;
    } else if (status === ReadStatus.UnknownFeature || status === ReadStatus.Ok) {
      const isOurs = this.#isOurs(header.vaultUuid);
      if (!isOurs && !isCertain) this.refusal = SurveyRefusal.TwoVaults;
      else if (!isOurs) this.#addForeign(file);
      else if (status === ReadStatus.UnknownFeature) this.refusal = SurveyRefusal.UnknownFeature;
      else if (header.segmentId === segmentIdOf(file.name)) this.#add(file, header);
      else this.#misnamed.push(file);
    } else {
      this.#damaged.push(file);
    }
  }

  // A header in the wrong file was misdirected there, unless the blocks behind it say the same.
  #isMisdirected(file: ListedName): boolean {
    if (!this.isDone || this.vaultUuid === undefined) return false;
    const wanted = { vaultTag: vaultTagOf(this.vaultUuid), segmentId: segmentIdOf(file.name) };
    const isNamedRightly = this.#open(file, (window) =>
      this.#search.isNamedRightly(window, wanted),
    );
    if (isNamedRightly === true) this.#damaged.push(file);
    return isNamedRightly === true;
  }

  #takeMisnamed(file: ListedName): void {
    if (!this.isDone || this.#readHeader(file) !== ReadStatus.Ok) return;
    this.#claim(file, this.#header.segmentId, () => this.#add(file, this.#header));
  }

  #takeDamaged(file: ListedName, isCertain: boolean): void {
    if (!this.isDone) return;
    const segmentId = segmentIdOf(file.name);
    const vaultTag = this.vaultUuid === undefined ? undefined : vaultTagOf(this.vaultUuid);
    const wanted = { vaultTag: isCertain ? vaultTag : undefined, segmentId };
    const source = this.#open(file, (window) => this.#search.find(window, wanted));
    if (!this.isDone) return;
    const { found, contentEndBytes } = this.#search;
    if (source === undefined) {
      this.#addUnused(file, file.sizeBytes === 0 ? 0 : contentEndBytes, wanted.vaultTag);
      return;
    }
    if (vaultTag === undefined) this.vaultUuid = uuidOfTag(found.vaultTag);
    else if (vaultTag !== found.vaultTag) this.refusal = SurveyRefusal.TwoVaults;
    this.#claim(file, found.segmentId, () => {
      this.headerDamaged.push(found.segmentId);
      this.#evidence.addSegment(found);
      this.#noteName(file);
      this.segmentBytes += file.sizeBytes;
      this.table.add(found, file.sizeBytes, source);
    });
  }

  // No block of ours, but perhaps those of another vault: those stay.
  #addUnused(file: ListedName, contentEndBytes: number, vaultTag: number | undefined): void {
    if (vaultTag !== undefined && contentEndBytes > 0) {
      const wanted = { vaultTag: undefined, segmentId: segmentIdOf(file.name) };
      const source = this.#open(file, (window) => this.#search.find(window, wanted));
      if (source !== undefined) {
        this.#addForeign(file);
        return;
      }
    }
    this.#noteName(file);
    this.segmentBytes += file.sizeBytes;
    this.unused.push({ name: file.name, sizeBytes: file.sizeBytes, contentEndBytes });
  }

  /** The matching name wins; of others the first. */
  #claim(file: ListedName, segmentId: number, take: () => void): void {
    if (segmentId !== segmentIdOf(file.name)) {
      if (this.table.has(segmentId)) {
        this.copyCount += 1;
        this.#addForeign(file);
        return;
      }
      this.renames.push({ fromName: file.name, segmentId });
    }
    take();
  }

  // A target that goes away itself, or moves on, is no hindrance.
  #checkRenames(): void {
    for (const { segmentId } of this.renames) {
      const target = nameOf(segmentPath(segmentId));
      const isTaken =
        this.#names.has(segmentId) && !this.unused.some(({ name }) => name === target);
      if (isTaken) this.refusal = SurveyRefusal.Names;
    }
  }

  #add(file: ListedName, header: SegmentHeader): void {
    this.isReadOnly ||= (header.roCompat & ~knownFeatures.roCompat) !== 0;
    this.#noteName(file);
    this.segmentBytes += file.sizeBytes;
    this.#evidence.addSegment(header);
    this.table.add(header, file.sizeBytes, OriginSource.Header);
  }

  #addForeign(file: ListedName): void {
    this.foreignCount += 1;
    this.foreignBytes += file.type === FileType.File ? file.sizeBytes : 0;
    this.#noteName(file);
  }

  // So that no segment of ours ever gets a name that is taken. Half of all numbers is enough.
  #noteName({ name }: ListedName): void {
    const segmentId = segmentIdOf(name);
    if (segmentId < 2 ** 52) this.#evidence.addSegmentId(segmentId);
  }

  // By the tag, as with blocks: where META and the headers were lost the rest was drawn anew, and a
  // header that can be read again must not turn its segment into a stranger.
  #isOurs(vaultUuid: Uint8Array): boolean {
    this.vaultUuid ??= vaultUuid.slice();
    return vaultTagOf(this.vaultUuid) === vaultTagOf(vaultUuid);
  }

  #readHeader(file: ListedName): ReadStatus {
    const { area, headerOffsetBytes, hash } = this.#parts;
    if (file.sizeBytes < segmentHeaderSizeBytes) return ReadStatus.Truncated;
    const opened = this.#openFile(file);
    if (opened === undefined) return ReadStatus.NotFound;
    const count = opened.read(area.bytes, headerOffsetBytes, segmentHeaderSizeBytes, 0);
    opened.close();
    // `as`: a negated IoFault. What the medium cannot read is damaged, and no more.
    if (count < 0 && count !== -IoFault.Medium) this.fault = -count as IoFault;
    if (count !== segmentHeaderSizeBytes) return ReadStatus.Damaged;
    return readSegmentHeader(area, headerOffsetBytes, this.#header, hash);
  }

  #open<T>(file: ListedName, look: (window: UnitWindow) => T): T | undefined {
    if (file.sizeBytes === 0) return undefined;
    const opened = this.#openFile(file);
    if (opened === undefined) return undefined;
    this.#window.open(opened, file.sizeBytes);
    const result = look(this.#window);
    opened.close();
    if (this.#window.fault !== IoFault.None) this.fault = this.#window.fault;
    // Not one unit: the device is gone, and may come back with everything.
    if (this.#window.readableUnits === 0) this.fault = IoFault.Medium;
    return result;
  }

  #openFile({ name }: ListedName): BlockFile | undefined {
    const { directory, direct } = this.#parts;
    const opened = directory.open(`${segmentFolder}/${name}`, { mode: OpenMode.Read, direct });
    if (opened.fault === IoFault.None) return opened.file;
    this.fault = opened.fault;
    return undefined;
  }
}

function uuidOfTag(vaultTag: number): Uint8Array {
  const uuid = new Uint8Array(vaultUuidSizeBytes);
  new DataView(uuid.buffer).setUint32(0, vaultTag, true);
  return uuid;
}
