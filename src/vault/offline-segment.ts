// One segment as a whole, for people: what its headers say, and what stands behind its last block.

import { BlockHeader } from './block-header.ts';
import { blockSizeBytes } from './block-size.ts';
import { BlockWalk, Look } from './block-walk.ts';
import { type FooterRead, readFooter } from './footer-read.ts';
import { BlockType, segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogSegment } from './log-source.ts';
import type { OfflineLog } from './offline.ts';
import { ReadStatus } from './read-status.ts';
import { nothingProven } from './read-window.ts';
import { U64 } from './u64.ts';

export interface SegmentSummary {
  readonly segment: LogSegment;
  /** `sealed`, `live` (the newest, not sealed), or `crashed` (an older one, not sealed). */
  readonly state: 'sealed' | 'live' | 'crashed';
  readonly blockCount: number;
  /** Of accepted blocks, with headers and padding. */
  readonly storedBytes: number;
  /** undefined: only the blocks say it, and they were not read. */
  readonly rawBytes: number | undefined;
  readonly fileBytes: number;
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  readonly footer: FooterRead;
  /** Something that says it is a FOOTER stands behind the last block. */
  readonly hasFooterBlock: boolean;
  readonly fault: IoFault;
}

/** Reads one unit for each block. */
export function summarizeSegment(
  log: Pick<OfflineLog, 'source'>,
  segment: LogSegment,
): SegmentSummary {
  const { source } = log;
  const walk = new BlockWalk(source);
  walk.enter(segment, undefined);
  const seen = { blockCount: 0, storedBytes: 0, rawBytes: 0 };
  const newest = new U64();
  let oldestBlockMs: number | undefined;
  const { lastBlockSeq, entryEnd, segmentId } = segment;
  const limitBytes = Number.POSITIVE_INFINITY;
  let fault: IoFault = IoFault.None;
  while (walk.blockSeq <= lastBlockSeq) {
    const { offsetBytes } = walk;
    const look = walk.look(limitBytes, unitSizeBytes, false);
    if (look === Look.Block) {
      const { header } = walk;
      seen.blockCount += 1;
      seen.rawBytes += header.type === BlockType.Data ? header.rawSizeBytes : 0;
      if (newest.isLessThan(header.newestReceivedNs)) newest.copy(header.newestReceivedNs);
      if (header.type === BlockType.Data) oldestBlockMs ??= header.newestReceivedNs.msOfNs;
      walk.pass();
      seen.storedBytes += walk.offsetBytes - offsetBytes;
    } else if (look === Look.Missing) {
      const found = walk.search({ limitBytes, lastBlockSeq, entrySeq: 0, entryEnd });
      if (found !== Look.Block) break;
    } else {
      fault = walk.fault;
      break;
    }
  }
  const open = walk.file();
  const footer = footerOf(log, walk, segment);
  const fileBytes = open === undefined ? 0 : Math.max(open.file.sizeBytes(), 0);
  const hasFooterBlock = footerEndBytes(log, walk, segment) > 0;
  walk.close();
  const isNewest = segmentId === source.newest?.segmentId;
  const trailer = footer.kind === 'fault' ? undefined : footer.trailer;
  const isSealed = trailer !== undefined || hasFooterBlock;
  return {
    ...{ segment, ...seen, fileBytes, footer, hasFooterBlock, fault },
    state: isSealed ? 'sealed' : isNewest ? 'live' : 'crashed',
    oldestMs: trailer?.oldestReceivedNs.msOfNs ?? oldestBlockMs,
    newestMs: newest.isZero ? undefined : newest.msOfNs,
  };
}

/**
 * By the footer alone, in a few reads; undefined: there is none that holds, or the file cannot be
 * opened.
 */
export function sealedSummary(
  { source }: Pick<OfflineLog, 'source'>,
  segment: LogSegment,
): SegmentSummary | undefined {
  const file = source.open(segment);
  if (typeof file === 'number') return undefined;
  const open = { file, provenOffsetBytes: nothingProven };
  const footer = readFooter(source, open, segment, () => {});
  const fileBytes = Math.max(file.sizeBytes(), 0);
  file.close();
  source.window.forget();
  if (footer.kind !== 'footer') return undefined;
  const { blockCount, footerOffsetUnits, oldestReceivedNs, newestReceivedNs } = footer.trailer;
  return {
    ...{ segment, state: 'sealed', blockCount, rawBytes: undefined, fileBytes, footer },
    storedBytes: footerOffsetUnits * unitSizeBytes - segmentHeaderSizeBytes,
    oldestMs: oldestReceivedNs.isZero ? undefined : oldestReceivedNs.msOfNs,
    newestMs: newestReceivedNs.isZero ? undefined : newestReceivedNs.msOfNs,
    hasFooterBlock: true,
    fault: IoFault.None,
  };
}

/** A crash between sealing a file and cutting it leaves the trailer where the footer ends. */
function footerOf(
  log: Pick<OfflineLog, 'source'>,
  walk: BlockWalk,
  segment: LogSegment,
): FooterRead {
  const open = walk.file();
  if (open === undefined) return { kind: 'fault', fault: walk.fault };
  const atEnd = readFooter(log.source, open, segment, () => {});
  const endBytes = footerEndBytes(log, walk, segment);
  if (atEnd.kind !== 'none' || endBytes === 0) return atEnd;
  return readFooter(log.source, open, segment, () => {}, endBytes + unitSizeBytes);
}

/** Of the FOOTER behind the last block; 0: there is none. */
function footerEndBytes(
  { source }: Pick<OfflineLog, 'source'>,
  walk: BlockWalk,
  segment: LogSegment,
): number {
  const open = walk.file();
  if (open === undefined) return 0;
  const { window, probe } = source;
  const at = walk.offsetBytes;
  if (window.load(open, at, unitSizeBytes, unitSizeBytes) !== IoFault.None) return 0;
  if (window.availableBytes < unitSizeBytes) return 0;
  const header = new BlockHeader();
  const status = probe.readHeader(window.offsetBytes, at, segment, header);
  if (status !== ReadStatus.Ok || header.type !== BlockType.Footer) return 0;
  return at + blockSizeBytes(header.storedSizeBytes);
}
