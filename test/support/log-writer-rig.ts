// A log writer on a disk, with slabs to append from. Bodies are made from a number, so that what is
// read back says which one it was.

import assert from 'node:assert/strict';
import { calmAcceleration } from '../../src/vault/block-acceleration.ts';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import { EntryHeader, writeEntryHeader } from '../../src/vault/entry-header.ts';
import { GroupPlan } from '../../src/vault/group-plan.ts';
import { PendingEntry, type VaultAnswer } from '../../src/vault/hand-over.ts';
import type { IoFault } from '../../src/vault/io-fault.ts';
import { LogOrigin } from '../../src/vault/log-origin.ts';
import { LogWriter } from '../../src/vault/log-writer.ts';
import { SegmentFolder } from '../../src/vault/segment-folder.ts';
import { SegmentList } from '../../src/vault/segment-list.ts';
import { VaultSpace } from '../../src/vault/space.ts';
import { VaultBuffers } from '../../src/vault/vault-buffers.ts';
import { acceptedEntries } from './accepted-log.ts';
import { FakeClock } from './fake-clock.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const page = 64 * KiB;
const writerRegion = { offsetBytes: page, sizeBytes: 5 * MiB + 512 * KiB };
const slabsOffsetBytes = writerRegion.offsetBytes + writerRegion.sizeBytes;
const slabsSizeBytes = 8 * MiB;
const pages = (slabsOffsetBytes + slabsSizeBytes) / page;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
/** One for all tests of a file: nothing in it outlives a call. */
export const buffers = new VaultBuffers(memory, writerRegion);

export interface RigOptions {
  readonly directory?: VaultDirectory;
  readonly capacityBytes?: number;
  readonly limitBytes?: number;
  readonly minFreeBytes?: number | undefined;
  readonly direct?: boolean;
  readonly keepsReserve?: boolean;
  readonly origin?: LogOrigin;
}

export function simulatedVault(options = {}): SimulatedDisk {
  const disk = new SimulatedDisk(options);
  assert.equal(disk.makeDirectory('seg'), 0);
  assert.equal(disk.fsyncDirectory(''), 0);
  return disk;
}

export function originOf(): LogOrigin {
  const origin = new LogOrigin();
  origin.vaultUuid.fill(0x5a);
  return origin;
}

export class LogWriterRig {
  readonly clock = new FakeClock();
  readonly space: VaultSpace;
  readonly folder: SegmentFolder;
  readonly segments: SegmentList;
  readonly writer: LogWriter;
  readonly capacityBytes: number;
  readonly plan = new GroupPlan();

  constructor(directory: VaultDirectory, options: RigOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? 16 * 4096;
    const limitBytes = options.limitBytes ?? 2 ** 40;
    const minFreeBytes = 'minFreeBytes' in options ? options.minFreeBytes : 0;
    this.space = new VaultSpace({ directory, limitBytes, minFreeBytes });
    this.folder = new SegmentFolder(directory, this.space);
    this.segments = new SegmentList(this.folder);
    const random = new SeededRandom(7);
    this.writer = new LogWriter({
      acceleration: () => calmAcceleration,
      folder: this.folder,
      segments: this.segments,
      buffers,
      origin: options.origin ?? originOf(),
      clock: this.clock,
      capacityBytes: this.capacityBytes,
      direct: options.direct ?? true,
      software: 'rig 1.0',
      drawSalt: (salt) => salt.set(random.next(), random.next()),
      keepsReserve: options.keepsReserve ?? true,
    });
  }

  /** Fills the spares as far as they go. */
  prepare(): void {
    while (this.writer.background(64));
  }

  /** One group of entries of these bodies. */
  commit(bodies: readonly Uint8Array[]): { answer: VaultAnswer; entries: PendingEntry[] } {
    const entries = this.pend(bodies);
    const answer = this.writer.commit(entries, entries.length, this.plan);
    return { answer, entries };
  }

  /** Slabs and plan for commit(). */
  pend(bodies: readonly Uint8Array[]): PendingEntry[] {
    this.plan.clear();
    let at = slabsOffsetBytes;
    return bodies.map((body, index) => {
      assert.ok(this.plan.add(body.length), 'group is full');
      const entry = new PendingEntry();
      entry.slab = at / 64;
      entry.bodySizeBytes = body.length;
      putSlab(at, body, index);
      at += 64 * Math.ceil((64 + body.length + 8) / 64);
      assert.ok(at <= slabsOffsetBytes + slabsSizeBytes, 'too few slabs');
      return entry;
    });
  }
}

/** Body number `n` of this size; the number is in its first bytes. */
export function bodyOf(n: number, sizeBytes = 100, isNoise = true): Buffer {
  const body = Buffer.alloc(Math.max(sizeBytes, 4), 0x61);
  const random = new SeededRandom(n);
  for (let at = 4; isNoise && at < body.length; at += 1) body[at] = random.next();
  body.writeUInt32LE(n);
  return body;
}

/** Which body it is. */
export function numberOf(body: Buffer): number {
  return body.readUInt32LE();
}

/** The numbers of the bodies that a disk holds, in the order of the log. */
export function numbersOn(disk: SimulatedDisk): number[] {
  return acceptedEntries(disk).map(({ body }) => numberOf(body));
}

/** Names and paths of the calls that `work` makes. */
export function callsOf(disk: SimulatedDisk, work: () => void): string[] {
  const before = disk.script.calls.length;
  work();
  return disk.script.calls.slice(before).map(({ name, path }) => `${name} ${path}`);
}

/** The `ahead`th call from now on. */
export function failNext(disk: SimulatedDisk, ahead: number, fault: Exclude<IoFault, 0>): void {
  disk.script.inject(disk.script.calls.length + ahead, { kind: 'fault', fault });
}

function putSlab(at: number, body: Uint8Array, index: number): void {
  const { area, hash } = buffers;
  area.bytes.fill(0xee, at, at + 64 + body.length + 8);
  area.bytes.set(body, at + 64);
  const entry = new EntryHeader();
  entry.bodySizeBytes = body.length;
  entry.pieceSizeBytes = Math.min(body.length, MiB - 64);
  if (body.length > entry.pieceSizeBytes) entry.flags = 1;
  entry.receivedNs.setNsOfMs(1_700_000_000_000 + index);
  entry.producerHash.set(3, 4);
  entry.recordCount = 5;
  hash.hash64(area.bytes, at + 64, body.length, entry.bodyHash);
  writeEntryHeader(area, at, entry);
}
