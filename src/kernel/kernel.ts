// The door to kernel.wasm, which works on the arena itself. One instance a thread: the module keeps
// its few registers in WebAssembly globals, so instances that share a memory never meet. Offsets
// and lengths in, a status or a size out; results stay in the arena, nothing is allocated.

import { readFileSync } from 'node:fs';
import { ArenaRange, assertApart } from './arena-range.ts';
import { ScanResultOffsetBytes, type ScanStatus, scanResultSizeBytes } from './kernel-abi.ts';
import type { KernelExports } from './kernel-exports.ts';
import { Lz4 } from './lz4.ts';
import { Xxhash } from './xxhash.ts';

export class Kernel {
  readonly #exports: KernelExports;
  readonly #view: DataView;
  readonly #arena: ArenaRange;

  readonly lz4: Lz4;
  readonly xxhash: Xxhash;

  private constructor(exports: KernelExports, memory: WebAssembly.Memory) {
    this.#exports = exports;
    this.#view = new DataView(memory.buffer);
    this.#arena = new ArenaRange(memory);
    this.lz4 = new Lz4(exports, this.#arena);
    this.xxhash = new Xxhash(exports, this.#arena);
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
    this.#arena.assertInside(offsetBytes, lengthBytes);
    this.#arena.assertInside(resultOffsetBytes, scanResultSizeBytes);
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
   * LogRecords of an ExportLogsServiceRequest, by its lengths alone: a tenth of the work of scan(),
   * which gives the same number for a message that it calls Ok. -1: they cannot be counted.
   */
  countRecords(offsetBytes: number, lengthBytes: number): number {
    this.#arena.assertInside(offsetBytes, lengthBytes);
    return this.#exports.countRecords(offsetBytes, lengthBytes);
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
    this.#arena.assertInside(srcOffsetBytes, srcLengthBytes);
    this.#arena.assertInside(dstOffsetBytes, dstCapacityBytes);
    this.#arena.assertInside(planOffsetBytes, planLengthBytes);
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
    this.#arena.assertInside(srcOffsetBytes, srcLengthBytes);
    this.#arena.assertInside(dstOffsetBytes, dstCapacityBytes);
    this.#arena.assertInside(planOffsetBytes, planLengthBytes);
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
}
