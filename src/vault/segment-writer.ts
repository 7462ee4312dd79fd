// The live segment: appends groups to one file, each with one fdatasync, and seals it. After any
// fault the file is lost: its owner calls poison() and nothing of it is touched again; what was
// durable in it stays part of the log.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { finishBlockBody } from './block-body.ts';
import type { BlockFile } from './block-file.ts';
import type { BlockGroup } from './block-group.ts';
import { BlockHeader, writeBlockHeader } from './block-header.ts';
import type { BlockRows } from './block-rows.ts';
import {
  BlockFlag,
  blockHeaderSizeBytes,
  segmentHeaderSizeBytes,
  unitSizeBytes,
} from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogPosition } from './log-position.ts';
import { ReceivedRange } from './received-range.ts';
import { type SegmentHeader, writeSegmentHeader } from './segment-header.ts';
import { groupFits } from './segment-room.ts';
import { putSeal, sealFitsStaging } from './segment-seal.ts';
import type { VaultBuffers } from './vault-buffers.ts';
import { vaultTagOf } from './vault-uuid.ts';
import type { WriterCounts } from './writer-counts.ts';

export interface SegmentWriterParts {
  readonly buffers: VaultBuffers;
  readonly position: LogPosition;
  readonly rows: BlockRows;
  readonly clock: Clock;
  readonly counts: WriterCounts;
}

export class SegmentWriter {
  readonly header: SegmentHeader;
  readonly capacityBytes: number;
  readonly #parts: SegmentWriterParts;
  readonly #file: BlockFile;
  readonly #block = new BlockHeader();
  readonly #received = new ReceivedRange();
  #endBytes = 0;

  /**
   * The file has its name, is as long as the capacity and all zeros. `header` says who it is; where
   * it goes on from is filled in with the first group.
   */
  constructor(parts: SegmentWriterParts, file: BlockFile, header: SegmentHeader) {
    this.#parts = parts;
    this.#file = file;
    this.header = header;
    this.capacityBytes = header.capacityUnits * unitSizeBytes;
    parts.rows.clear();
    const block = this.#block;
    block.vaultTag = vaultTagOf(header.vaultUuid);
    block.segmentId = header.segmentId;
    block.epoch = header.epoch;
    block.salt.copy(header.salt);
  }

  get segmentId(): number {
    return this.header.segmentId;
  }

  /** Durable groups end here; 0: there is none, and nothing of the file is part of the log. */
  get endBytes(): number {
    return this.#endBytes;
  }

