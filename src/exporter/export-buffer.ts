// Memory that one export request is rendered and compressed in. Every destination owns one such
// buffer per shard, so that export moves when the arena is full; more come from the slabs while
// there is plenty.
//
//   offset               size       use
//   0                    8          the last 5 bytes: room for the gRPC message prefix
//   8                    capacity   the rendered request
//   8 + capacity         8          room as above        } absent without compression
//   16 + capacity        capacity   the compressed one   }
//
// What does not get smaller by compression is sent as it is, so the second part is never too small.

import { assert } from '../assert.ts';
import type { ExporterConfig } from '../config/config.ts';
import { grpcPrefixSizeBytes } from '../limits.ts';

/** What the arena plan reserves for one destination at one shard. */
export function exportBufferSizeBytes(config: ExporterConfig): number {
  const capacityBytes = config.queue.batch.sizeBytesMax;
  return exportMemorySizeBytes(capacityBytes, compresses(config));
}

export function exportMemorySizeBytes(capacityBytes: number, compressed: boolean): number {
  const partSizeBytes = roomSizeBytes + capacityBytes;
  return compressed ? 2 * partSizeBytes : partSizeBytes;
}

export function compresses(config: ExporterConfig): boolean {
  return 'compression' in config && config.compression !== 'none';
}

const roomSizeBytes = 8;

export class ExportBuffer {
  /** Slab number, or 0 for the reserved buffer. */
  readonly slab: number;
  readonly capacityBytes: number;
  /** Where rendering starts, from the start of the arena. */
  readonly renderOffsetBytes: number;
  readonly #memory: SharedArrayBuffer;
  readonly #compressedOffsetBytes: number;

  constructor(
    memory: SharedArrayBuffer,
    offsetBytes: number,
    sizeBytes: number,
    compressed: boolean,
    slab: number,
  ) {
    const parts = compressed ? 2 : 1;
    this.slab = slab;
    this.capacityBytes = Math.floor(sizeBytes / parts) - roomSizeBytes;
    assert(this.capacityBytes > 0, 'export buffer has no capacity');
    assert(offsetBytes + sizeBytes <= memory.byteLength, 'export buffer outside the arena');
    this.renderOffsetBytes = offsetBytes + roomSizeBytes;
    this.#memory = memory;
    this.#compressedOffsetBytes = compressed
      ? this.renderOffsetBytes + this.capacityBytes + roomSizeBytes
      : 0;
  }

  /** The first `lengthBytes` of what was rendered. */
  rendered(lengthBytes: number): Uint8Array {
    assert(lengthBytes <= this.capacityBytes, 'rendered beyond the export buffer');
    return new Uint8Array(this.#memory, this.renderOffsetBytes, lengthBytes);
  }

  /** Where the compressed request goes. */
  compressed(lengthBytes: number): Uint8Array {
    assert(this.#compressedOffsetBytes > 0, 'export buffer has no part for compression');
    assert(lengthBytes <= this.capacityBytes, 'compressed beyond the export buffer');
    return new Uint8Array(this.#memory, this.#compressedOffsetBytes, lengthBytes);
  }
}

/** The same bytes with the room for a gRPC message prefix in front. */
export function withPrefixRoom(payload: Uint8Array): Uint8Array {
  assert(payload.byteOffset >= grpcPrefixSizeBytes, 'no room for the message prefix');
  return new Uint8Array(
    payload.buffer,
    payload.byteOffset - grpcPrefixSizeBytes,
    grpcPrefixSizeBytes + payload.length,
  );
}
