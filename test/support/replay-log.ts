// A log for tests of the replay: entries, damage and jumps as a test says, without a disk. Its
// readers answer as those of the vault do.

import type { DurableEnd } from '../../src/memory/vault-page.ts';
import type { ReplayReader } from '../../src/replayer/build-replayer.ts';
import { entrySizeBytes } from '../../src/vault/block-size.ts';
import type { ByteView } from '../../src/vault/byte-view.ts';
import { EntryHeader, writeEntryHeader, writeEntryPadding } from '../../src/vault/entry-header.ts';
import { EntryKind, LossReason, recordsNotCounted } from '../../src/vault/format.ts';
import type { EntryPlace, LogRead } from '../../src/vault/log-read.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import type { U64 } from '../../src/vault/u64.ts';
import { U64 as U64Value } from '../../src/vault/u64.ts';
import { delimited, text } from './wire-bytes.ts';
import { xxh64 } from './xxh64.ts';

export interface LogEntry {
  readonly entrySeq: number;
  readonly kind: number;
  readonly codec: number;
  readonly body: Uint8Array;
  readonly producer: number;
  readonly receivedMs: number;
  /** The body is not what its hash says. */
  readonly isAltered: boolean;
}

export type EntryInput = Partial<Omit<LogEntry, 'entrySeq'>>;

interface Part {
  readonly kind: 'block' | 'lost' | 'skipped';
  readonly fromSeq: number;
  readonly toSeq: number;
}

export class ReplayLog {
  readonly entries = new Map<number, LogEntry>();
  readonly #parts: Part[] = [];
  #durableSeq: number;
  #endSeq: number;
  /** Every read fails. */
  isFaulty = false;
  reads = 0;
  closes = 0;
  /** What others do meanwhile. */
  beforeReadEnd = () => {};

  constructor(firstEntrySeq = 0) {
    this.#durableSeq = firstEntrySeq;
    this.#endSeq = firstEntrySeq;
  }

  get endSeq(): number {
    return this.#endSeq;
  }

  /** Entries of one block. */
  append(inputs: readonly EntryInput[]): void {
    const fromSeq = this.#endSeq;
    for (const input of inputs) {
      const entrySeq = this.#endSeq++;
      const entry = {
        ...{ kind: EntryKind.Protobuf, codec: 0, body: requestOf(`entry ${entrySeq}`) },
        ...{ producer: 0, receivedMs: 1000 + entrySeq, isAltered: false, entrySeq },
      };
      this.entries.set(entrySeq, { ...entry, ...input });
    }
    this.#parts.push({ kind: 'block', fromSeq, toSeq: this.#endSeq });
  }

  lose(count: number): void {
    this.#parts.push({ kind: 'lost', fromSeq: this.#endSeq, toSeq: this.#endSeq + count });
    this.#endSeq += count;
  }

  jump(count: number): void {
    this.#parts.push({ kind: 'skipped', fromSeq: this.#endSeq, toSeq: this.#endSeq + count });
    this.#endSeq += count;
  }

  /** Makes everything durable. */
  publish(): void {
    this.#durableSeq = this.#endSeq;
  }

  readEnd(end: DurableEnd): void {
    this.beforeReadEnd();
    end.liveSegmentId = 1;
    end.entryEnd = this.#durableSeq;
  }

  partOf(entrySeq: number): Part | undefined {
    return this.#parts.find(({ fromSeq, toSeq }) => fromSeq <= entrySeq && entrySeq < toSeq);
  }

  /** `area` is the arena. */
  reader(area: ByteView): ReplayReader {
    return new ScriptedReader(this, area);
  }
}

class ScriptedReader implements ReplayReader {
  nextEntrySeq = 0;
  readonly #log: ReplayLog;
  readonly #area: ByteView;
  readonly #header = new EntryHeader();
  #fromSeq = 0;

  constructor(log: ReplayLog, area: ByteView) {
    this.#log = log;
    this.#area = area;
  }

  close(): void {
    this.#log.closes += 1;
  }

  seek(entrySeq: number): void {
    this.nextEntrySeq = entrySeq;
  }

  blockStart(entrySeq: number): number {
    return this.#log.partOf(entrySeq)?.fromSeq ?? entrySeq;
  }

