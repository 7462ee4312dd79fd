// The LZ4 door of the kernel: frames as the vault stores them, and bare blocks. The hot path of the
// vault thread, so the arguments are plain numbers and nothing is allocated.

import { assert } from '../assert.ts';
import { type ArenaRange, assertApart } from './arena-range.ts';
import type { KernelExports } from './kernel-exports.ts';
import { lz4AccelerationMax, lz4BlockSizeBytesMax, lz4TableSizeBytes } from './lz4-abi.ts';

export class Lz4 {
  readonly #exports: KernelExports;
  readonly #arena: ArenaRange;

  constructor(exports: KernelExports, arena: ArenaRange) {
    this.#exports = exports;
    this.#arena = arena;
  }

  /**
   * Writes a frame of independent 64 KiB blocks with its content size. Returns its size or
   * Lz4Status.NoRoom, which never comes with frameSizeBytesMax(srcLengthBytes) of room. The table
   * is lz4TableSizeBytes of any content. Acceleration 1 shrinks most; each step above, up to
   * lz4AccelerationMax, looks for matches in fewer places.
   */
  compressFrame(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
    tableOffsetBytes: number,
    acceleration: number,
  ): number {
    this.#assertCopy(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    this.#assertTable(tableOffsetBytes, acceleration);
    assertApart(srcOffsetBytes, srcLengthBytes, tableOffsetBytes, lz4TableSizeBytes);
    assertApart(dstOffsetBytes, dstCapacityBytes, tableOffsetBytes, lz4TableSizeBytes);
    return this.#exports.compressLz4Frame(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
      tableOffsetBytes,
      acceleration,
    );
  }

  /**
   * The content of the one frame that fills the range, whoever wrote it: all block sizes, dependent
   * blocks, all checksums (verified), no dictionaries. Returns its size or an Lz4Status. Bytes of
   * the destination behind the content may have changed.
   */
  decompressFrame(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): number {
    this.#assertCopy(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    return this.#exports.decompressLz4Frame(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
    );
  }

  /**
   * One bare block of at most lz4BlockSizeBytesMax. Lz4Status.NoRoom never comes with
   * compressedBlockSizeBytesMax(srcLengthBytes) of room.
   */
  compressBlock(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
    tableOffsetBytes: number,
    acceleration: number,
  ): number {
    this.#assertCopy(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    this.#assertTable(tableOffsetBytes, acceleration);
    assertApart(srcOffsetBytes, srcLengthBytes, tableOffsetBytes, lz4TableSizeBytes);
    assertApart(dstOffsetBytes, dstCapacityBytes, tableOffsetBytes, lz4TableSizeBytes);
    assert(srcLengthBytes <= lz4BlockSizeBytesMax, 'block is larger than its table can address');
    return this.#exports.compressLz4Block(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
      tableOffsetBytes,
      acceleration,
    );
  }

  /** The content of one bare block of any size; answers as decompressFrame(). */
  decompressBlock(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): number {
    this.#assertCopy(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    return this.#exports.decodeLz4Block(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
      0,
    );
  }

  #assertCopy(src: number, srcLength: number, dst: number, dstCapacity: number): void {
    this.#arena.assertInside(src, srcLength);
    this.#arena.assertInside(dst, dstCapacity);
    assertApart(src, srcLength, dst, dstCapacity);
  }

  #assertTable(tableOffsetBytes: number, acceleration: number): void {
    this.#arena.assertInside(tableOffsetBytes, lz4TableSizeBytes);
    assert(
      Number.isInteger(acceleration) && acceleration >= 1 && acceleration <= lz4AccelerationMax,
      'acceleration is not a step of the compressor',
    );
  }
}
