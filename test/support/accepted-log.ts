// Reads the log that a disk holds the way the format says: the newest segment walked to its first
// block that does not belong, older ones up to where their successor says that they end. Slow and
// plain, with nothing of writer, reader or recovery but the codecs.

import { Kernel } from '../../src/kernel/kernel.ts';
import { BlockBodyCheck } from '../../src/vault/block-body.ts';
import { BlockHeader, readBlockHeader } from '../../src/vault/block-header.ts';
import { blockSizeBytes, entrySizeBytes } from '../../src/vault/block-size.ts';
import { EntryHeader, readEntryHeader } from '../../src/vault/entry-header.ts';
import { segmentIdOf } from '../../src/vault/file-names.ts';
import { BlockFlag, BlockType, blockHeaderSizeBytes, EntryFlag } from '../../src/vault/format.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { readSegmentHeader, SegmentHeader } from '../../src/vault/segment-header.ts';
import { U64 } from '../../src/vault/u64.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const MiB = 1024 * 1024;
const unit = 4096;
const fileSizeBytesMax = 8 * MiB;
const rawOffsetBytes = firstFreeBytes + fileSizeBytesMax;
const arena = vaultArena(fileSizeBytesMax + 2 * MiB);
const { area, hash } = arena;
const kernel = Kernel.create(arena.memory);
const bodyCheck = new BlockBodyCheck(hash);

export interface AcceptedEntry {
  readonly entrySeq: number;
  readonly kind: number;
  readonly body: Buffer;
}

export interface AcceptedSegment {
  readonly header: SegmentHeader;
  readonly path: string;
  /** FOOTER and TRAILER included if the walk came to them. */
  readonly blocks: readonly BlockHeader[];
  /** What the DATA blocks hold. */
  readonly raws: readonly Buffer[];
}

/** Oldest segment first. */
export function acceptedSegments(disk: SimulatedDisk): AcceptedSegment[] {
  const listed = disk.list('seg');
  if (listed.fault !== 0) throw new Error('no folder of segments');
  const segments: AcceptedSegment[] = [];
  for (const { name } of listed.names) {
    if (segmentIdOf(name) === 0) continue;
    const found = walk(`seg/${name}`, disk.contents(`seg/${name}`));
    if (found !== undefined) segments.push(found);
  }
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    if (next === undefined) return segment;
    const { prevLastBlock } = next.header;
    const blocks = segment.blocks.filter(({ blockSeq }) => blockSeq <= prevLastBlock);
    const dataCount = blocks.filter(({ type }) => type === BlockType.Data).length;
    return { ...segment, blocks, raws: segment.raws.slice(0, dataCount) };
  });
}

/** Whole entries, in the order of the log. */
export function acceptedEntries(disk: SimulatedDisk): AcceptedEntry[] {
  const entries: AcceptedEntry[] = [];
  for (const { raws } of acceptedSegments(disk)) {
    let pieces: Buffer[] = [];
    for (const raw of raws) {
      area.bytes.set(raw, rawOffsetBytes);
      const endBytes = rawOffsetBytes + raw.length;
      for (let at = rawOffsetBytes; at < endBytes; ) {
        const entry = new EntryHeader();
        const status = readEntryHeader(area, at, endBytes, entry);
        if (status !== ReadStatus.Ok) throw new Error(`entry header: ${status}`);
        const from = at - rawOffsetBytes + 64;
        pieces.push(raw.subarray(from, from + entry.pieceSizeBytes));
        const isFirst = (entry.flags & EntryFlag.FirstPiece) !== 0;
        if (isFirst !== (pieces.length === 1)) throw new Error('pieces out of order');
        if ((entry.flags & EntryFlag.LastPiece) !== 0) {
          entries.push({
            entrySeq: entry.entrySeq,
            kind: entry.kind,
            body: wholeBody(pieces, entry),
          });
          pieces = [];
        }
        at += entrySizeBytes(entry.pieceSizeBytes);
      }
    }
  }
  return entries;
}

function wholeBody(pieces: readonly Buffer[], entry: EntryHeader): Buffer {
  const body = Buffer.concat(pieces);
  area.bytes.set(body, firstFreeBytes);
  const bodyHash = new U64();
  hash.hash64(area.bytes, firstFreeBytes, body.length, bodyHash);
  if (!bodyHash.equals(entry.bodyHash)) throw new Error('body is not what was submitted');
  return body;
}

function walk(path: string, contents: Uint8Array): AcceptedSegment | undefined {
  if (contents.length < unit) return undefined;
  area.bytes.set(contents, firstFreeBytes);
  const header = new SegmentHeader();
  const status = readSegmentHeader(area, firstFreeBytes, header, hash);
  if (status !== ReadStatus.Ok) return undefined;
  const blocks: BlockHeader[] = [];
  const raws: Buffer[] = [];
  let chain = header.prevChain;
  let blockSeq = header.firstBlockSeq;
  for (let at = unit; at + unit <= contents.length; ) {
    const block = new BlockHeader();
    const offsetBytes = firstFreeBytes + at;
    if (readBlockHeader(area, offsetBytes, block, hash) !== ReadStatus.Ok) break;
    if (!belongs(block, header, at) || !block.prevChain.equals(chain)) break;
    const endBytes = at + blockSizeBytes(block.storedSizeBytes);
    if (endBytes > contents.length) break;
    if (bodyCheck.check(area, offsetBytes, block) !== ReadStatus.Ok) break;
    const repeats = block.type === BlockType.Footer || block.type === BlockType.Trailer;
    if (block.blockSeq !== (repeats ? blockSeq - 1 : blockSeq)) break;
    if (block.type === BlockType.Data) raws.push(decompress(offsetBytes, block));
    blocks.push(block);
    if (!repeats) {
      chain = block.headerHash;
      blockSeq += 1;
    }
    at = endBytes;
  }
  return { header, path, blocks, raws };
}

function belongs(block: BlockHeader, header: SegmentHeader, at: number): boolean {
  return (
    block.vaultTag === vaultTagOf(header.vaultUuid) &&
    block.segmentId === header.segmentId &&
    block.epoch === header.epoch &&
    block.salt.equals(header.salt) &&
    block.offsetUnits * unit === at
  );
}

function decompress(offsetBytes: number, block: BlockHeader): Buffer {
  if ((block.flags & BlockFlag.Frame) === 0) throw new Error('DATA without a frame');
  const from = offsetBytes + blockHeaderSizeBytes;
  const { storedSizeBytes, rawSizeBytes } = block;
  const size = kernel.lz4.decompressFrame(from, storedSizeBytes, rawOffsetBytes, MiB);
  if (size !== rawSizeBytes) throw new Error(`frame of ${rawSizeBytes} bytes gives ${size}`);
  return Buffer.from(area.bytes.slice(rawOffsetBytes, rawOffsetBytes + size));
}
