// Reads a log on a simulated disk to its end and says what came: text that tests compare.

import { Kernel } from '../../src/kernel/kernel.ts';
import { DurableEnd } from '../../src/memory/vault-page.ts';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import { OpenMode } from '../../src/vault/block-file.ts';
import { EntryCursor } from '../../src/vault/entry-cursor.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import type { EntriesRead, LogRead } from '../../src/vault/log-read.ts';
import { LogReader } from '../../src/vault/log-reader.ts';
import { LogSource, logReadSizeBytes } from '../../src/vault/log-source.ts';
import type { LogBuilder } from './log-builder.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const MiB = 1024 * 1024;
const placeSizeBytes = 8 * MiB;
const arena = vaultArena(logReadSizeBytes + placeSizeBytes);
const placeOffsetBytes = firstFreeBytes + Math.ceil(logReadSizeBytes / 65_536) * 65_536;

export function putFile(disk: SimulatedDisk, path: string, bytes: Uint8Array): void {
  for (const folder of path.split('/').slice(0, -1)) disk.makeDirectory(folder);
  const opened = disk.open(path, { mode: OpenMode.Create, direct: false });
  if (opened.fault !== 0) throw new Error(`cannot make ${path}`);
  if (bytes.length > 0) opened.file.write(bytes, 0, bytes.length, 0);
  opened.file.fdatasync();
  opened.file.close();
}

/** The segment that is being built, under its own name. */
export function putSegment(disk: SimulatedDisk, image: LogBuilder, sizeBytes?: number): void {
  putFile(disk, segmentPath(image.segmentId), image.bytes(sizeBytes));
}

/** The durable end that a vault with this log would publish; `isLive`: while it is written. */
export function endOf(image: LogBuilder, isLive: boolean): DurableEnd {
  const end = new DurableEnd();
  end.liveSegmentId = isLive ? image.segmentId : 0;
  end.endBytes = isLive ? image.endBytes : 0;
  end.blockSeq = image.lastBlockSeq;
  end.entryEnd = image.entryEnd;
  return end;
}

export class LogReading {
  readonly source: LogSource;
  readonly reader: LogReader;
  /** The place gives no more than this. */
  roomBytes = placeSizeBytes;
  readonly #cursor: EntryCursor;

  constructor(directory: VaultDirectory, vaultUuid: Uint8Array) {
    const { area, hash, memory } = arena;
    const region = { offsetBytes: firstFreeBytes, sizeBytes: logReadSizeBytes };
    const kernel = Kernel.create(memory);
    this.source = new LogSource({
      ...{ directory, direct: true, vaultUuid, kernel, area, hash, region },
    });
    this.reader = new LogReader(this.source);
    this.#cursor = new EntryCursor(area, hash);
  }

  next(end: DurableEnd): LogRead {
    const take = (sizeBytes: number) => (sizeBytes <= this.roomBytes ? placeOffsetBytes : 0);
    return this.reader.next(end, { take });
  }

  /** Bodies of what came, after checking each of them. */
  bodies(read: EntriesRead): Map<number, Buffer> {
    const bodies = new Map<number, Buffer>();
    const cursor = this.#cursor;
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      if (!cursor.checkBody()) throw new Error(`body of ${cursor.entry.entrySeq} is not its own`);
      const from = cursor.bodyOffsetBytes;
      const body = arena.area.bytes.slice(from, from + cursor.entry.bodySizeBytes);
      bodies.set(cursor.entry.entrySeq, Buffer.from(body));
    }
    if (cursor.status !== 0) throw new Error(`entries end with ${cursor.status}`);
    if (bodies.size !== read.entryCount) throw new Error('not as many entries as were said');
    return bodies;
  }

  /** Everything up to the end: `0-2 lost 3-5 skip 6-9 10-12 end`, ends inclusive. */
  toEnd(end: DurableEnd, bodies = new Map<number, Buffer>()): string {
    const seen: string[] = [];
    for (let steps = 0; steps < 10_000; steps += 1) {
      const read = this.next(end);
      seen.push(textOf(read));
      if (read.kind === 'entries')
        for (const [seq, body] of this.bodies(read)) bodies.set(seq, body);
      if (read.kind === 'end' || read.kind === 'fault' || read.kind === 'no-room')
        return seen.join(' ');
    }
    throw new Error(`reading does not end: ${seen.slice(0, 20).join(' ')}`);
  }
}

function textOf(read: LogRead): string {
  switch (read.kind) {
    case 'entries':
      return range(read.firstEntrySeq, read.firstEntrySeq + read.entryCount);
    case 'lost': {
      const about = read.exact ? 'lost' : 'lost<=';
      return `${about} ${range(read.fromEntrySeq, read.toEntrySeq)}`;
    }
    case 'skipped':
      return `skip ${range(read.fromEntrySeq, read.toEntrySeq)}`;
    default:
      return read.kind;
  }
}

function range(from: number, to: number): string {
  if (to === from) return 'none';
  return to === from + 1 ? String(from) : `${from}-${to - 1}`;
}
