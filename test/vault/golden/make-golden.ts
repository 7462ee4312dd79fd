// Writes the golden vaults of this version of the format, on a real directory. Run once for each
// minor version, before the version changes, and never again for one that was released: what
// matters is that those files were written by the code of then.
//
//   node test/vault/golden/make-golden.ts 1.0
//
// Segments are as small as the format allows. Archives are compressed, so spares cost nothing.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { KiB, MiB } from '../../../src/limits.ts';
import { DurableEnd, VaultWord } from '../../../src/memory/vault-page.ts';
import type { BlockFile, VaultDirectory } from '../../../src/vault/block-file.ts';
import { DeadLetterReason } from '../../../src/vault/dead-letter-reason.ts';
import { DirectDirectory } from '../../../src/vault/direct-file.ts';
import { EntryHeader, readEntryHeader, writeEntryHeader } from '../../../src/vault/entry-header.ts';
import { segmentPath } from '../../../src/vault/file-names.ts';
import { EntryCodec, EntryKind, entryHeaderSizeBytes } from '../../../src/vault/format.ts';
import { SettleKind, VaultAnswer, VaultLogId } from '../../../src/vault/hand-over.ts';
import { IoFault } from '../../../src/vault/io-fault.ts';
import {
  type GoldenEntry,
  type GoldenFacts,
  goldenFolder,
  packGolden,
  sha256,
} from '../../support/golden-vault.ts';
import { RigMemory } from '../../support/rig-memory.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { typicalRequest } from '../../support/typical-request.ts';
import { VaultRig } from '../../support/vault-rig.ts';

const consumers = ['otlp_grpc', 'file/archive'];
const memory = new RigMemory({ slabsSizeBytes: 8 * MiB });
const unit = 4096;

interface GoldenOptions {
  readonly fullPolicy?: 'reject' | 'drop_oldest';
  /** False: sealed files keep their zeros, as after a crash between the two. */
  readonly isCut?: boolean;
}

/** A vault that is being made, and what was put into it. */
class GoldenVault {
  readonly folder: string;
  readonly segmentSizeBytes: number;
  readonly entries: GoldenEntry[] = [];
  readonly deadLetters: GoldenEntry[] = [];
  readonly rig: VaultRig;

  constructor(folder: string, segmentSizeBytes: number, options: GoldenOptions = {}) {
    const { fullPolicy = 'reject', isCut = true } = options;
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.segmentSizeBytes = segmentSizeBytes;
    // Five segments with the two spares, the dead letters, two files for each cursor, and META.
    const limitBytes = 7 * segmentSizeBytes + 320 * KiB;
    const config = { segmentSizeBytes, limitBytes, fullPolicy, quarantineLimitBytes: 64 * KiB };
    const real = new DirectDirectory(folder);
    this.rig = new VaultRig({
      ...{ directory: isCut ? real : uncut(real), memory, consumers },
      config: { ...config, deadLetterLimitBytes: 2 * segmentSizeBytes },
    });
    this.rig.pass(1_000);
  }

  append(body: Uint8Array, kind: number = EntryKind.Protobuf, codec: number = EntryCodec.None) {
    const slab = this.rig.append(body);
    this.#rewrite(slab, body, { kind, codec });
    this.rig.turn();
    const [answer] = this.rig.answers();
    assert.equal(answer?.answer, VaultAnswer.Acked);
    this.entries.push(entryOf(answer.entrySeq, kind, codec, body));
    this.rig.clock.advance(1_000);
  }

  appendDead(body: Uint8Array): void {
    const kind = EntryKind.DeadLetter;
    const slab = this.rig.append(body, { log: VaultLogId.DeadLetter, producer: 1 });
    const reason = DeadLetterReason.Rejected;
    const originalKind = EntryKind.Protobuf;
    this.#rewrite(slab, body, { kind, reason, originalKind, attempts: 3, statusCode: 400 });
    this.rig.turn();
    const [answer] = this.rig.answers(1);
    assert.equal(answer?.answer, VaultAnswer.Acked);
    this.deadLetters.push(entryOf(answer.entrySeq, kind, EntryCodec.None, body));
  }

  facts(about: string, rows: readonly string[], quarantine: readonly string[] = []): GoldenFacts {
    const { cursors } = this.rig.vault;
    const all = consumers.map((consumer, index) => {
      const { watermark, ranges, delivered, dropped } = cursors.cursor(index).snapshot();
      const pairs = Array.from({ length: ranges.length / 2 }, (_, range) => {
        return [ranges[2 * range] ?? 0, ranges[2 * range + 1] ?? 0] as const;
      });
      return { consumer, watermark, ranges: pairs, delivered, dropped };
    });
    const { segmentSizeBytes, entries, deadLetters } = this;
    const nextEntrySeq = Math.max(...entries.map(({ entrySeq }) => entrySeq)) + 1;
    const lowest = Math.min(...all.map(({ watermark }) => watermark));
    const owed = entries.filter(({ entrySeq }) => entrySeq >= lowest);
    const numbers = { segmentSizeBytes, nextEntrySeq };
    return { about, ...numbers, rows, quarantine, cursors: all, deadLetters, entries: owed };
  }

  #rewrite(slab: number, body: Uint8Array, fields: Partial<EntryHeader>): void {
    const { area } = this.rig;
    const entry = new EntryHeader();
    const endBytes = slab * 64 + entryHeaderSizeBytes + body.length + 8;
    area.bytes.fill(0, endBytes - 8, endBytes);
    assert.equal(readEntryHeader(area, slab * 64, area.bytes.length, entry), 0);
    writeEntryHeader(area, slab * 64, Object.assign(entry, fields));
  }
}

