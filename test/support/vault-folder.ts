// A vault directory on the real disk, made by the codecs: segments, META, cursors, dead letters.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CursorSlot, writeCursorSlot } from '../../src/vault/cursor-slot.ts';
import { cursorPath, segmentPath } from '../../src/vault/file-names.ts';
import { MetaSlot, writeMetaSlot } from '../../src/vault/meta-slot.ts';
import { U64 } from '../../src/vault/u64.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';
import type { LogBuilder } from './log-builder.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const { area, hash } = vaultArena(65_536);
const at = firstFreeBytes;

export function writeIn(folder: string, path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

export function writeSegment(folder: string, builder: LogBuilder, sizeBytes?: number): void {
  writeIn(folder, segmentPath(builder.segmentId), builder.bytes(sizeBytes));
}

/** A segment of another major; its header's hash holds. */
export function writeNewerSegment(folder: string, builder: LogBuilder, major: number): void {
  const bytes = builder.bytes();
  area.bytes.set(bytes.subarray(0, 4096), at);
  area.view.setUint16(at + 16, major, true);
  const found = new U64();
  hash.hash64(area.bytes, at, 4088, found);
  found.write(area.view, at + 4088);
  bytes.set(area.bytes.subarray(at, at + 4096));
  writeIn(folder, segmentPath(builder.segmentId), bytes);
}

/** One slot, of generation 1. */
export function writeMeta(folder: string, builder: LogBuilder): void {
  const meta = new MetaSlot();
  meta.vaultUuid.set(builder.vaultUuid);
  Object.assign(meta, { generation: 1, epoch: 1, nextSegmentId: builder.segmentId + 1 });
  Object.assign(meta, { nextBlockSeq: builder.nextBlockSeq, nextEntrySeq: builder.entryEnd });
  meta.capacityUnits = 256;
  area.bytes.fill(0, at, at + 8192);
  writeMetaSlot(area, at + 4096, meta, hash);
  writeIn(folder, 'META', area.bytes.slice(at, at + 8192));
}

/** One slot, of generation 2: everything below the watermark is delivered, and these ranges. */
export function writeCursor(
  folder: string,
  builder: LogBuilder,
  consumer: string,
  watermark: number,
  ranges: readonly [number, number][] = [],
): void {
  const slot = new CursorSlot();
  Object.assign(slot, { generation: 2, epoch: 1, watermark, rangeCount: ranges.length });
  slot.vaultTag = vaultTagOf(builder.vaultUuid);
  slot.ranges.set(ranges.flat());
  slot.delivered = ranges.reduce((sum, [from, to]) => sum + to - from, watermark);
  const name = Buffer.from(consumer);
  area.bytes.set(name, at);
  hash.hash64(area.bytes, at, name.length, slot.consumerHash);
  area.bytes.fill(0, at, at + 65_536);
  writeCursorSlot(area, at, slot, hash);
  writeIn(folder, cursorPath(consumer), area.bytes.slice(at, at + 65_536));
}
