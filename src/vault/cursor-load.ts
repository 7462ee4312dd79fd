// Reading all cursor files, before recovery and without writing anything: recovery learns from
// every valid slot how far the log was durable, also from those of consumers that are not
// configured.

import { assert } from '../assert.ts';
import { FileType, OpenMode } from './block-file.ts';
import type { CursorDisk } from './cursor-file.ts';
import { CursorSlot, readCursorSlot } from './cursor-slot.ts';
import { consumerOf, cursorFolder, unfinishedSuffix } from './file-names.ts';
import { cursorSlotSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { CursorEvidence } from './log-evidence.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/** What one valid slot says of the log. */
export interface SlotEvidence extends CursorEvidence {
  readonly consumer: string;
  readonly vaultTag: number;
  readonly epoch: number;
}

/** One configured consumer's file. */
export interface FoundCursor {
  readonly consumer: string;
  readonly exists: boolean;
  readonly fileSizeBytes: number;
  readonly slots: readonly [CursorSlot, CursorSlot];
  /** Ok: the slot is this consumer's, perhaps in another vault. */
  readonly statuses: readonly [ReadStatus, ReadStatus];
  readonly consumerHash: U64;
}

export interface UnfinishedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface LoadedCursors {
  readonly evidence: readonly SlotEvidence[];
  /** In the order of the consumers. */
  readonly found: readonly FoundCursor[];
  /** Consumers with a cursor that are not configured: they pin nothing and are kept. */
  readonly left: readonly string[];
  /** Names that are not ours. */
  readonly foreign: readonly string[];
  readonly unfinished: readonly UnfinishedFile[];
  /** Of all files in the folder. */
  readonly sizeBytes: number;
}

export type CursorLoadResult =
  | { readonly kind: 'loaded'; readonly cursors: LoadedCursors }
  /** A slot of a version that this build cannot read: nothing may be written. */
  | { readonly kind: 'unknown-version'; readonly path: string }
  /** The process, not the medium, stands in the way: a good cursor must not be taken for lost. */
  | { readonly kind: 'fault'; readonly path: string; readonly fault: IoFault };

export function loadCursors(disk: CursorDisk, consumers: readonly string[]): CursorLoadResult {
  assert(new Set(consumers).size === consumers.length, 'consumer configured twice');
  const listed = disk.directory.list(cursorFolder);
  if (listed.fault !== IoFault.None && listed.fault !== IoFault.NotFound)
    return { kind: 'fault', path: cursorFolder, fault: listed.fault };
  const names = listed.fault === IoFault.None ? listed.names : [];
  const found = consumers.map((consumer) => notFound(disk, consumer));
  const evidence: SlotEvidence[] = [];
  const left: string[] = [];
  const foreign: string[] = [];
  const unfinished: UnfinishedFile[] = [];
  const spare: Slots = [new CursorSlot(), new CursorSlot()];
  for (const { name, type, sizeBytes } of names) {
    const isUnfinished = name.endsWith(unfinishedSuffix);
    const consumer = consumerOf(isUnfinished ? name.slice(0, -unfinishedSuffix.length) : name);
    const path = `${cursorFolder}/${name}`;
    if (consumer === undefined || type !== FileType.File) {
      foreign.push(name);
    } else if (isUnfinished) {
      unfinished.push({ path, sizeBytes });
    } else {
      const index = consumers.indexOf(consumer);
      const slots = found[index]?.slots ?? spare;
      const read = readFile(disk, path, slots);
      if (read.kind !== 'read') return read;
      for (const slotIndex of [0, 1] as const) {
        if (read.statuses[slotIndex] === ReadStatus.Ok)
          evidence.push(evidenceOf(consumer, slots[slotIndex], index !== -1));
      }
      if (index === -1) left.push(consumer);
      else found[index] = ownSlots(found[index]!, sizeBytes, read.statuses); // inside
    }
  }
  const sizeBytes = names.reduce((sum, name) => sum + name.sizeBytes, 0);
  const cursors = { evidence, found, left, foreign, unfinished, sizeBytes };
  return { kind: 'loaded', cursors };
}

type Slots = readonly [CursorSlot, CursorSlot];
type Statuses = readonly [ReadStatus, ReadStatus];
type FileRead =
  | { readonly kind: 'read'; readonly statuses: Statuses }
  | Exclude<CursorLoadResult, { readonly kind: 'loaded' }>;

function notFound(disk: CursorDisk, consumer: string): FoundCursor {
  return {
    consumer,
    exists: false,
    fileSizeBytes: 0,
    slots: [new CursorSlot(), new CursorSlot()],
    statuses: [ReadStatus.NotFound, ReadStatus.NotFound],
    consumerHash: hashOf(disk, consumer),
  };
}

// The kernel hashes nothing but the arena.
function hashOf({ area, slotOffsetBytes, hash }: CursorDisk, consumer: string): U64 {
  const name = new TextEncoder().encode(consumer);
  area.bytes.set(name, slotOffsetBytes); // file names are shorter than a slot
  const out = new U64();
  hash.hash64(area.bytes, slotOffsetBytes, name.length, out);
  return out;
}

function readFile(disk: CursorDisk, path: string, slots: Slots): FileRead {
  const opened = disk.directory.open(path, { mode: OpenMode.Read, direct: disk.direct });
  if (opened.fault !== IoFault.None) {
    if (!isOfMedium(opened.fault)) return { kind: 'fault', path, fault: opened.fault };
    return { kind: 'read', statuses: [ReadStatus.Damaged, ReadStatus.Damaged] };
  }
  const statuses: [ReadStatus, ReadStatus] = [ReadStatus.Damaged, ReadStatus.Damaged];
  let fault: IoFault = IoFault.None;
  for (const slotIndex of [0, 1] as const) {
    const { area, slotOffsetBytes, hash } = disk;
    const positionBytes = slotIndex * cursorSlotSizeBytes;
    area.bytes.fill(0, slotOffsetBytes, slotOffsetBytes + cursorSlotSizeBytes);
    const count = opened.file.read(area.bytes, slotOffsetBytes, cursorSlotSizeBytes, positionBytes);
    if (count >= 0) {
      // What a short file lacks is zeros here, which no slot consists of.
      const slot = slots[slotIndex];
      statuses[slotIndex] = readCursorSlot(area, slotOffsetBytes, slotIndex, slot, hash);
    } else if (!isOfMedium(-count as IoFault)) {
      fault = -count as IoFault; // what BlockFile.read() says
    }
  }
  opened.file.close();
  if (fault !== IoFault.None) return { kind: 'fault', path, fault };
  if (statuses.includes(ReadStatus.UnknownMajor)) return { kind: 'unknown-version', path };
  return { kind: 'read', statuses };
}

/** The bytes cannot be had, now or later: the slot counts as damaged. */
function isOfMedium(fault: IoFault): boolean {
  return fault === IoFault.Medium;
}

function evidenceOf(consumer: string, slot: CursorSlot, pins: boolean): SlotEvidence {
  const { vaultTag, epoch, durableSeq, durableEntryEnd, watermark } = slot;
  // Inside: below the count.
  const rangesEnd = slot.rangeCount === 0 ? watermark : slot.ranges[2 * slot.rangeCount - 1]!;
  const place = { durableSeq, durableEntryEnd, watermark, rangesEnd };
  return { consumer, pins, vaultTag, epoch, ...place };
}

// A copy of another consumer's cursor is evidence of the log, and not this one's position.
function ownSlots(found: FoundCursor, fileSizeBytes: number, statuses: Statuses): FoundCursor {
  const own = (index: 0 | 1) =>
    statuses[index] === ReadStatus.Ok && !found.slots[index].consumerHash.equals(found.consumerHash)
      ? ReadStatus.Misplaced
      : statuses[index];
  return { ...found, exists: true, fileSizeBytes, statuses: [own(0), own(1)] };
}