function entryOf(entrySeq: number, kind: number, codec: number, body: Uint8Array): GoldenEntry {
  return { entrySeq, kind, codec, sizeBytes: body.length, sha256: sha256(body) };
}

/** The same directory, on which files are never cut. */
function uncut(directory: DirectDirectory): VaultDirectory {
  return {
    open(path, options) {
      const opened = directory.open(path, options);
      if (opened.fault !== IoFault.None) return opened;
      const { file } = opened;
      const uncutFile: BlockFile = {
        read: (...range) => file.read(...range),
        write: (...range) => file.write(...range),
        fdatasync: () => file.fdatasync(),
        truncate: () => IoFault.Medium,
        sizeBytes: () => file.sizeBytes(),
        close: () => file.close(),
      };
      return { fault: opened.fault, file: uncutFile };
    },
    makeDirectory: (path) => directory.makeDirectory(path),
    rename: (fromPath, toPath) => directory.rename(fromPath, toPath),
    unlink: (path) => directory.unlink(path),
    fsyncDirectory: (path) => directory.fsyncDirectory(path),
    list: (path) => directory.list(path),
    visit: (path, visit) => directory.visit(path, visit),
    statfs: () => directory.statfs(),
  };
}

const json = Buffer.from(
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a log line"}}]}]}]}',
);

/** One batch of each kind and codec that producers send. */
function appendKinds(vault: GoldenVault): void {
  vault.append(typicalRequest(1));
  vault.append(gzipSync(typicalRequest(3)), EntryKind.CompressedProtobuf, EntryCodec.Gzip);
  vault.append(zstdCompressSync(typicalRequest(2)), EntryKind.CompressedProtobuf, EntryCodec.Zstd);
  vault.append(json, EntryKind.Json);
  vault.append(gzipSync(json), EntryKind.Json, EntryCodec.Gzip);
}

function settle(vault: GoldenVault): void {
  vault.rig.settle(SettleKind.Delivered, 0, 3);
  vault.rig.settle(SettleKind.Delivered, 4, 2);
  vault.rig.settle(SettleKind.Delivered, 1, 1, 1);
  vault.rig.pass(1_000);
}

/** What would be on disk if the power failed now. */
function copy(vault: GoldenVault, folder: string): void {
  cpSync(vault.folder, folder, { recursive: true });
}

/** Zeros where the last unit of the log is: the group behind the durable end was cut off there. */
function tear(vault: GoldenVault, folder: string): void {
  const end = new DurableEnd();
  vault.rig.page.readEnd(end);
  const file = openSync(join(folder, segmentPath(end.liveSegmentId)), 'r+');
  writeSync(file, Buffer.alloc(unit), 0, unit, end.endBytes - unit);
  closeSync(file);
}

function make(version: string, scratch: string): void {
  const pack = (name: string, folder: string, facts: GoldenFacts) =>
    packGolden(`${version}/${name}`, folder, facts);

  const sealed = new GoldenVault(join(scratch, 'sealed'), 32 * KiB);
  appendKinds(sealed);
  appendKinds(sealed);
  settle(sealed);
  const sealedFacts = sealed.facts('closed cleanly, all segments sealed', ['sealed']);
  sealed.rig.vault.close();
  pack('sealed', sealed.folder, sealedFacts);

  const crashed = new GoldenVault(join(scratch, 'crashed'), 32 * KiB, { isCut: false });
  appendKinds(crashed);
  appendKinds(crashed);
  settle(crashed);
  copy(crashed, join(scratch, 'uncut'));
  const uncutFacts = crashed.facts('power lost behind a MARK, sealed files uncut', ['clean-end']);
  pack('crashed', join(scratch, 'uncut'), uncutFacts);

  const tornFacts = crashed.facts('power lost while a group was written', ['torn']);
  crashed.append(randomBytes(unit + 500));
  copy(crashed, join(scratch, 'torn'));
  tear(crashed, join(scratch, 'torn'));
  pack('torn', join(scratch, 'torn'), { ...tornFacts, nextEntrySeq: tornFacts.nextEntrySeq + 1 });

  const large = new GoldenVault(join(scratch, 'large'), 3 * MiB);
  large.append(typicalRequest(1));
  large.append(Buffer.alloc(1_500_000, typicalRequest(50)));
  large.append(typicalRequest(1));
  large.appendDead(typicalRequest(1));
  large.appendDead(typicalRequest(2));
  large.rig.settle(SettleKind.Delivered, 0, 1);
  large.rig.settle(SettleKind.DeadLettered, 2, 1);
  large.rig.pass(1_000);
  const largeFacts = large.facts('a batch in two pieces, and dead letters', ['sealed']);
  large.rig.vault.close();
  pack('large', large.folder, largeFacts);

  const dropping = new GoldenVault(join(scratch, 'dropping'), 32 * KiB, {
    fullPolicy: 'drop_oldest',
  });
  while (dropping.rig.page.get(VaultWord.DroppedEntries) === 0) appendKinds(dropping);
  dropping.rig.pass(1_000);
  const droppedFacts = dropping.facts('the oldest were dropped, with a LOSS', ['clean-end']);
  copy(dropping, join(scratch, 'dropped'));
  pack('dropped', join(scratch, 'dropped'), droppedFacts);
}

const [version] = process.argv.slice(2);
assert.ok(version !== undefined && /^\d+\.\d+$/.test(version), 'which version of the format?');
mkdirSync(join(goldenFolder, version), { recursive: true });
const scratch = temporaryDirectory('golden');
make(version, scratch.path);
scratch.remove();
