// The export buffers of one destination at one shard: its own, which is always there, and large
// slabs as long as the arena has plenty.

import { assert } from '../assert.ts';
import type { SlabPool } from '../memory/slab-pool.ts';
import { ExportBuffer, exportMemorySizeBytes } from './export-buffer.ts';

export type ExportSlabs = Pick<
  SlabPool,
  | 'reserve'
  | 'free'
  | 'bodyOffsetBytes'
  | 'capacityBytes'
  | 'bodySizeBytesMax'
  | 'occupancyPercentWith'
>;

export interface ExportBuffersOptions {
  readonly memory: SharedArrayBuffer;
  readonly reserved: { readonly offsetBytes: number; readonly sizeBytes: number };
  readonly slabs: ExportSlabs;
  readonly compressed: boolean;
}

// Above this the arena belongs to what arrives. Below what calls for the vault (50 %) and for
// Yellow (60 %): the way out must not look like pressure.
const extraOccupancyPercentMax = 45;

export class ExportBuffers {
  readonly #options: ExportBuffersOptions;
  readonly #reserved: ExportBuffer;
  #reservedIsFree = true;

  constructor(options: ExportBuffersOptions) {
    const { memory, reserved, compressed } = options;
    this.#options = options;
    this.#reserved = new ExportBuffer(
      memory,
      reserved.offsetBytes,
      reserved.sizeBytes,
      compressed,
      0,
    );
  }

  get capacityBytes(): number {
    return this.#reserved.capacityBytes;
  }

  takeReserved(): ExportBuffer | undefined {
    if (!this.#reservedIsFree) return undefined;
    this.#reservedIsFree = false;
    return this.#reserved;
  }

  /** One for a request of this size, or undefined: none now. */
  takeExtra(requestSizeBytes: number): ExportBuffer | undefined {
    const { memory, slabs, compressed } = this.#options;
    const sizeBytes = exportMemorySizeBytes(requestSizeBytes, compressed);
    if (sizeBytes > slabs.bodySizeBytesMax) return undefined;
    if (slabs.occupancyPercentWith(sizeBytes) > extraOccupancyPercentMax) return undefined;
    const slab = slabs.reserve(sizeBytes);
    if (slab === 0) return undefined;
    // Not the slab's capacity, which may be larger: requests keep to the configured bound.
    return new ExportBuffer(memory, slabs.bodyOffsetBytes(slab), sizeBytes, compressed, slab);
  }

  giveBack(buffer: ExportBuffer): void {
    if (buffer.slab !== 0) {
      this.#options.slabs.free(buffer.slab);
      return;
    }
    assert(buffer === this.#reserved && !this.#reservedIsFree, 'export buffer given back twice');
    this.#reservedIsFree = true;
  }
}
