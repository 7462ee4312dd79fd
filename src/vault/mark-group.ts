// A MARK: empty. Its header says that what came before is durable.

import type { BlockGroup } from './block-group.ts';
import type { BlockHeader } from './block-header.ts';
import { BlockFlag, BlockType } from './format.ts';
import { ReceivedRange } from './received-range.ts';
import { markSizeBytes } from './segment-room.ts';

export class MarkGroup implements BlockGroup {
  readonly blockCount = 1;
  readonly entryCount = 0;
  readonly sizeBytesMax = markSizeBytes;
  readonly isMark = true;
  readonly received = new ReceivedRange();

  blockSizeBytesMax(): number {
    return markSizeBytes;
  }

  put(
    _blockIndex: number,
    firstEntrySeq: number,
    _bodyOffsetBytes: number,
    header: BlockHeader,
  ): void {
    header.type = BlockType.Mark;
    header.flags = BlockFlag.GroupFirst | BlockFlag.GroupLast;
    header.entryCount = 0;
    header.firstEntrySeq = firstEntrySeq;
    header.rawSizeBytes = 0;
    header.storedSizeBytes = 0;
  }
}
