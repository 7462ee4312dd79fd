// The functions of kernel.wasm as JavaScript sees them. Every argument is a u32; results of type
// u32 arrive as signed numbers.

import type { ScanStatus } from './kernel-abi.ts';

export interface KernelExports {
  scan(offset: number, length: number, result: number): ScanStatus;
  countRecords(offset: number, length: number): number;
  spliceResources: Splice;
  spliceResource: Splice;
  compressLz4Block: CompressLz4;
  compressLz4Frame: CompressLz4;
  decodeLz4Block(
    src: number,
    srcLength: number,
    dst: number,
    dstCapacity: number,
    historyLength: number,
  ): number;
  decompressLz4Frame(src: number, srcLength: number, dst: number, dstCapacity: number): number;
  xxh32(offset: number, length: number, seed: number): number;
  xxh64(offset: number, length: number, seed: number, result: number): void;
  isXxh64(offset: number, length: number, seed: number, expected: number): number;
  xxh64Begin(state: number, seed: number): void;
  xxh64Update(state: number, offset: number, length: number): void;
  xxh64End(state: number, result: number): void;
}

type Splice = (
  src: number,
  srcLength: number,
  dst: number,
  dstCapacity: number,
  plan: number,
  planLength: number,
) => number;

type CompressLz4 = (
  src: number,
  srcLength: number,
  dst: number,
  dstCapacity: number,
  table: number,
  acceleration: number,
) => number;
