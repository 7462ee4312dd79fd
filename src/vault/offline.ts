// A vault directory opened for looking only, in use by an engine or not: nothing is written,
// nothing is locked, and the lock's file is never opened. Where the log ends is decided as a start
// would.

import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { Kernel } from '../kernel/kernel.ts';
import { wholePagesSizeBytes } from '../memory/region.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import { FileType, OpenMode, type VaultDirectory } from './block-file.ts';
import { ByteView } from './byte-view.ts';
import type { FoundCursor } from './cursor-load.ts';
import { loadCursors } from './cursor-load.ts';
import { DirectDirectory } from './direct-file.ts';
import {
  consumerOf,
  cursorFolder,
  cursorPath,
  deadLetterFolder,
  metaPath,
  quarantineFolder,
  segmentFolder,
} from './file-names.ts';
import { bodySizeBytesMax, cursorSlotSizeBytes, entryHeaderSizeBytes } from './format.ts';
import { IoFault, ioFaultName } from './io-fault.ts';
import { KernelHash } from './kernel-hash.ts';
import { letterConsumer } from './letter-log.ts';
import { LogReader } from './log-reader.ts';
import { LogSource, logReadSizeBytes } from './log-source.ts';
import { type RecoveredLog, recoverLog, recoveryScratchSizeBytes } from './recovery.ts';
import { SubDirectory } from './sub-directory.ts';

/** A log as it is on the disk, up to the end that a start would decide. */
export interface OfflineLog {
  readonly directory: VaultDirectory;
  readonly recovered: RecoveredLog;
  readonly source: LogSource;
  readonly end: DurableEnd;
  readonly reader: LogReader;
}

export interface OfflineFile {
  readonly name: string;
  readonly sizeBytes: number;
}

export class OfflineVault {
  readonly path: string;
  readonly directory: VaultDirectory;
  readonly direct: boolean;
  readonly kernel: Kernel;
  readonly area: ByteView;
  readonly hash: KernelHash;
  readonly log: OfflineLog;
  /** undefined: there is none. */
  readonly deadLetters: OfflineLog | undefined;
  readonly cursors: readonly FoundCursor[];
  /** Of the dead letters: which are redriven or purged. Undefined: none ever was. */
  readonly letterCursor: FoundCursor | undefined;