  /** Each block is a file of its own. */
  get place() {
    return { segmentId: 1 + this.#fromSeq, offsetBytes: 0 };
  }

  next(end: DurableEnd, place: EntryPlace): LogRead {
    this.#log.reads += 1;
    if (this.#log.isFaulty) return { kind: 'fault', fault: 5 as never, segmentId: 1 }; // any fault
    const fromEntrySeq = this.nextEntrySeq;
    const part = this.#log.partOf(fromEntrySeq);
    if (part === undefined || fromEntrySeq >= end.entryEnd) return { kind: 'end' };
    if (part.kind === 'block') return this.#block(part, place);
    const toEntrySeq = part.toSeq;
    this.nextEntrySeq = toEntrySeq;
    if (part.kind === 'skipped') return { kind: 'skipped', fromEntrySeq, toEntrySeq };
    return {
      ...{ kind: 'lost', fromEntrySeq, toEntrySeq, exact: true, reason: LossReason.Damage },
      ...{ status: ReadStatus.Damaged, segmentId: 1, offsetBytes: 4096 * part.fromSeq },
      ...{ lengthBytes: 4096, blockCount: 1 },
    };
  }

  #block({ fromSeq, toSeq }: Part, place: EntryPlace): LogRead {
    const entries: LogEntry[] = [];
    for (let seq = fromSeq; seq < toSeq; seq += 1) {
      entries.push(this.#log.entries.get(seq)!); // a block has all of its entries
    }
    const sizeBytes = entries.reduce((sum, { body }) => sum + entrySizeBytes(body.length), 0);
    const rawOffsetBytes = place.take(sizeBytes);
    if (rawOffsetBytes === 0) return { kind: 'no-room', sizeBytes };
    this.#fromSeq = fromSeq;
    let at = rawOffsetBytes;
    for (const entry of entries) at = this.#write(at, entry);
    this.nextEntrySeq = toSeq;
    const [firstEntrySeq, entryCount] = [fromSeq, toSeq - fromSeq];
    return { kind: 'entries', rawOffsetBytes, rawSizeBytes: sizeBytes, firstEntrySeq, entryCount };
  }

  #write(offsetBytes: number, entry: LogEntry): number {
    const header = this.#header;
    headerOf(entry, header);
    writeEntryHeader(this.#area, offsetBytes, header);
    this.#area.bytes.set(entry.body, offsetBytes + 64);
    return writeEntryPadding(this.#area, offsetBytes, header);
  }
}

export function headerOf(entry: LogEntry, header: EntryHeader): void {
  header.kind = entry.kind;
  header.codec = entry.codec;
  header.flags = 3;
  header.entrySeq = entry.entrySeq;
  header.receivedNs.setNsOfMs(entry.receivedMs);
  header.producerHash.set(entry.producer, 0);
  header.bodySizeBytes = entry.body.length;
  header.pieceOffsetBytes = 0;
  header.pieceSizeBytes = entry.body.length;
  header.reason = 0;
  header.originalKind = 0;
  header.attempts = 0;
  header.statusCode = 0;
  header.recordCount = recordsNotCounted;
  hashOf(entry.body, header.bodyHash);
  if (entry.isAltered) header.bodyHash.set(header.bodyHash.low ^ 1 ? 1 : 2, 7);
}

function hashOf(body: Uint8Array, out: U64): void {
  xxh64.hash64(body, 0, body.length, out);
}

/** A request with one record. */
export function requestOf(message: string): Uint8Array {
  const record = delimited(5, delimited(1, text(message)));
  return delimited(1, delimited(2, delimited(2, record)));
}

/** The same as JSON. */
export function jsonRequestOf(message: string): Uint8Array {
  const logRecords = [{ body: { stringValue: message } }];
  return text(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
}

export function nsOf(wallMs: number): bigint {
  return new U64Value().setNsOfMs(wallMs).toBigInt();
}

/** Published, in blocks of so many. */
export function logOf(count: number, perBlock = 2): ReplayLog {
  const log = new ReplayLog();
  for (let from = 0; from < count; from += perBlock) {
    log.append(Array.from({ length: Math.min(perBlock, count - from) }, () => ({})));
  }
  log.publish();
  return log;
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A request that is hardly compressible. */
export function noisyRequest(sizeBytes: number, seed: number): Uint8Array {
  let state = seed + 1;
  let noise = '';
  while (noise.length < sizeBytes) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise += String.fromCharCode(33 + ((state >>> 24) % 90));
  }
  return requestOf(noise);
}
