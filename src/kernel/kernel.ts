// The door to kernel.wasm, which works on the arena itself. One instance a thread: the module keeps
// its few registers in WebAssembly globals, so instances that share a memory never meet. Offsets
// and lengths in, a status or a size out; results stay in the arena, nothing is allocated.

import { readFileSync } from 'node:fs';
import { assert } from '../assert.ts';
import { ScanResultOffsetBytes, type ScanStatus, scanResultSizeBytes } from './kernel-abi.ts';

interface KernelExports {
  scan(offset: number, length: number, result: number): ScanStatus;
  spliceResources: Splice;
  spliceResource: Splice;
}

type Splice = (
  src: number,
  srcLength: number,
  dst: number,
  dstCapacity: number,
  plan: number,
  planLength: number,
) => number;

/**
 * The kernel adds offset and length in 32 bits, so the very last byte of a 4 GiB memory is not for
 * it.
 */
const endOffsetBytesMax = 2 ** 32 - 1;

/**
 * Sizes come back as signed 32-bit numbers; no message is near this (messageSizeBytesLimit is 64
 * MiB).
 */
const lengthBytesMax = 2 ** 30;

export class Kernel {
  readonly #exports: KernelExports;
  readonly #view: DataView;
  readonly #memorySizeBytes: number;

  private constructor(exports: KernelExports, memory: WebAssembly.Memory) {
    this.#exports = exports;
    this.#view = new DataView(memory.buffer);
    this.#memorySizeBytes = Math.min(memory.buffer.byteLength, endOffsetBytesMax);
  }

  /**
   * Compiles and instantiates; synchronous, a few milliseconds, once per thread. The memory must be
   * shared.
   */
  static create(memory: WebAssembly.Memory): Kernel {
    const bytes = readFileSync(new URL('./kernel.wasm', import.meta.url));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    // The module is built from kernel/assembly/kernel.ts, which exports exactly these.
    return new Kernel(instance.exports as unknown as KernelExports, memory);
  }

  /**
   * Is this a well-formed ExportLogsServiceRequest? Counts and the place of the error go to the
   * result block (scanResultSizeBytes at `resultOffsetBytes`, outside of the message); read them
   * with the methods below.
   */
  scan(offsetBytes: number, lengthBytes: number, resultOffsetBytes: number): ScanStatus {
    this.#assertRange(offsetBytes, lengthBytes);
    this.#assertRange(resultOffsetBytes, scanResultSizeBytes);
    assertApart(offsetBytes, lengthBytes, resultOffsetBytes, scanResultSizeBytes);
    return this.#exports.scan(offsetBytes, lengthBytes, resultOffsetBytes);
  }

  resourceCount(resultOffsetBytes: number): number {
    return this.#view.getUint32(resultOffsetBytes + ScanResultOffsetBytes.Resources, true);
  }

  scopeCount(resultOffsetBytes: number): number {
    return this.#view.getUint32(resultOffsetBytes + ScanResultOffsetBytes.Scopes, true);
  }

  recordCount(resultOffsetBytes: number): number {
    return this.#view.getUint32(resultOffsetBytes + ScanResultOffsetBytes.Records, true);
  }

  /** Offset inside the message. */
  errorOffsetBytes(resultOffsetBytes: number): number {
    return this.#view.getUint32(resultOffsetBytes + ScanResultOffsetBytes.Error, true);
  }

  /**
   * Copies a message that scan() called Ok and applies the plan (encodeSplicePlan(), somewhere in
   * the arena) to every resource in it. Returns the bytes written or a SpliceStatus.
   */
  spliceResources(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
    planOffsetBytes: number,
    planLengthBytes: number,
  ): number {
    this.#assertRange(srcOffsetBytes, srcLengthBytes);
    this.#assertRange(dstOffsetBytes, dstCapacityBytes);
    this.#assertRange(planOffsetBytes, planLengthBytes);
    assertApart(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    return this.#exports.spliceResources(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
      planOffsetBytes,
      planLengthBytes,
    );
  }

  /** The same for the bytes of one Resource message, without tag and length. */
  spliceResource(
    srcOffsetBytes: number,
    srcLengthBytes: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
    planOffsetBytes: number,
    planLengthBytes: number,
  ): number {
    this.#assertRange(srcOffsetBytes, srcLengthBytes);
    this.#assertRange(dstOffsetBytes, dstCapacityBytes);
    this.#assertRange(planOffsetBytes, planLengthBytes);
    assertApart(srcOffsetBytes, srcLengthBytes, dstOffsetBytes, dstCapacityBytes);
    return this.#exports.spliceResource(
      srcOffsetBytes,
      srcLengthBytes,
      dstOffsetBytes,
      dstCapacityBytes,
      planOffsetBytes,
      planLengthBytes,
    );
  }

  #assertRange(offsetBytes: number, lengthBytes: number): void {
    assert(Number.isInteger(offsetBytes) && offsetBytes >= 0, 'offset is not a place in the arena');
    assert(Number.isInteger(lengthBytes) && lengthBytes >= 0, 'length is not a size');
    assert(lengthBytes <= lengthBytesMax, 'length is beyond what the kernel can answer');
    assert(offsetBytes <= this.#memorySizeBytes - lengthBytes, 'range ends outside the arena');
  }
}

function assertApart(a: number, aLength: number, b: number, bLength: number): void {
  assert(a + aLength <= b || b + bLength <= a, 'source and destination overlap');
}
