// A whole vault without threads: the loop of the vault thread over a disk of the test's choice and
// a clock that moves by hand, with producers, settles and a reader on the other ends of its rings.
// A second start() on a crashed disk is the next life of the process.

import assert from 'node:assert/strict';
import type { VaultConfig } from '../../src/config/config.ts';
import { GopherShipError } from '../../src/errors.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { silentLog } from '../../src/log.ts';
import { VaultLinks } from '../../src/memory/vault-links.ts';
import { DurableEnd, VaultPage } from '../../src/memory/vault-page.ts';
import type { ZonePage } from '../../src/memory/zone-page.ts';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import type { ByteView } from '../../src/vault/byte-view.ts';
import { directNotWanted } from '../../src/vault/direct-io-trial.ts';
import { EntryCursor } from '../../src/vault/entry-cursor.ts';
import { EntryHeader, writeEntryHeader } from '../../src/vault/entry-header.ts';
import { EntryKind, entryHeaderSizeBytes } from '../../src/vault/format.ts';
import {
  highWord,
  lowWord,
  masksWord,
  type SettleKind,
  sequenceOf,
  type VaultAnswer,
  type VaultLogId,
} from '../../src/vault/hand-over.ts';
import { IoFault, ioFaultName } from '../../src/vault/io-fault.ts';
import { joinVault, type OpenVault } from '../../src/vault/join-vault.ts';
import type { LogRead } from '../../src/vault/log-read.ts';
import { LogReader } from '../../src/vault/log-reader.ts';
import { LogSource } from '../../src/vault/log-source.ts';
import { mediumFacts } from '../../src/vault/medium.ts';
import { makeVaultFolders } from '../../src/vault/vault-folders.ts';
import { LockState } from '../../src/vault/vault-lock.ts';
import { FakeClock } from './fake-clock.ts';
import { RigMemory } from './rig-memory.ts';
import { separateZonePage } from './zone-page.ts';

export interface VaultRigOptions {
  readonly directory: VaultDirectory;
  readonly consumers?: readonly string[];
  readonly config?: Partial<VaultConfig>;
  readonly clock?: FakeClock;
  readonly direct?: boolean;
  readonly shardCount?: number;
  /** For the slabs of the producers. */
  readonly slabsSizeBytes?: number;
  /** Instead of a new one, which takes a few ms: that of a life that is over. */
  readonly memory?: RigMemory;
}

export interface AppendOptions {
  readonly held?: number;
  readonly settled?: number;
  readonly log?: VaultLogId;
  /** Index of the ring. */
  readonly producer?: number;
  /** Of whoever sent it; 0: unknown. */
  readonly identity?: number;
  /** Of a dead letter: makes the header of one. */
  readonly reason?: number;
  readonly recordCount?: number;
}

export interface RigAnswer {
  readonly slab: number;
  readonly answer: VaultAnswer;
  readonly entrySeq: number;
}

export interface RigEntry {
  readonly entrySeq: number;
  readonly body: string;
}

/** Small enough that a few entries fill a segment. */
export const rigConfig: VaultConfig = {
  directory: '/vault',
  limitBytes: 4 * MiB,
  segmentSizeBytes: 64 * KiB,
  quarantineLimitBytes: 256 * KiB,
  deadLetterLimitBytes: 128 * KiB,
  minFreeBytes: 0,
  ackDeadlineMs: 2_000,
  cursorIntervalMs: 250,
  fullPolicy: 'reject',
  deadLetterPolicy: 'hold',
  onDamage: 'quarantine',
  allowVolatile: false,
};

export class VaultRig {
  readonly clock: FakeClock;
  readonly links: VaultLinks;
  readonly page: VaultPage;
  readonly zones: ZonePage;
  readonly area: ByteView;
  readonly vault: OpenVault;
  /** The lock, as the loop sees it. */
  holdsLock = true;
  readonly wakes: number[] = [];
  readonly #memory: RigMemory;
  readonly #options: VaultRigOptions;
  readonly #record = new Uint32Array(8);
  #nextSlabBytes: number;

  /** Throws what joinVault() throws. */
  constructor(options: VaultRigOptions) {
    const { directory, consumers = ['otlp_grpc'], shardCount = 1, direct = true } = options;
    const memory = options.memory ?? new RigMemory(options);
    memory.clear();
    this.#memory = memory;
    this.#options = options;
    this.clock = options.clock ?? new FakeClock();
    this.links = new VaultLinks(memory.buffer, memory.links, shardCount);
    this.page = new VaultPage(memory.buffer, memory.page.offsetBytes);
    this.zones = separateZonePage(shardCount);
    this.area = memory.buffers.area;
    this.#nextSlabBytes = memory.slabs.offsetBytes;
    const made = makeVaultFolders(directory);
    if (made !== IoFault.None) throw new GopherShipError('VAULT_FAILED', ioFaultName(made));
    this.vault = joinVault(
      {
        config: { ...rigConfig, ...options.config },
        links: this.links,
        page: this.page,
        zones: this.zones,
        consumers,
        software: 'test',
        clock: this.clock,
        log: silentLog,
        wake: (shardIndex) => this.wakes.push(shardIndex),
      },
      {
        path: '/vault',
        directory,
        lock: {
          check: () => this.holdsLock,
          release: () => {},
          state: LockState.Held,
        },
        direct: direct ? { ...directNotWanted, direct: true } : directNotWanted,
        medium: mediumFacts(0xef53),
      },
      memory.buffers,
    );
  }

