// Recovery on a simulated disk: a vault of one log whose files the test lays out, and what came of
// it in words.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { FileType, OpenMode } from '../../src/vault/block-file.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { MetaFile } from '../../src/vault/meta-file.ts';
import {
  type RecoveredLog,
  type RecoveryOptions,
  recoverLog,
  recoveryScratchSizeBytes,
} from '../../src/vault/recovery.ts';
import { FakeClock } from './fake-clock.ts';
import { LogImage } from './log-image.ts';
import { meetRows } from './rows-met.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

export const unit = 4096;
export const capacityUnits = 32;
export const capacityBytes = capacityUnits * unit;
const imageOffsetBytes = firstFreeBytes + recoveryScratchSizeBytes;
const arena = vaultArena(recoveryScratchSizeBytes + 8 * capacityBytes);
export const { area, hash } = arena;

/** Reservations that always fit, and the balance. */
export class TestQuota {
  usedBytes = 0;
  limitBytes = Number.POSITIVE_INFINITY;

  reserve(sizeBytes: number): boolean {
    if (this.usedBytes + sizeBytes > this.limitBytes) return false;
    this.usedBytes += sizeBytes;
    return true;
  }

  release(sizeBytes: number): void {
    this.usedBytes -= sizeBytes;
    assert.ok(this.usedBytes >= 0, 'more was given back than taken');
  }
}

export function newImage(): LogImage {
  return new LogImage(area, hash, imageOffsetBytes, 8 * capacityBytes);
}

export function newVault(): SimulatedDisk {
  const disk = new SimulatedDisk();
  for (const folder of ['seg', 'cursor']) disk.makeDirectory(folder);
  disk.fsyncDirectory('');
  return disk;
}

/** A durable file. */
export function put(disk: SimulatedDisk, path: string, bytes: Uint8Array): void {
  disk.unlink(path);
  const opened = disk.open(path, { mode: OpenMode.Create, direct: false });
  if (opened.fault !== IoFault.None) assert.fail(`cannot make ${path}`);
  if (bytes.length > 0) opened.file.write(bytes, 0, bytes.length, 0);
  opened.file.fdatasync();
  opened.file.close();
  disk.fsyncDirectory(path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
}

/** What the image holds, as the segment's file: with zeros up to the capacity, or cut. */
export function putSegment(disk: SimulatedDisk, image: LogImage, isCut = false): string {
  const path = segmentPath(image.header.segmentId);
  put(disk, path, image.bytes(isCut ? image.endBytes : capacityBytes));
  return path;
}

/** META as a process of epoch 1 leaves it that was told of nothing durable. */
export function putMeta(disk: SimulatedDisk, change: Partial<MetaFile['slot']> = {}): void {
  const options = recoveryOptions(disk);
  const meta = new MetaFile(options);
  meta.read();
  meta.slot.vaultUuid.fill(0x5a);
  const floors = { nextSegmentId: 2, nextBlockSeq: 1, nextEntrySeq: 0 };
  Object.assign(meta.slot, { epoch: 1, capacityUnits, ...floors }, change);
  assert.equal(meta.write(), IoFault.None);
}

export function recoveryOptions(
  disk: SimulatedDisk,
  change: Partial<RecoveryOptions> = {},
): RecoveryOptions & { readonly quota: TestQuota } {
  const quota = new TestQuota();
  const found = (usedBytes: number): void => {
    quota.usedBytes += usedBytes;
  };
  return {
    ...{ directory: disk, area, hash, direct: true, clock: new FakeClock(), software: 'test' },
    ...{ scratchOffsetBytes: firstFreeBytes, capacityUnits, cursors: [], onDamage: 'quarantine' },
    ...{ readOnly: false, found, quarantineSizeBytesMax: 2 ** 20 },
    newVaultUuid: new Uint8Array(16).fill(0x77),
    ...change,
    quota,
  };
}

export function recover(disk: SimulatedDisk, change: Partial<RecoveryOptions> = {}): RecoveredLog {
  const result = recoverLog(recoveryOptions(disk, change));
  if (result.kind !== 'recovered') assert.fail(JSON.stringify(result));
  meetRows(result.report.rows);
  return result;
}

/** Everything about the log that must not depend on how often it was recovered. */
export function logOf({ origin, segments }: RecoveredLog): unknown {
  const { lastBlockSeq, entryEnd, lastSegmentId, chain } = origin;
  const numbers = { ...{ lastBlockSeq, entryEnd, lastSegmentId, chain: chain.toBigInt() } };
  const files = Array.from(segments, ({ segmentId, firstEntrySeq, entryEnd: end }) => ({
    ...{ segmentId, firstEntrySeq, end },
  }));
  return { ...numbers, files };
}

export interface FileFacts {
  readonly sizeBytes: number;
  readonly digest: string;
}

/** Every file and what is in it. */
export function filesOf(disk: SimulatedDisk): Map<string, FileFacts> {
  const files = new Map<string, FileFacts>();
  for (const folder of ['', 'seg', 'cursor', 'quarantine']) {
    const listed = disk.list(folder);
    if (listed.fault !== IoFault.None) continue;
    for (const { name, type } of listed.names) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (type !== FileType.File) continue;
      const bytes = disk.contents(path);
      const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
      files.set(path, { sizeBytes: bytes.length, digest });
    }
  }
  return files;
}
