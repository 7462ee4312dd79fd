// The rows of the footer that the live segment will get: 32 bytes for each block, kept as they will
// be written, in pieces that the next segment uses again.

import { assert } from '../assert.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import type { BlockHeader } from './block-header.ts';
import { ByteView } from './byte-view.ts';
import { FooterEntry, putFooterEntry } from './footer.ts';
import { footerEntrySizeBytes } from './format.ts';

const chunkRows = 1_024;

export class BlockRows {
  readonly #chunks: ByteView[] = [];
  readonly #row = new FooterEntry();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The header was written already. */
  add(header: BlockHeader): void {
    const chunkIndex = Math.floor(this.#count / chunkRows);
    if (chunkIndex === this.#chunks.length) {
      this.#chunks.push(new ByteView(new Uint8Array(chunkRows * footerEntrySizeBytes)));
    }
    const chunk = this.#chunks[chunkIndex]!; // made above
    const at = (this.#count % chunkRows) * footerEntrySizeBytes;
    putFooterEntry(chunk, at, this.#row.setBlock(header));
    this.#count += 1;
  }

  copyTo(area: ByteView, offsetBytes: number): void {
    const sizeBytes = this.#count * footerEntrySizeBytes;
    assert(area.holds(offsetBytes, sizeBytes), 'no room for the rows of a footer');
    let copiedBytes = 0;
    for (const chunk of this.#chunks) {
      const partBytes = Math.min(sizeBytes - copiedBytes, chunk.bytes.length);
      if (partBytes === 0) break;
      copyBytes(area.bytes, offsetBytes + copiedBytes, chunk.bytes, 0, partBytes);
      copiedBytes += partBytes;
    }
  }
}