  /** Hands one entry to the vault thread; its slab. */
  append(body: string | Uint8Array, options: AppendOptions = {}): number {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const slab = this.#takeSlab(bytes.length) / 64;
    const header = new EntryHeader();
    header.bodySizeBytes = bytes.length;
    header.pieceSizeBytes = Math.min(bytes.length, MiB - 64);
    header.flags = bytes.length === header.pieceSizeBytes ? 3 : 1;
    header.receivedNs.setNsOfMs(this.clock.wallMs());
    header.producerHash.set(options.identity ?? 0, 0);
    if (options.recordCount !== undefined) header.recordCount = options.recordCount;
    if (options.reason !== undefined) {
      header.originalKind = header.kind;
      header.kind = EntryKind.DeadLetter;
      header.reason = options.reason;
    }
    this.area.bytes.set(bytes, slab * 64 + entryHeaderSizeBytes);
    this.#memory.buffers.hash.hash64(
      this.area.bytes,
      slab * 64 + entryHeaderSizeBytes,
      bytes.length,
      header.bodyHash,
    );
    writeEntryHeader(this.area, slab * 64, header);
    const masks = masksWord(options.held ?? 0, options.settled ?? 0);
    const producer = options.producer ?? 0;
    assert.ok(this.links.toVault(producer).push(slab, masks, options.log ?? 0), 'ring is full');
    return slab;
  }

  /** Turns until nothing is left to do now; time stands still. */
  turn(): void {
    for (let turns = 0; turns < 10_000; turns += 1) if (this.vault.loop.step() > 0) return;
    assert.fail('the loop never rests');
  }

  /** Lets time pass, a turn at least every `stepMs`. */
  pass(ms: number, stepMs = 50): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      this.turn();
    }
  }

  answers(producer = 0): RigAnswer[] {
    const answers: RigAnswer[] = [];
    const [record] = [this.#record];
    while (this.links.fromVault(producer).pop(record)) {
      const [slab = 0, answer = 0, low = 0, high = 0] = record;
      answers.push({ slab, answer: answer as VaultAnswer, entrySeq: sequenceOf(low, high) });
    }
    if (producer < this.links.producerCount - 1) this.links.vaultFlag(producer).lower();
    return answers;
  }

  /** `append()`, the turns that it needs, and its answer. */
  commit(body: string | Uint8Array, options: AppendOptions = {}): RigAnswer {
    this.append(body, options);
    this.turn();
    const answers = this.answers(options.producer);
    const [answer] = answers;
    assert.ok(answer !== undefined && answers.length === 1, 'one entry, one answer');
    return answer;
  }

  settle(kind: SettleKind, fromSeq: number, count = 1, consumer = 0): void {
    const what = kind | (consumer << 8);
    const { replayToVault } = this.links;
    assert.ok(replayToVault.push(what, lowWord(fromSeq), highWord(fromSeq), count));
  }

  /** What the vault thread told the replay thread. */
  notices(): (readonly [kind: number, entrySeq: number, masks: number])[] {
    const notices: (readonly [number, number, number])[] = [];
    while (this.links.vaultToReplay.pop(this.#record)) {
      const [kind = 0, low = 0, high = 0, masks = 0] = this.#record;
      notices.push([kind, sequenceOf(low, high), masks]);
    }
    return notices;
  }

  /** Everything that a reader is given from this entry on, up to the published end. */
  read(fromSeq = 0): { entries: RigEntry[]; others: LogRead[]; receivedNs: bigint[] } {
    const source = new LogSource({
      ...{ directory: this.#options.directory, direct: this.#options.direct ?? true },
      ...{ vaultUuid: this.vault.vaultUuid, area: this.area, region: this.#memory.reader },
      ...{ kernel: this.#memory.buffers.kernel, hash: this.#memory.buffers.hash },
    });
    const reader = new LogReader(source);
    const cursor = new EntryCursor(this.area, this.#memory.buffers.hash);
    const end = new DurableEnd();
    this.page.readEnd(end);
    const entries: RigEntry[] = [];
    const others: LogRead[] = [];
    const receivedNs: bigint[] = [];
    reader.seek(fromSeq);
    for (;;) {
      const read = reader.next(end, { take: () => this.#memory.place.offsetBytes });
      if (read.kind === 'end') break;
      if (read.kind !== 'entries') {
        others.push(read);
        if (read.kind === 'fault') break;
        continue;
      }
      cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
      while (cursor.next()) {
        assert.ok(cursor.checkBody(), 'the body is what its producer hashed');
        const { entrySeq, bodySizeBytes } = cursor.entry;
        const from = cursor.bodyOffsetBytes;
        const body = Buffer.from(this.area.bytes.slice(from, from + bodySizeBytes)).toString();
        if (entrySeq < fromSeq) continue;
        entries.push({ entrySeq, body });
        receivedNs.push(cursor.entry.receivedNs.toBigInt());
      }
    }
    reader.close();
    return { entries, others, receivedNs };
  }

  // Slabs are used in turn: a test has only a few out.
  #takeSlab(bodySizeBytes: number): number {
    const sizeBytes = Math.ceil((entryHeaderSizeBytes + bodySizeBytes + 8) / 64) * 64;
    const { offsetBytes, sizeBytes: allBytes } = this.#memory.slabs;
    if (this.#nextSlabBytes + sizeBytes > offsetBytes + allBytes) this.#nextSlabBytes = offsetBytes;
    const slabBytes = this.#nextSlabBytes;
    this.#nextSlabBytes += sizeBytes;
    return slabBytes;
  }
}
