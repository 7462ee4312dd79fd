// Cursors on a simulated disk: loading, starting and writing them as the vault thread does, over
// and over, on whatever a crash or a fault has left.

import assert from 'node:assert/strict';
import type { CursorSnapshot } from '../../src/vault/consumer-cursor.ts';
import type { CursorDisk } from '../../src/vault/cursor-file.ts';
import { type LoadedCursors, loadCursors } from '../../src/vault/cursor-load.ts';
import type { CursorSet } from '../../src/vault/cursor-set.ts';
import {
  type CursorStart,
  type StartedCursors,
  startCursors,
} from '../../src/vault/cursor-start.ts';
import type { DiskQuota } from '../../src/vault/disk-quota.ts';
import { cursorFolder } from '../../src/vault/file-names.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { FakeClock } from './fake-clock.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const arena = vaultArena(65_536);
export const testVaultTag = 0xcafe;

/** Counts like the vault's limit. */
export class CountedSpace implements DiskQuota {
  usedBytes: number;
  limitBytes = Number.POSITIVE_INFINITY;

  constructor(usedBytes: number) {
    this.usedBytes = usedBytes;
  }

  reserve(sizeBytes: number): boolean {
    if (this.usedBytes + sizeBytes > this.limitBytes) return false;
    this.usedBytes += sizeBytes;
    return true;
  }

  release(sizeBytes: number): void {
    assert.ok(sizeBytes >= 0 && sizeBytes <= this.usedBytes, 'released more than was reserved');
    this.usedBytes -= sizeBytes;
  }
}

export interface StartedRig extends StartedCursors {
  readonly loaded: LoadedCursors;
  readonly space: CountedSpace;
}

export function cursorDisk(directory: SimulatedDisk): CursorDisk {
  const { area, hash } = arena;
  return { directory, direct: true, area, slotOffsetBytes: firstFreeBytes, hash };
}

export function loaded(disk: SimulatedDisk, consumers: readonly string[]): LoadedCursors {
  const result = loadCursors(cursorDisk(disk), consumers);
  if (result.kind !== 'loaded') assert.fail(`cursors cannot be loaded: ${result.kind}`);
  return result.cursors;
}

/** A log from 100 to 200 unless the options say otherwise. */
export function started(
  disk: SimulatedDisk,
  consumers: readonly string[],
  options: Partial<CursorStart> & { readonly limitBytes?: number } = {},
): StartedRig {
  const cursors = loaded(disk, consumers);
  const space = new CountedSpace(cursors.sizeBytes);
  space.limitBytes = options.limitBytes ?? space.limitBytes;
  const entryEnd = options.entryEnd ?? 200;
  const log = { oldestEntrySeq: 100, entryEnd, nextEntrySeq: entryEnd, epoch: 7 };
  const rest = { space, clock: new FakeClock(), vaultTag: testVaultTag, isWritable: true };
  const start = { disk: cursorDisk(disk), ...log, ...rest, ...options };
  return { ...startCursors(cursors, start), loaded: cursors, space };
}

export const durable = { blockSeq: 50, entryEnd: 200 };

/** Everything goes to disk, or the test ends. */
export function written(cursors: CursorSet): void {
  assert.equal(cursors.writeDirty(durable), IoFault.None);
}

/** What the disk would start with, for one consumer. */
export function onDisk(disk: SimulatedDisk, consumer: string): CursorSnapshot {
  return started(disk, [consumer], { isWritable: false }).cursors.cursor(0).snapshot();
}

/** In the folder of the cursors, without a call. */
export function folderBytes(disk: SimulatedDisk, paths: readonly string[]): number {
  const there = paths.map((path) => `${cursorFolder}/${path}`).filter((path) => disk.has(path));
  return there.reduce((sum, path) => sum + disk.contents(path).length, 0);
}
