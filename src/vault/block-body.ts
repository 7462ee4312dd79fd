// The bytes of a block behind its header: what is stored, and the padding to the next unit. Both
// must hold before anything of them is decoded.

import { assert } from '../assert.ts';
import type { BlockHeader } from './block-header.ts';
import { storedSizeBytesMax } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { blockHeaderSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { checkPadding, writePadding } from './padding.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/**
 * Hashes what stands behind the header and pads it, before the header itself is written. Returns
 * the end of the block, a whole number of units from its beginning.
 */
export function finishBlockBody(
  area: ByteView,
  offsetBytes: number,
  header: BlockHeader,
  hash: Hash64,
): number {
  const { storedSizeBytes } = header;
  const bodyBytes = offsetBytes + blockHeaderSizeBytes;
  assert(storedSizeBytes <= storedSizeBytesMax, 'stored size above its limit');
  assert(area.holds(bodyBytes, storedSizeBytes), 'no room for the body of a block');
  hash.hash64(area.bytes, bodyBytes, storedSizeBytes, header.storedHash);
  return writePadding(area, offsetBytes, bodyBytes + storedSizeBytes);
}

/** For one reader after the other: holds the room for the hash that is compared. */
export class BlockBodyCheck {
  readonly #hash: Hash64;
  readonly #found = new U64();

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  /** `header` was read at this offset and is Ok. Truncated: more bytes are needed to say. */
  check(area: ByteView, offsetBytes: number, header: BlockHeader): ReadStatus {
    const { storedSizeBytes } = header;
    const bodyBytes = offsetBytes + blockHeaderSizeBytes;
    assert(storedSizeBytes <= storedSizeBytesMax, 'header was not checked');
    if (!area.holds(bodyBytes, storedSizeBytes)) return ReadStatus.Truncated;
    this.#hash.hash64(area.bytes, bodyBytes, storedSizeBytes, this.#found);
    if (!this.#found.equals(header.storedHash)) return ReadStatus.Damaged;
    return checkPadding(area, offsetBytes, bodyBytes + storedSizeBytes);
  }
}
