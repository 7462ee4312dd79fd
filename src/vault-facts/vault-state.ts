// META and the cursors of a vault: which slot counts, and what a consumer is still owed.

import { OpenMode } from '../vault/block-file.ts';
import type { FoundCursor } from '../vault/cursor-load.ts';
import type { CursorSlot } from '../vault/cursor-slot.ts';
import { metaPath } from '../vault/file-names.ts';
import { metaSlotSizeBytes } from '../vault/format.ts';
import { IoFault } from '../vault/io-fault.ts';
import type { LogSegment } from '../vault/log-source.ts';
import { MetaSlot, readMetaSlot } from '../vault/meta-slot.ts';
import type { OfflineVault } from '../vault/offline.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { newestSlot } from '../vault/slot-pair.ts';

export interface ReadMeta {
  readonly slot: MetaSlot;
  readonly status: ReadStatus;
  /** Never written. */
  readonly isZero: boolean;
}

/** Both slots. */
export function readMeta(vault: OfflineVault): ReadMeta[] {
  const { directory, direct, area, hash, scratchOffsetBytes: at } = vault;
  const opened = directory.open(metaPath, { mode: OpenMode.Read, direct });
  const slots: ReadMeta[] = [];
  for (const index of [0, 1]) {
    const slot = new MetaSlot();
    area.bytes.fill(0, at, at + metaSlotSizeBytes);
    const position = index * metaSlotSizeBytes;
    const count =
      opened.fault === IoFault.None
        ? opened.file.read(area.bytes, at, metaSlotSizeBytes, position)
        : 0;
    const isZero = count === 0 || (count > 0 && area.isZero(at, at + metaSlotSizeBytes));
    const status =
      count === metaSlotSizeBytes
        ? readMetaSlot(area, at, index, slot, hash)
        : ReadStatus.Truncated;
    slots.push({ slot, status, isZero });
  }
  if (opened.fault === IoFault.None) opened.file.close();
  return slots;
}

/** The slot that counts; undefined: neither can be read. */
export function cursorSlotOf({ slots, statuses }: FoundCursor): CursorSlot | undefined {
  const newest = newestSlot([
    { status: statuses[0], generation: slots[0].generation },
    { status: statuses[1], generation: slots[1].generation },
  ]);
  return newest === -1 ? undefined : slots[newest];
}

export function isSettled(slot: CursorSlot, entrySeq: number): boolean {
  if (entrySeq < slot.watermark) return true;
  for (let range = 0; range < slot.rangeCount; range += 1) {
    const start = slot.ranges[2 * range]!; // inside: the count is checked
    const end = slot.ranges[2 * range + 1]!; // the same
    if (entrySeq >= start && entrySeq < end) return true;
  }
  return false;
}

/** Entries that this consumer still has to get, of those that the segments hold. */
export function owedEntries(
  slot: CursorSlot,
  segments: readonly Pick<LogSegment, 'firstEntrySeq' | 'entryEnd'>[],
): number {
  let owed = 0;
  for (const { firstEntrySeq, entryEnd } of segments) {
    const from = Math.max(firstEntrySeq, slot.watermark);
    if (from >= entryEnd) continue;
    owed += entryEnd - from;
    for (let range = 0; range < slot.rangeCount; range += 1) {
      const start = Math.max(slot.ranges[2 * range]!, from); // inside: the count is checked
      const end = Math.min(slot.ranges[2 * range + 1]!, entryEnd); // the same
      if (start < end) owed -= end - start;
    }
  }
  return owed;
}