  /** Throws VAULT_FAILED for what cannot be read, VAULT_REFUSED for what must not be. */
  constructor(path: string, clock: Clock) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const buffer: unknown = memory.buffer; // its type does not say that it is shared
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('memory is not shared');
    this.path = path;
    this.kernel = Kernel.create(memory);
    this.area = new ByteView(new Uint8Array(buffer));
    this.hash = new KernelHash(this.kernel.xxhash, buffer, resultOffsetBytes);
    this.directory = new DirectDirectory(path);
    this.#checkVault();
    this.direct = this.#takesDirect();
    this.cursors = this.readCursors();
    this.log = this.#openLog(this.directory, clock, logOffsetBytes);
    const dead = new SubDirectory(this.directory, deadLetterFolder);
    this.letterCursor = this.readCursors(dead).find(isOfLetters);
    const listed = dead.list(segmentFolder);
    const isThere = listed.fault === IoFault.None && listed.names.length > 0;
    this.deadLetters = isThere ? this.#openLog(dead, clock, deadOffsetBytes) : undefined;
  }

  /** Room for one whole entry, at most one at a time. */
  take(sizeBytes: number): number {
    return sizeBytes <= placeSizeBytes ? placeOffsetBytes : 0;
  }

  /** Scratch of 4 KiB at a multiple of 4096. */
  get scratchOffsetBytes(): number {
    return slotOffsetBytes;
  }

  files(folder: string): OfflineFile[] {
    return this.#filesOf(this.directory, folder);
  }

  #filesOf(directory: VaultDirectory, folder: string): OfflineFile[] {
    const listed = directory.list(folder);
    if (listed.fault === IoFault.NotFound) return [];
    if (listed.fault !== IoFault.None) throw unreadable(this.path, folder, listed.fault);
    return listed.names.filter(({ type }) => type === FileType.File);
  }

  /** Of each cursor and slot: whether it holds, and whether it was never written. */
  get cursorStates() {
    return this.cursors.map(({ consumer, statuses }) => {
      const zeros = [0, 1].map((index) => this.#isZero(cursorPath(consumer), index));
      return { consumer, statuses, zeros };
    });
  }

  #isZero(path: string, slotIndex: number): boolean {
    const opened = this.directory.open(path, { mode: OpenMode.Read, direct: this.direct });
    if (opened.fault !== IoFault.None) return false;
    const position = slotIndex * cursorSlotSizeBytes;
    const { area } = this;
    const at = slotOffsetBytes;
    const count = opened.file.read(area.bytes, at, cursorSlotSizeBytes, position);
    opened.file.close();
    return count === 0 || (count > 0 && area.isZero(at, at + count));
  }

  get quarantine(): OfflineFile[] {
    return this.files(quarantineFolder);
  }

  #checkVault(): void {
    const listed = this.directory.list('');
    if (listed.fault !== IoFault.None) throw unreadable(this.path, 'the directory', listed.fault);
    const names = new Set(listed.names.map(({ name }) => name));
    if (names.has(metaPath) || names.has(segmentFolder)) return;
    const what = `neither ${metaPath} nor ${segmentFolder}/ in it`;
    throw new GopherShipError('VAULT_FAILED', `${this.path}: no vault: ${what}`);
  }

  // As the engine reads, so that both see the same bytes; not everything takes it.
  #takesDirect(): boolean {
    const names = this.files(segmentFolder).map(({ name }) => `${segmentFolder}/${name}`);
    for (const path of [metaPath, ...names]) {
      const opened = this.directory.open(path, { mode: OpenMode.Read, direct: true });
      if (opened.fault === IoFault.NotFound || opened.fault === IoFault.NotAFile) continue;
      if (opened.fault !== IoFault.None) return false;
      const count = opened.file.read(this.area.bytes, slotOffsetBytes, 4_096, 0);
      opened.file.close();
      return count !== -IoFault.Invalid;
    }
    return false;
  }

  /** As they are now: an engine that has the vault goes on meanwhile. */
  readCursors(directory: VaultDirectory = this.directory): FoundCursor[] {
    const { direct, area, hash } = this;
    const disk = { directory, direct, area, hash, slotOffsetBytes };
    const names = this.#filesOf(directory, cursorFolder).map(({ name }) => consumerOf(name));
    const loaded = loadCursors(
      disk,
      names.filter((name) => name !== undefined),
    );
    switch (loaded.kind) {
      case 'loaded':
        return [...loaded.cursors.found];
      case 'unknown-version':
        throw refused(this.path, `${loaded.path} is of a newer format`);
      case 'fault':
        throw unreadable(this.path, loaded.path, loaded.fault);
    }
  }

  #openLog(directory: VaultDirectory, clock: Clock, offsetBytes: number): OfflineLog {
    const recovered = this.#recover(directory, clock);
    const { area, hash, kernel, direct } = this;
    const region = { offsetBytes, sizeBytes: wholePagesSizeBytes(logReadSizeBytes) };
    const { vaultUuid, lastBlockSeq, entryEnd } = recovered.origin;
    const source = new LogSource({ directory, direct, vaultUuid, kernel, area, hash, region });
    const end = new DurableEnd();
    end.blockSeq = lastBlockSeq;
    end.entryEnd = entryEnd;
    const fault = source.refresh(end);
    if (fault !== IoFault.None) throw unreadable(this.path, segmentFolder, fault);
    const reader = new LogReader(source);
    const first = source.segments[0];
    reader.seek(first?.firstEntrySeq ?? entryEnd);
    return { directory, recovered, source, end, reader };
  }

  // An engine that goes on meanwhile may take a file away between two looks.
  #recover(directory: VaultDirectory, clock: Clock): RecoveredLog {
    for (let attempt = 1; ; attempt += 1) {
      const { area, hash, direct } = this;
      const result = recoverLog({
        ...{ directory, area, hash, direct, clock, software: '', capacityUnits: 4 },
        ...{ scratchOffsetBytes: recoveryOffsetBytes, onDamage: 'quarantine', readOnly: true },
        cursors: evidenceOf(directory === this.directory ? this.cursors : this.#letterCursors()),
        quota: { reserve: () => false, release: () => {} },
        found: () => {},
        quarantineSizeBytesMax: 0,
        newVaultUuid: new Uint8Array(16),
      });
      if (result.kind === 'recovered') return result;
      if (result.kind === 'refused') throw refused(this.path, result.detail);
      if (result.fault !== IoFault.NotFound || attempt === attemptsMax)
        throw unreadable(this.path, result.detail, result.fault);
    }
  }

  #letterCursors(): FoundCursor[] {
    return this.letterCursor === undefined ? [] : [this.letterCursor];
  }
}

function isOfLetters({ consumer }: FoundCursor): boolean {
  return consumer === letterConsumer;
}

function evidenceOf(cursors: readonly FoundCursor[]) {
  return cursors.flatMap(({ slots, statuses }) =>
    slots.flatMap((slot, index) => {
      if (statuses[index] !== 0) return [];
      const { vaultTag, durableSeq, durableEntryEnd, watermark, rangeCount, ranges } = slot;
      const rangesEnd = rangeCount === 0 ? watermark : ranges[2 * rangeCount - 1]!; // inside
      return [{ vaultTag, durableSeq, durableEntryEnd, watermark, rangesEnd }];
    }),
  );
}

const attemptsMax = 3;

function unreadable(path: string, what: string, fault: IoFault): GopherShipError {
  return new GopherShipError('VAULT_FAILED', `${path}: ${what}: ${ioFaultName(fault)}`);
}

function refused(path: string, why: string): GopherShipError {
  return new GopherShipError('VAULT_REFUSED', `${path}: ${why}`);
}

// One memory: the kernel's page, and what is read into. Pages that nobody touches cost nothing.
const pageSizeBytes = 65_536;
const resultOffsetBytes = pageSizeBytes;
const slotOffsetBytes = 2 * pageSizeBytes;
const recoveryOffsetBytes = slotOffsetBytes + wholePagesSizeBytes(cursorSlotSizeBytes);
const logOffsetBytes = recoveryOffsetBytes + wholePagesSizeBytes(recoveryScratchSizeBytes);
const deadOffsetBytes = logOffsetBytes + wholePagesSizeBytes(logReadSizeBytes);
const placeOffsetBytes = deadOffsetBytes + wholePagesSizeBytes(logReadSizeBytes);
const placeSizeBytes = wholePagesSizeBytes(bodySizeBytesMax + entryHeaderSizeBytes + 8);
const pages = (placeOffsetBytes + placeSizeBytes) / pageSizeBytes;
