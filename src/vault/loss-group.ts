// A LOSS: which entries are gone, in one block.

import { assert } from '../assert.ts';
import type { BlockGroup } from './block-group.ts';
import type { BlockHeader } from './block-header.ts';
import { blockSizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import {
  BlockFlag,
  BlockType,
  frameHeadSizeBytes,
  lossRangeSizeBytes,
  lossRangesMax,
} from './format.ts';
import { type LossRange, putLossHead, putLossRange } from './loss-payload.ts';
import { ReceivedRange } from './received-range.ts';

/** One range takes a unit, as many as the operator or a drop names at once. */
export function lossBlockSizeBytes(rangeCount: number): number {
  assert(rangeCount >= 1 && rangeCount <= lossRangesMax, 'loss of no or too many ranges');
  return blockSizeBytes(frameHeadSizeBytes + rangeCount * lossRangeSizeBytes);
}

export class LossGroup implements BlockGroup {
  readonly blockCount = 1;
  readonly entryCount = 0;
  readonly isMark = false;
  readonly received = new ReceivedRange();
  readonly #area: ByteView;
  #ranges: readonly LossRange[] = [];
  #count = 0;

  constructor(area: ByteView) {
    this.#area = area;
  }

  /** The first `count` of `ranges`, read when the block is put. */
  of(ranges: readonly LossRange[], count: number): this {
    assert(count >= 1 && count <= ranges.length, 'fewer ranges than said');
    this.#ranges = ranges;
    this.#count = count;
    return this;
  }

  get sizeBytesMax(): number {
    return lossBlockSizeBytes(this.#count);
  }

  blockSizeBytesMax(): number {
    return this.sizeBytesMax;
  }

  put(
    _blockIndex: number,
    firstEntrySeq: number,
    bodyOffsetBytes: number,
    header: BlockHeader,
  ): void {
    header.type = BlockType.Loss;
    header.flags = BlockFlag.GroupFirst | BlockFlag.GroupLast;
    header.entryCount = 0;
    header.firstEntrySeq = firstEntrySeq;
    header.storedSizeBytes = putLossHead(this.#area, bodyOffsetBytes, this.#count);
    header.rawSizeBytes = header.storedSizeBytes - frameHeadSizeBytes;
    for (let index = 0; index < this.#count; index += 1) {
      const at = bodyOffsetBytes + frameHeadSizeBytes + index * lossRangeSizeBytes;
      putLossRange(this.#area, at, this.#ranges[index]!); // inside the count
    }
  }
}
