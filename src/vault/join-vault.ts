// Joins the parts of a vault over a directory that is held: cursors, recovery of both logs, and the
// loop over what they are.

import type { Clock } from '../clock.ts';
import type { VaultConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import type { Log, LogFields } from '../log.ts';
import type { VaultLinks } from '../memory/vault-links.ts';
import { type VaultPage, VaultWord } from '../memory/vault-page.ts';
import type { ZonePage } from '../memory/zone-page.ts';
import { blockAcceleration } from './block-acceleration.ts';
import type { VaultDirectory } from './block-file.ts';
import type { CursorDisk } from './cursor-file.ts';
import { type LoadedCursors, loadCursors } from './cursor-load.ts';
import type { CursorSet } from './cursor-set.ts';
import { type CursorEvent, startCursors } from './cursor-start.ts';
import { type DamageNote, DamageRecord } from './damage-record.ts';
import { type DirectVerdict, directReasonWord } from './direct-io-trial.ts';
import type { DiskQuota } from './disk-quota.ts';
import { dropOldestLetters } from './drop-letters.ts';
import { dropOldest } from './drop-oldest.ts';
import { deadLetterFolder } from './file-names.ts';
import { unitSizeBytes } from './format.ts';
import { IdentityShare } from './identity-share.ts';
import { IdentityShareNews } from './identity-share-news.ts';
import { hasRoomToSpare } from './intake-gates.ts';
import { ioFaultName } from './io-fault.ts';
import { type LetterResult, type LetterWork, letterConsumer } from './letter-log.ts';
import type { MediumFacts } from './medium.ts';
import { metaFileSizeBytes } from './meta-file.ts';
import { openLetters } from './open-letters.ts';
import { checkLog, type OpenedLog, openLog } from './open-log.ts';
import { VaultSpace } from './space.ts';
import { StateNews } from './state-news.ts';
import { SubDirectory } from './sub-directory.ts';
import type { VaultBuffers } from './vault-buffers.ts';
import { LockState, type VaultLock } from './vault-lock.ts';
import { type VaultLog, VaultLoop } from './vault-loop.ts';
import { publishVaultStatus } from './vault-status.ts';
import { vaultTagOf } from './vault-uuid.ts';

export interface JoinVaultOptions {
  readonly config: VaultConfig;
  readonly links: VaultLinks;
  readonly page: VaultPage;
  readonly zones: ZonePage;
  /** Required destinations, in the order of their bits. */
  readonly consumers: readonly string[];
  readonly software: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Posts the message that wakes a shard. */
  wake(shardIndex: number): void;
}

export interface OpenVault {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  readonly vaultUuid: Uint8Array;
  readonly direct: boolean;
  readonly cursors: CursorSet;
  readonly loop: VaultLoop;
  /** Redrives and purges dead letters, as far as the vault is concerned. */
  workLetters(work: LetterWork): LetterResult;
  /** What the start met, for the log. */
  readonly report: LogFields;
  /** A reader found that these bytes do not hold: evidence, a note in the log, an ERROR. */
  reportDamage(damage: DamageNote): void;
  /** Commits what waits, seals, says so in META, gives the lock back. */
  close(): void;
}

/** Where the vault is, or what tests put there. */
export interface VaultPlace {
  /** For messages. */
  readonly path: string;
  readonly directory: VaultDirectory;
  /** Undefined: it may only be read. */
  readonly lock: Pick<VaultLock, 'check' | 'release' | 'state'> | undefined;
  readonly direct: DirectVerdict;
  readonly medium: MediumFacts;
}

/** Throws VAULT_REFUSED or VAULT_FAILED; the lock is the caller's then. */
export function joinVault(
  options: JoinVaultOptions,
  opened: VaultPlace,
  buffers: VaultBuffers,
): OpenVault {
  const { config, clock, log, links, page, zones } = options;
  const { directory, lock } = opened;
  const direct = opened.direct.direct;
  const { limitBytes, minFreeBytes } = config;
  const space = new VaultSpace({ directory, limitBytes, minFreeBytes });
  const disk: CursorDisk = {
    ...{ directory, direct, area: buffers.area, hash: buffers.hash },
    slotOffsetBytes: buffers.slot.offsetBytes,
  };
  const loaded = load(disk, options.consumers);
  const shared = {
    ...{ buffers, direct, clock, software: options.software, onDamage: config.onDamage },
    acceleration: () => blockAcceleration(zones),
  };
  const deadDisk = { ...disk, directory: new SubDirectory(directory, deadLetterFolder) };
  const loadedLetters = load(deadDisk, [letterConsumer]);
  const deadSizeBytes =
    config.deadLetterLimitBytes + 2 * metaFileSizeBytes + loadedLetters.sizeBytes;
  const deadOptions = {
    ...{ ...shared, directory: deadDisk.directory, cursors: loadedLetters.evidence },
    space: new VaultSpace({ directory, limitBytes: deadSizeBytes, minFreeBytes: 0 }),
    capacityBytes: Math.floor(config.deadLetterLimitBytes / 2 / unitSizeBytes) * unitSizeBytes,
    ...{ keepsReserve: false, quarantineSizeBytesMax: 0 },
  };
  // Before the main log is written to: a vault that is refused stays as it is.
  checkLog({ ...deadOptions, readOnly: true });
  // All of it counts from the first start on, so that there is room for a poison entry in a full
  // vault, and before recovery takes room for evidence.
  space.count(deadSizeBytes);
  const main = openLog({
    ...{ ...shared, directory, space, capacityBytes: config.segmentSizeBytes, keepsReserve: true },
    readOnly: lock === undefined,
    cursors: loaded.evidence,
    quarantineSizeBytesMax: config.quarantineLimitBytes,
  });
  const { origin } = main.recovered;
  const dead = openLog({ ...deadOptions, readOnly: !main.recovered.isWritable });
  const { cursors, events } = startCursors(loaded, {
    ...{ disk, space: cursorQuota(space), clock, epoch: origin.epoch },
    vaultTag: vaultTagOf(origin.vaultUuid),
    oldestEntrySeq:
      main.segments.count > 0 ? main.segments.at(0).firstEntrySeq : origin.nextEntrySeq,
    entryEnd: origin.entryEnd,
    nextEntrySeq: origin.nextEntrySeq,
    isWritable: main.recovered.isWritable,
  });
  const { book, events: letterEvents } = openLetters(loadedLetters, {
    ...{ dead, consumers: cursors, disk: deadDisk, room: cursorQuota(space), clock },
    holdsLock: () => lock?.check() ?? false,
  });
  for (const { isWritable, writer } of [main, dead]) if (isWritable) writer.adoptSpares();
  warnOf(main.recovered, [...events, ...letterEvents], log);
  // At once: META could be the next to be damaged, and then nothing would know the floors.
  if (main.isWritable && events.some(({ kind }) => kind === 'lost')) {
    cursors.writeThrough(main.writer.end);
  }

  const damage = new DamageRecord({ directory, direct, main, page, clock, log });
  const { received } = main;
  const { quarantine } = main.recovered;
  const status = { page, main, dead, letters: book, cursors, space, lock, quarantine, received };
  const news = new StateNews(main.writer, clock, log);
  const droppedParts = {
    ...{ main, cursors, clock, space, capacityBytes: config.segmentSizeBytes },
    onDropped(entryCount: number, segmentId: number) {
      page.add(VaultWord.DroppedEntries, entryCount);
      const fields = { entries: entryCount, segment: segmentId };
      log.error('VAULT_FULL', 'the oldest batches were dropped to make room', fields);
    },
  };
  const letters = {
    ...{ dead, clock, watermark: () => book.watermark },
    onDropped(letterCount: number, segmentId: number, endSeq: number) {
      book.droppedBelow(endSeq);
      if (letterCount === 0) return;
      const fields = { letters: letterCount, segment: segmentId };
      log.error('VAULT_FULL', 'the oldest dead letters were dropped to make room', fields);
    },
  };
  const share =
    config.fullPolicy === 'reject'
      ? new IdentityShare(
          buffers.area,
          entryRoomBytes(main, space, config.segmentSizeBytes),
          new IdentityShareNews(buffers.area, clock, log),
        )
      : undefined;
  showStart(page, opened, main.recovered);
  const loop = new VaultLoop({
    ...{ clock, links, page, zones, main, dead, cursors, area: buffers.area, received },
    ...{ share, cursorIntervalMs: config.cursorIntervalMs },
    hasRoomToSpare: () => hasRoomToSpare(main.writer, space, config.segmentSizeBytes),
    dropOldest:
      config.fullPolicy === 'drop_oldest'
        ? (answers) => dropOldest(droppedParts, answers)
        : undefined,
    dropOldestLetters:
      config.deadLetterPolicy === 'drop_oldest' ? () => dropOldestLetters(letters) : undefined,
    holdsLock: () => lock?.check() ?? false,
    wake: options.wake,
    publishStatus() {
      publishVaultStatus(status);
      news.look();
    },
  });
  publishVaultStatus(status);
  return {
    directory: opened.path,
    vaultUuid: origin.vaultUuid,
    direct,
    cursors,
    loop,
    workLetters(work) {
      const result = book.work(work);
      publishVaultStatus(status);
      return result;
    },
    report: reportFields(main.recovered, opened),
    reportDamage: (note) => damage.add(note),
    close() {
      loop.close();
      for (const opened of [main, dead]) opened.close();
      cursors.close();
      book.close();
      lock?.release();
    },
  };
}

/** What the limit leaves to entries, the file of the reserve taken off. */
function entryRoomBytes({ segments, writer }: VaultLog, space: VaultSpace, fileSizeBytes: number) {
  let othersBytes = space.usedBytes - writer.spareBytes;
  for (let index = 0; index < segments.count; index += 1) {
    othersBytes -= segments.at(index).sizeBytes;
  }
  return Math.max(fileSizeBytes, space.limitBytes - othersBytes - fileSizeBytes);
}

// A vault can only be emptied with a cursor for each consumer, so a new one has its room even in a
// vault that is full, or above a limit that was lowered; spares give way to it.
function cursorQuota(space: VaultSpace): DiskQuota {
  return {
    reserve(sizeBytes) {
      if (!space.reserve(sizeBytes)) space.count(sizeBytes);
      return true;
    },
    release: (sizeBytes) => space.release(sizeBytes),
  };
}

function load(disk: CursorDisk, consumers: readonly string[]): LoadedCursors {
  const loaded = loadCursors(disk, consumers);
  switch (loaded.kind) {
    case 'loaded':
      return loaded.cursors;
    case 'unknown-version':
      throw new GopherShipError('VAULT_REFUSED', `${loaded.path} is of a newer version`);
    case 'fault': {
      const text = `${loaded.path} cannot be read: ${ioFaultName(loaded.fault)}`;
      throw new GopherShipError('VAULT_FAILED', text);
    }
  }
}

function warnOf(
  { report }: OpenedLog['recovered'],
  events: readonly CursorEvent[],
  log: Log,
): void {
  const { damage, missing, headerDamagedCount, foreignCount, copyCount } = report;
  if (damage.length > 0 || missing.length > 0 || headerDamagedCount > 0) {
    log.error('VAULT_DAMAGED', 'recovery found damage; the evidence is in quarantine', {
      ranges: damage.length + missing.length,
      headers: headerDamagedCount,
    });
  }
  if (foreignCount + copyCount > 0) {
    const fields = { foreign: foreignCount, copies: copyCount };
    log.info('the vault directory has files that are not part of the log; they count', fields);
  }
  for (const { kind, consumer, watermark } of events) {
    const fields = { exporter: consumer, watermark };
    if (kind === 'left' || kind === 'foreign') log.info(`cursor: ${kind}`, fields);
    else if (kind !== 'new') log.warn('VAULT_DAMAGED', `cursor: ${kind}`, fields);
  }
}

function showStart(page: VaultPage, opened: VaultPlace, recovered: OpenedLog['recovered']): void {
  page.set(VaultWord.Direct, opened.direct.direct ? 1 : 0);
  page.set(VaultWord.DirectReason, directReasonWord(opened.direct));
  page.set(VaultWord.Medium, opened.medium.medium);
  page.set(VaultWord.Lock, opened.lock === undefined ? LockState.ReadOnly : LockState.Held);
  page.set(VaultWord.TornBlocks, recovered.report.tornBlocks);
  page.set(VaultWord.ForeignBytes, recovered.usedBytes.foreign);
  page.set(VaultWord.RecoveryMs, recovered.report.durationMs);
}

function reportFields(recovered: OpenedLog['recovered'], opened: VaultPlace): LogFields {
  const { rows, segmentCount, tornBlocks, durationMs } = recovered.report;
  return {
    epoch: recovered.origin.epoch,
    segments: segmentCount,
    next_entry: recovered.origin.nextEntrySeq,
    torn_blocks: tornBlocks,
    recovery_ms: Math.round(durationMs),
    found: rows.join(','),
    direct: opened.direct.direct,
    file_system: opened.medium.fileSystem,
    read_only: !recovered.isWritable,
  };
}
