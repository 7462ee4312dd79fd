// One compressed body on its way to its inflated form, as a stream, under a hard cap. A short body
// is inflated into a slab of its own. A long one stands at the end of its slab and is inflated into
// the same slab from the front, which works as long as the output does not reach input that is
// still unread:
//
//   offset 0                                                 capacity
//   | output so far --> |      free      | --> unread input |
//
// When it does, what is left of the input moves to the heap if it is short, or else the output to a
// larger slab. That slab is there at once or the inflation ends: nothing waits for memory here.

import {
  constants,
  createGunzip,
  createZstdDecompress,
  type Gunzip,
  type ZstdDecompress,
} from 'node:zlib';
import { assert } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { KiB } from '../limits.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import type { Encoding } from './expected-size.ts';
import type { Slabs } from './slabs.ts';

export type InflationResult =
  | { readonly kind: 'inflated'; readonly slab: number; readonly lengthBytes: number }
  | InflationRefusal;

export interface InflationRefusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  /** What a second attempt should reserve, where this one has reserved too little; else 0. */
  readonly wantedBytes: number;
}

/**
 * The output was larger than its slab, which is free now; the body's slab is still the caller's.
 */
export interface OutgrownInflation {
  readonly kind: 'outgrown';
}

export interface InflationParts {
  readonly slabs: Slabs;
  /** The arena. */
  readonly bytes: Uint8Array;
}

export interface InflationStart {
  readonly encoding: Encoding;
  /** The body is the last `lengthBytes` of this slab. */
  readonly slab: number;
  readonly lengthBytes: number;
  /** Cap on the inflated size. */
  readonly sizeBytesMax: number;
  /** 0: in place. */
  readonly outputSlab: number;
  /** What the codec reads next is copied here. */
  readonly piece: Uint8Array;
}

export class Inflation {
  readonly #parts: InflationParts;
  readonly #start: InflationStart;
  readonly #done: (result: InflationResult | OutgrownInflation) => void;
  readonly #codec: Gunzip | ZstdDecompress;
  #settled = false;

  /** Unread input: a view of the arena, or of the heap once it has moved there. */
  #input: Uint8Array;
  /** The slab under #input; 0 when it is on the heap. */
  #inputSlab: number;
  #outputSlab: number;
  #outputLengthBytes = 0;

  /**
   * Takes over both slabs. `done` is called once, later, unless cancel() comes first; the slab of
   * an inflated result belongs to the caller, all else is freed.
   */
  constructor(
    parts: InflationParts,
    start: InflationStart,
    done: (result: InflationResult | OutgrownInflation) => void,
  ) {
    const { encoding, slab, lengthBytes, outputSlab } = start;
    const capacityBytes = parts.slabs.capacityBytes(slab);
    assert(lengthBytes <= capacityBytes, 'compressed body larger than its slab');
    assert(slab !== outputSlab, 'in place is said with 0');
    this.#parts = parts;
    this.#start = start;
    this.#done = done;
    this.#inputSlab = slab;
    this.#outputSlab = outputSlab === 0 ? slab : outputSlab;
    const end = parts.slabs.bodyOffsetBytes(slab) + capacityBytes;
    this.#input = parts.bytes.subarray(end - lengthBytes, end);
    this.#codec =
      encoding === 'gzip' ? createGunzip(gunzipOptions) : createZstdDecompress(zstdOptions);
    this.#codec.on('data', (chunk: Uint8Array) => this.#take(chunk));
    this.#codec.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#codec.on('end', () => this.#ended());
    this.#feed();
  }

