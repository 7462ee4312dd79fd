// A vault whose engine has ended, as its files say it: what is in it, what the cursors count, and
// how many bytes lie there.

import assert from 'node:assert/strict';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { CursorSlot, readCursorSlot } from '../../src/vault/cursor-slot.ts';
import { EntryCursor } from '../../src/vault/entry-cursor.ts';
import { consumerOf } from '../../src/vault/file-names.ts';
import { cursorSlotSizeBytes } from '../../src/vault/format.ts';
import { OfflineVault } from '../../src/vault/offline.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { firstFreeBytes, vaultArena } from '../support/vault-arena.ts';

const { area, hash } = vaultArena(cursorSlotSizeBytes);

/** By consumer. Checks that each slot adds up (vault.md section 7). */
export function readCursors(vaultPath: string): ReadonlyMap<string, CursorSlot> {
  const cursors = new Map<string, CursorSlot>();
  for (const name of readdirSync(join(vaultPath, 'cursor'))) {
    const consumer = consumerOf(name);
    if (consumer === undefined) continue; // an unfinished file
    const bytes = readFileSync(join(vaultPath, 'cursor', name));
    for (const index of [0, 1]) {
      area.bytes.fill(0, firstFreeBytes, firstFreeBytes + cursorSlotSizeBytes);
      const from = index * cursorSlotSizeBytes;
      area.bytes.set(bytes.subarray(from, from + cursorSlotSizeBytes), firstFreeBytes);
      const slot = new CursorSlot();
      if (readCursorSlot(area, firstFreeBytes, index, slot, hash) !== ReadStatus.Ok) continue;
      checkLedger(consumer, slot);
      const other = cursors.get(consumer);
      if (other === undefined || other.generation < slot.generation) cursors.set(consumer, slot);
    }
  }
  return cursors;
}

export interface StoredEntry {
  readonly kind: number;
  readonly codec: number;
  readonly body: Buffer;
}

/** Everything that is in the log, in its order. */
export function storedEntries(vaultPath: string): StoredEntry[] {
  const vault = new OfflineVault(vaultPath, systemClock);
  const { reader, end } = vault.log;
  const cursor = new EntryCursor(vault.area, vault.hash);
  const entries: StoredEntry[] = [];
  for (;;) {
    const read = reader.next(end, { take: (sizeBytes) => vault.take(sizeBytes) });
    if (read.kind === 'end') break;
    assert.ok(read.kind === 'entries', `the reader gives ${read.kind}`);
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      assert.ok(cursor.checkBody(), 'the body is what its producer hashed');
      const { kind, codec, bodySizeBytes } = cursor.entry;
      const from = cursor.bodyOffsetBytes;
      const body = Buffer.from(vault.area.bytes.slice(from, from + bodySizeBytes));
      entries.push({ kind, codec, body });
    }
  }
  reader.close();
  return entries;
}

function checkLedger(consumer: string, slot: CursorSlot): void {
  const { delivered, lost, dropped, deadLettered, skipped } = slot;
  const counted = delivered + lost + dropped + deadLettered + skipped;
  let settled = slot.watermark - slot.base;
  for (let index = 0; index < slot.rangeCount; index += 1) {
    settled += (slot.ranges[2 * index + 1] ?? 0) - (slot.ranges[2 * index] ?? 0);
  }
  assert.equal(counted, settled, `the ledger of ${consumer} adds up`);
}

/** Of all files, by their names; what vanishes meanwhile is not counted. */
export function vaultFiles(vaultPath: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const entry of readdirSync(vaultPath, { recursive: true, withFileTypes: true })) {
    const sizeBytes = entry.isFile() ? sizeOf(entry) : undefined;
    if (sizeBytes !== undefined) sizes.set(join(entry.parentPath, entry.name), sizeBytes);
  }
  return sizes;
}

export function usedBytes(vaultPath: string): number {
  return [...vaultFiles(vaultPath).values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}

/** Live, sealed and crashed ones, without spares. */
export function segmentCount(vaultPath: string): number {
  return readdirSync(join(vaultPath, 'seg')).filter((name) => name.endsWith('.vlt')).length;
}

function sizeOf({ parentPath, name }: Dirent): number | undefined {
  try {
    return statSync(join(parentPath, name)).size;
  } catch {
    return undefined;
  }
}
