// Makes an entry of a batch in its slab: writes the header in front of the body, with the hash that
// guards the body from here to the export. The vault thread only adds the number.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { Region } from '../memory/region.ts';
import { slabUnitBytes } from '../memory/size-class.ts';
import type { ByteView } from '../vault/byte-view.ts';
import { EntryHeader, writeEntryHeader } from '../vault/entry-header.ts';
import {
  EntryFlag,
  entryHeaderSizeBytes,
  pieceSizeBytesMax,
  wholeEntryFlags,
} from '../vault/format.ts';
import type { Hash64 } from '../vault/hash64.ts';
import { ProducerHashes } from './producer-hashes.ts';
import type { VaultEntry } from './vault-door.ts';

export interface EntryStampParts {
  readonly clock: Clock;
  /** The arena. */
  readonly area: ByteView;
  readonly hash: Hash64;
  /** Of the arena: where identities are hashed. */
  readonly identity: Region;
}

export class EntryStamp {
  readonly #clock: Clock;
  readonly #area: ByteView;
  readonly #hash: Hash64;
  readonly #producers: ProducerHashes;
  readonly #header = new EntryHeader();

  constructor({ clock, area, hash, identity }: EntryStampParts) {
    this.#clock = clock;
    this.#area = area;
    this.#hash = hash;
    this.#producers = new ProducerHashes(area.bytes, identity, hash);
  }

  write(entry: VaultEntry): void {
    const { bodyOffsetBytes, bodyLengthBytes } = entry;
    const headerOffsetBytes = bodyOffsetBytes - entryHeaderSizeBytes;
    assert(headerOffsetBytes === entry.slab * slabUnitBytes, 'body not at the front of its slab');
    const header = this.#header;
    header.kind = entry.kind;
    header.codec = entry.codec;
    header.bodySizeBytes = bodyLengthBytes;
    // The header of the first piece; the vault thread writes those of the others.
    header.pieceSizeBytes = Math.min(bodyLengthBytes, pieceSizeBytesMax);
    const isWhole = header.pieceSizeBytes === bodyLengthBytes;
    header.flags = isWhole ? wholeEntryFlags : EntryFlag.FirstPiece;
    header.recordCount = entry.recordCount;
    header.receivedNs.setNsOfMs(this.#receivedWallMs(entry));
    header.producerHash.copy(this.#producers.of(entry.producer));
    this.#hash.hash64(this.#area.bytes, bodyOffsetBytes, bodyLengthBytes, header.bodyHash);
    writeEntryHeader(this.#area, headerOffsetBytes, header);
  }

  #receivedWallMs({ receivedMs }: VaultEntry): number {
    const agoMs = this.#clock.nowMs() - receivedMs;
    return Math.max(0, Math.round(this.#clock.wallMs() - agoMs));
  }
}