  /** Does the group fit, with what must fit behind it and `spareBlocks` blocks of one unit? */
  takes(group: BlockGroup, spareBlocks: number): boolean {
    const { rows } = this.#parts;
    const endBytes = Math.max(this.#endBytes, segmentHeaderSizeBytes);
    const sizeBytes = group.isMark ? 0 : group.sizeBytesMax + spareBlocks * unitSizeBytes;
    const blockCount = group.isMark ? 0 : group.blockCount + spareBlocks;
    const stagingBytes = this.#parts.buffers.staging.sizeBytes;
    // One more for the MARK.
    if (!sealFitsStaging(stagingBytes, rows.count + blockCount + 1)) return false;
    return groupFits(this.capacityBytes, endBytes, rows.count, sizeBytes, blockCount);
  }

  /** None: durable, and the position has moved. */
  append(group: BlockGroup, firstEntrySeq: number, isRewritten: boolean): IoFault {
    const { buffers, position } = this.#parts;
    const { staging } = buffers;
    let fileBytes = this.#endBytes;
    let stagedBytes = 0;
    if (fileBytes === 0) {
      this.#putHeader(firstEntrySeq);
      stagedBytes = segmentHeaderSizeBytes;
    }
    this.#block.headerHash.copy(position.durableChain); // the block before the first
    for (let index = 0; index < group.blockCount; index += 1) {
      if (stagedBytes + group.blockSizeBytesMax(index) > staging.sizeBytes) {
        const fault = this.#write(fileBytes, stagedBytes);
        if (fault !== IoFault.None) return fault;
        fileBytes += stagedBytes;
        stagedBytes = 0;
      }
      const offsetBytes = staging.offsetBytes + stagedBytes;
      this.#block.offsetUnits = (fileBytes + stagedBytes) / unitSizeBytes;
      stagedBytes += this.#putBlock(group, index, firstEntrySeq, isRewritten, offsetBytes);
      assert(stagedBytes <= staging.sizeBytes, 'block is longer than its worst size');
    }
    const written = this.#write(fileBytes, stagedBytes);
    if (written !== IoFault.None) return written;
    const synced = this.#sync();
    if (synced !== IoFault.None) return synced;
    this.#parts.counts.storedBytes += fileBytes + stagedBytes - this.#endBytes;
    this.#endBytes = fileBytes + stagedBytes;
    position.becameDurable(this.segmentId, this.#block.headerHash);
    return IoFault.None;
  }

  /** FOOTER and TRAILER, durable. */
  seal(): IoFault {
    assert(this.#endBytes > 0, 'seals a segment without blocks');
    const { buffers, position, rows } = this.#parts;
    const { header } = this;
    const seal = { buffers, position, rows, header, received: this.#received };
    const sizeBytes = putSeal(seal, this.#block, this.#endBytes);
    assert(this.#endBytes + sizeBytes <= this.capacityBytes, 'no room was left for the seal');
    const written = this.#write(this.#endBytes, sizeBytes);
    if (written !== IoFault.None) return written;
    const synced = this.#sync();
    if (synced === IoFault.None) this.#endBytes += sizeBytes;
    return synced;
  }

  /** Cuts a sealed file behind its end, durably: a crash does not bring the bytes back. */
  cut(): IoFault {
    const fault = this.#file.truncate(this.#endBytes);
    return fault === IoFault.None ? this.#sync() : fault;
  }

  close(): void {
    this.#file.close();
  }

  #putHeader(firstEntrySeq: number): void {
    const { buffers, position } = this.#parts;
    const { header } = this;
    header.firstBlockSeq = position.nextBlockSeq;
    header.firstEntrySeq = firstEntrySeq;
    header.prevSegmentId = position.lastSegmentId;
    header.prevLastBlock = position.durableSeq;
    header.prevEntryEnd = position.durableEntryEnd;
    header.prevChain.copy(position.durableChain);
    writeSegmentHeader(buffers.area, buffers.staging.offsetBytes, header, buffers.hash);
  }

  /** Returns its size. */
  #putBlock(
    group: BlockGroup,
    index: number,
    firstEntrySeq: number,
    isRewritten: boolean,
    offsetBytes: number,
  ): number {
    const { buffers, position, rows } = this.#parts;
    const block = this.#block;
    group.put(index, firstEntrySeq, offsetBytes + blockHeaderSizeBytes, block);
    if (isRewritten) block.flags |= BlockFlag.Rewritten;
    block.groupIndex = index;
    block.groupBlocks = group.blockCount;
    block.blockSeq = position.takeBlockSeq();
    block.sinceDurable = block.firstEntrySeq - position.durableEntryEnd;
    block.durableSeq = position.durableSeq;
    block.prevChain.copy(block.headerHash);
    block.newestReceivedNs.copy(group.received.newest);
    this.#received.merge(group.received);
    const endBytes = finishBlockBody(buffers.area, offsetBytes, block, buffers.hash);
    writeBlockHeader(buffers.area, offsetBytes, block, buffers.hash);
    rows.add(block);
    return endBytes - offsetBytes;
  }

  #write(fileBytes: number, lengthBytes: number): IoFault {
    const { area, staging } = this.#parts.buffers;
    assert(fileBytes + lengthBytes <= this.capacityBytes, 'write behind the capacity');
    return this.#file.write(area.bytes, staging.offsetBytes, lengthBytes, fileBytes);
  }

  #sync(): IoFault {
    const { clock, counts } = this.#parts;
    const fromMs = clock.nowMs();
    const fault = this.#file.fdatasync();
    counts.synced(clock.nowMs() - fromMs);
    return fault;
  }
}