  /** The call is gone: everything is freed, `done` is not called. */
  cancel(): void {
    if (this.#settled) return;
    this.#settle();
    this.#freeSlabs();
  }

  /**
   * Hands the codec its next piece, copied: the codec reads it in another thread, whatever becomes
   * of the slab.
   */
  #feed(): void {
    if (this.#settled) return;
    if (this.#input.length === 0) {
      this.#codec.end();
      return;
    }
    const next = this.#input.subarray(0, this.#start.piece.length);
    this.#start.piece.set(next);
    this.#input = this.#input.subarray(next.length);
    const piece = this.#start.piece.subarray(0, next.length);
    this.#codec.write(piece, (error) => {
      if (error == null) this.#feed(); // an error is reported by 'error' as well
    });
  }

  #take(chunk: Uint8Array): void {
    if (!this.#settled) this.#write(chunk);
    release(chunk);
  }

  #write(chunk: Uint8Array): void {
    const lengthBytes = this.#outputLengthBytes + chunk.length;
    const { sizeBytesMax } = this.#start;
    if (lengthBytes > sizeBytesMax) {
      this.#refuse('MESSAGE_TOO_LARGE', `inflates to more than ${sizeBytesMax} bytes`, 0);
      return;
    }
    if (lengthBytes > this.#roomBytes() && !this.#makeRoom(lengthBytes)) {
      this.#outgrown();
      return;
    }
    const offsetBytes = this.#parts.slabs.bodyOffsetBytes(this.#outputSlab);
    const at = offsetBytes + this.#outputLengthBytes;
    copyBytes(this.#parts.bytes, at, chunk, 0, chunk.length);
    this.#outputLengthBytes = lengthBytes;
  }

  /** Bytes that the output may have before it runs into unread input or the slab's end. */
  #roomBytes(): number {
    const capacityBytes = this.#parts.slabs.capacityBytes(this.#outputSlab);
    return this.#outputSlab === this.#inputSlab
      ? capacityBytes - this.#input.length
      : capacityBytes;
  }

  #makeRoom(lengthBytes: number): boolean {
    if (this.#outputSlab === this.#inputSlab && this.#input.length <= heapInputSizeBytesMax) {
      this.#input = new Uint8Array(this.#input);
      this.#inputSlab = 0;
      if (lengthBytes <= this.#roomBytes()) return true;
    }
    const { slabs } = this.#parts;
    const slab = slabs.reserve(this.#largerBytes(lengthBytes)) || slabs.reserve(lengthBytes);
    if (slab === 0) return false;
    this.#moveOutput(slab);
    return true;
  }

  #largerBytes(lengthBytes: number): number {
    return Math.min(this.#start.sizeBytesMax, 2 * lengthBytes);
  }

  #moveOutput(slab: number): void {
    const { slabs, bytes } = this.#parts;
    const from = slabs.bodyOffsetBytes(this.#outputSlab);
    const end = from + this.#outputLengthBytes;
    copyBytes(bytes, slabs.bodyOffsetBytes(slab), bytes, from, end);
    if (this.#outputSlab !== this.#inputSlab) slabs.free(this.#outputSlab);
    this.#outputSlab = slab;
  }

  #outgrown(): void {
    if (this.#start.outputSlab === 0) {
      // The output lies over what was read of the body: it cannot be inflated again.
      const { sizeBytesMax } = this.#start;
      this.#refuse('ADMISSION_TIMEOUT', 'no memory to inflate the message now', sizeBytesMax);
      return;
    }
    this.#settle();
    this.#parts.slabs.free(this.#outputSlab);
    this.#done({ kind: 'outgrown' });
  }

  #ended(): void {
    if (this.#settled) return;
    const readBytes = this.#codec.bytesWritten;
    if (readBytes !== this.#start.lengthBytes) {
      const strayBytes = this.#start.lengthBytes - readBytes;
      this.#refuse(
        'BODY_CORRUPT',
        `${strayBytes} bytes after the end of the ${this.#start.encoding} body`,
        0,
      );
      return;
    }
    this.#settle();
    if (this.#inputSlab !== 0 && this.#inputSlab !== this.#outputSlab) {
      this.#parts.slabs.free(this.#inputSlab);
    }
    const lengthBytes = this.#outputLengthBytes;
    this.#done({ kind: 'inflated', slab: this.#outputSlab, lengthBytes });
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#settled) return;
    const { code, message } = refusalOf(this.#start.encoding, error);
    this.#refuse(code, message, 0);
  }

  #refuse(code: ErrorCode, message: string, wantedBytes: number): void {
    this.#settle();
    this.#freeSlabs();
    this.#done({ kind: 'refused', code, message, wantedBytes });
  }

  #settle(): void {
    this.#settled = true;
    this.#codec.destroy();
  }

  #freeSlabs(): void {
    const { slabs } = this.#parts;
    slabs.free(this.#outputSlab);
    if (this.#inputSlab !== 0 && this.#inputSlab !== this.#outputSlab) slabs.free(this.#inputSlab);
  }
}

/** An error of node:zlib as ours. */
export function refusalOf(encoding: Encoding, error: NodeJS.ErrnoException): InflationRefusal {
  const outOfMemory = error.code === 'Z_MEM_ERROR' || error.code === 'ZSTD_error_memory_allocation';
  const code = outOfMemory ? 'INTERNAL_FAULT' : 'BODY_CORRUPT';
  return { kind: 'refused', code, message: `${encoding}: ${error.message}`, wantedBytes: 0 };
}

/**
 * Gives the memory of a chunk back at once. Chunks are garbage outside of V8's heap, which V8
 * hardly sees: left to it, four inflations of 14 MB at a time held 50 MiB of it (Node 26.10,
 * 2026-11). The codec fills one buffer after the other and hands them out in parts; with the last
 * part it has turned to the next buffer.
 */
function release(chunk: Uint8Array): void {
  const { buffer, byteOffset, length } = chunk;
  const isLastPart = byteOffset + length === chunkSizeBytes;
  if (!isLastPart || buffer.byteLength !== chunkSizeBytes) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

const chunkSizeBytes = 64 * KiB;

/** What any call may hold outside its reservation. */
const heapInputSizeBytesMax = 256 * KiB;

const gunzipOptions = { chunkSize: chunkSizeBytes };

/** Windows up to 8 MiB, 2^23, are read; a frame that wants more is refused by its header. */
export const zstdParams = { [constants.ZSTD_d_windowLogMax]: 23 };

const zstdOptions = { chunkSize: chunkSizeBytes, params: zstdParams };
