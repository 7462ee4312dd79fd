// One block or frame through the kernel and through the reference: same status, same bytes, and not
// a byte read or written outside of what the arguments name. Twice, with the input at the end of
// the memory and with the output there, so that a read or write beyond traps; whatever else the
// memory holds is poison that has to be the same afterwards.

import assert from 'node:assert/strict';
import { Kernel } from '../../src/kernel/kernel.ts';
import { type Lz4Status, lz4TableSizeBytes } from '../../src/kernel/lz4-abi.ts';
import { type Decoded, referenceBlock, referenceFrame } from './lz4-reference.ts';

export type Lz4Format = 'block' | 'frame';

const poison = 0xa5;
const gapSizeBytes = 64;
const pageSizeBytes = 65_536;
const shownSizeBytes = 2000;

export class Lz4Check {
  readonly #bytes: Uint8Array;
  readonly #kernel: Kernel;
  readonly #poisonBytes: Buffer;
  /** What was met, for tests that ask whether all was. */
  readonly countByStatus = new Map<Lz4Status | 'Ok', number>();

  /** `sizeBytesMax` bounds input and output together. */
  constructor(sizeBytesMax: number) {
    const pages = Math.ceil((sizeBytesMax + 4 * gapSizeBytes + lz4TableSizeBytes) / pageSizeBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#bytes = new Uint8Array(memory.buffer);
    this.#kernel = Kernel.create(memory);
    this.#poisonBytes = Buffer.alloc(this.#bytes.length, poison);
    this.#bytes.fill(poison);
  }

  /** The kernel's verdict over `input`, after it was found to be the reference's. */
  decode(format: Lz4Format, input: Uint8Array, capacityBytes: number): Decoded {
    const expected =
      format === 'frame'
        ? referenceFrame(input, capacityBytes)
        : referenceBlock({ bytes: input, capacityBytes });
    const key = typeof expected === 'number' ? expected : 'Ok';
    this.countByStatus.set(key, (this.countByStatus.get(key) ?? 0) + 1);
    const end = this.#bytes.length;
    this.#decodeAt(format, input, end - input.length, capacityBytes, 0, expected);
    this.#decodeAt(format, input, 0, capacityBytes, end - capacityBytes, expected);
    return expected;
  }

  /** What the kernel makes of `input`, after it was found to touch only what it may. */
  compress(
    format: Lz4Format,
    input: Uint8Array,
    capacityBytes: number,
    acceleration: number,
  ): Decoded {
    const end = this.#bytes.length;
    const first = this.#compressAt(
      format,
      input,
      end - input.length,
      capacityBytes,
      0,
      acceleration,
    );
    const dst = end - capacityBytes;
    const second = this.#compressAt(format, input, 0, capacityBytes, dst, acceleration);
    const same =
      typeof first === 'number' || typeof second === 'number'
        ? first === second
        : Buffer.compare(first, second) === 0;
    assert.ok(same, 'the same input gives different outputs at two places');
    return first;
  }

  #decodeAt(
    format: Lz4Format,
    input: Uint8Array,
    src: number,
    capacityBytes: number,
    dst: number,
    expected: Decoded,
  ): void {
    this.#bytes.set(input, src);
    const { lz4 } = this.#kernel;
    const answer =
      format === 'frame'
        ? lz4.decompressFrame(src, input.length, dst, capacityBytes)
        : lz4.decompressBlock(src, input.length, dst, capacityBytes);
    const got = answer < 0 ? answer : this.#part(dst, answer);
    const same =
      typeof got === 'number' || typeof expected === 'number'
        ? got === expected
        : got.equals(expected);
    if (!same) {
      const hex = Buffer.from(input.subarray(0, shownSizeBytes)).toString('hex');
      assert.fail(`${verdict(got)}, expected ${verdict(expected)}: ${format} ${hex}`);
    }
    this.#expectUnchanged(input, src);
    this.#clear(src, input.length, dst, capacityBytes);
  }

  #compressAt(
    format: Lz4Format,
    input: Uint8Array,
    src: number,
    capacityBytes: number,
    dst: number,
    acceleration: number,
  ): Decoded {
    this.#bytes.set(input, src);
    const table = Math.min(src + input.length, dst + capacityBytes) + gapSizeBytes;
    const { lz4 } = this.#kernel;
    const compress = format === 'frame' ? lz4.compressFrame : lz4.compressBlock;
    const answer = compress.call(lz4, src, input.length, dst, capacityBytes, table, acceleration);
    // Negative is a status by contract. Else a copy: the place is poisoned again below.
    const output = answer < 0 ? (answer as Lz4Status) : Uint8Array.from(this.#part(dst, answer));
    this.#expectUnchanged(input, src);
    this.#bytes.fill(poison, table, table + lz4TableSizeBytes);
    this.#clear(src, input.length, dst, capacityBytes);
    return output;
  }

  #expectUnchanged(input: Uint8Array, src: number): void {
    assert.ok(this.#part(src, input.length).equals(input), 'the input was written to');
  }

  /** Poisons both ranges again and finds all the rest still poisoned. */
  #clear(src: number, srcLength: number, dst: number, dstCapacity: number): void {
    this.#bytes.fill(poison, src, src + srcLength);
    this.#bytes.fill(poison, dst, dst + dstCapacity);
    const all = this.#part(0, this.#bytes.length);
    assert.ok(all.equals(this.#poisonBytes), 'a byte outside of the ranges was written');
  }

  #part(offsetBytes: number, lengthBytes: number): Buffer {
    return Buffer.from(this.#bytes.buffer, offsetBytes, lengthBytes);
  }
}

function verdict(decoded: Uint8Array | number): string {
  return typeof decoded === 'number' ? `status ${decoded}` : `${decoded.length} bytes`;
}
