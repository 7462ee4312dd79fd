// Checks of what recovery makes of a disk: the rows of its table that it met, where the log ends,
// and that a second recovery finds the same log and writes only META.

import assert from 'node:assert/strict';
import type { CursorEvidence } from '../../src/vault/log-evidence.ts';
import { type RecoveredLog, type RecoveryOptions, recoverLog } from '../../src/vault/recovery.ts';
import type { RecoveryRow } from '../../src/vault/recovery-report.ts';
import type { LogImage } from './log-image.ts';
import {
  capacityBytes,
  filesOf,
  logOf,
  newImage,
  recover,
  recoveryOptions,
  unit,
} from './recovery-rig.ts';
import { meetRows } from './rows-met.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

interface Expected {
  readonly rows: readonly RecoveryRow[];
  readonly lastBlockSeq: number;
  readonly entryEnd: number;
  readonly segments?: readonly number[];
  /** Names in quarantine, sorted. */
  readonly evidence?: readonly string[];
}

export const cursor = (change: Partial<CursorEvidence> = {}): CursorEvidence => ({
  ...{ durableSeq: 0, durableEntryEnd: 0, watermark: 0, rangesEnd: 0, ...change },
});

export function namesIn(disk: SimulatedDisk, folder: string): string[] {
  const listed = disk.list(folder);
  return listed.fault === 0 ? listed.names.map(({ name }) => name) : [];
}

/** Recovers twice: what was found, and that it stays. */
export function check(
  disk: SimulatedDisk,
  expected: Expected,
  change: Partial<RecoveryOptions> = {},
): RecoveredLog {
  const options = recoveryOptions(disk, change);
  const first = recoverLog(options);
  if (first.kind !== 'recovered') assert.fail(JSON.stringify(first));
  const { origin, report, segments } = first;
  meetRows(report.rows);
  assert.deepEqual([...report.rows].sort(), [...expected.rows].sort());
  assert.equal(origin.lastBlockSeq, expected.lastBlockSeq, 'last block');
  assert.equal(origin.entryEnd, expected.entryEnd, 'end of the entries');
  const ids = Array.from(segments, ({ segmentId }) => segmentId);
  assert.deepEqual(ids, expected.segments ?? [1]);
  assert.deepEqual(namesIn(disk, 'quarantine'), expected.evidence ?? []);
  const sizes = [...filesOf(disk)].reduce((sum, [, file]) => sum + file.sizeBytes, 0);
  assert.equal(options.quota.usedBytes, sizes, 'the quota knows every byte');
  const usedBytes = Object.values(first.usedBytes).reduce((sum, bytes) => sum + bytes, 0);
  assert.equal(usedBytes, sizes, 'bytes by kind');
  const files = filesOf(disk);
  assert.deepEqual(filesOf(disk.crashed(() => 0)), files, 'all of it is durable');
  const second = recover(disk, change);
  assert.deepEqual(logOf(second), logOf(first), 'recovered again');
  for (const floor of ['nextSegmentId', 'nextBlockSeq', 'nextEntrySeq'] as const)
    assert.equal(second.origin[floor], origin[floor], `${floor} is kept`);
  assert.equal(second.origin.epoch, origin.epoch + 1);
  files.delete('META');
  const then = filesOf(disk);
  then.delete('META');
  assert.deepEqual([...then.keys()], [...files.keys()], 'files');
  assert.deepEqual(then, files, 'nothing but META changed');
  return first;
}

/** Three groups of a block each, durable as far as the next one says; 3 is never known to be. */
export function threeBlocks(): LogImage {
  return newImage().begin().group(2).group(2).group(2);
}

export function damaged(image: LogImage, ...units: number[]): Uint8Array {
  const bytes = image.bytes(capacityBytes);
  for (const at of units) bytes.fill(0xee, at * unit, at * unit + 200);
  return bytes;
}

export function checkRefused(
  disk: SimulatedDisk,
  reason: string,
  change: Partial<RecoveryOptions> = {},
) {
  const files = filesOf(disk);
  const result = recoverLog(recoveryOptions(disk, change));
  assert.equal(result.kind === 'refused' ? result.reason : result.kind, reason);
  assert.deepEqual(filesOf(disk), files);
}
