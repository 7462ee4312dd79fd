// The shared memory of a vault without threads. Lives that follow each other may have the same one:
// what they say to each other over it is zeroed for each.

import assert from 'node:assert/strict';
import { KiB, MiB } from '../../src/limits.ts';
import type { Region } from '../../src/memory/region.ts';
import { vaultLinksSizeBytes } from '../../src/memory/vault-links.ts';
import { vaultPageSizeBytes } from '../../src/memory/vault-page.ts';
import { vaultReaderSizeBytes, vaultWriterSizeBytes } from '../../src/memory/vault-regions.ts';
import { VaultBuffers } from '../../src/vault/vault-buffers.ts';

export interface RigMemorySizes {
  readonly shardCount?: number;
  /** For the slabs of the producers. */
  readonly slabsSizeBytes?: number;
}

export class RigMemory {
  readonly buffer: SharedArrayBuffer;
  readonly buffers: VaultBuffers;
  readonly page: Region;
  readonly links: Region;
  /** For what a reader reads with. */
  readonly reader: Region;
  /** Where it puts what it has read. */
  readonly place: Region;
  readonly slabs: Region;

  constructor({ shardCount = 1, slabsSizeBytes = MiB }: RigMemorySizes = {}) {
    let endBytes = 64 * KiB;
    const take = (sizeBytes: number): Region => {
      const region = { offsetBytes: endBytes, sizeBytes };
      endBytes += Math.ceil(sizeBytes / (64 * KiB)) * 64 * KiB;
      return region;
    };
    this.page = take(vaultPageSizeBytes);
    this.links = take(vaultLinksSizeBytes(shardCount));
    const writer = take(vaultWriterSizeBytes);
    this.reader = take(vaultReaderSizeBytes);
    this.place = take(2 * MiB);
    this.slabs = take(slabsSizeBytes);
    const pages = endBytes / (64 * KiB);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const buffer: unknown = memory.buffer; // its type does not say that it is shared
    assert.ok(buffer instanceof SharedArrayBuffer);
    this.buffer = buffer;
    this.buffers = new VaultBuffers(memory, writer);
  }

  /** For the next life. */
  clear(): void {
    for (const { offsetBytes, sizeBytes } of [this.page, this.links])
      this.buffers.area.bytes.fill(0, offsetBytes, offsetBytes + sizeBytes);
  }
}
