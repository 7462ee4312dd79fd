// One look at every unit of a segment, without the bodies: which blocks name it, what they say
// about the log, and where its content ends. Blocks behind the end of the log count here too: what
// they say was true when they were built.

import { BlockHeader } from './block-header.ts';
import { BlockProbe, isChained, type SegmentIdentity } from './block-probe.ts';
import type { ByteView } from './byte-view.ts';
import { unitSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import type { LogEvidence } from './log-evidence.ts';
import { ReadStatus } from './read-status.ts';
import { type UnitWindow, unitWindowSizeBytes } from './unit-window.ts';

export class HeaderScan {
  /** Behind the last unit that is not zero or cannot be read. */
  contentEndBytes = 0;
  /** Infinity: there is no block. */
  lowestBlockSeq = Number.POSITIVE_INFINITY;
  /** Unknown: a block of this segment that this build cannot read. Nothing may be written. */
  unknown: ReadStatus = ReadStatus.Ok;
  readonly #probe: BlockProbe;
  readonly #header = new BlockHeader();

  constructor(area: ByteView, hash: Hash64) {
    this.#probe = new BlockProbe(area, hash);
  }

  /** Look at window.fault afterwards. */
  run(window: UnitWindow, identity: SegmentIdentity, evidence: LogEvidence): void {
    this.contentEndBytes = 0;
    this.lowestBlockSeq = Number.POSITIVE_INFINITY;
    this.unknown = ReadStatus.Ok;
    const { fileEndBytes } = window;
    for (let from = 0; from < fileEndBytes; from += unitWindowSizeBytes) {
      const base = window.at(from, unitWindowSizeBytes);
      const endBytes = window.endBytes - base;
      this.contentEndBytes = Math.max(this.contentEndBytes, window.contentEndBytes);
      for (let at = from === 0 ? unitSizeBytes : 0; at < endBytes; at += unitSizeBytes) {
        const status = this.#probe.readHeader(base + at, from + at, identity, this.#header);
        this.#note(status, evidence);
      }
    }
  }

  /** Blocks from there on; for the report. */
  countBlocks(
    window: UnitWindow,
    identity: SegmentIdentity,
    fromBytes: number,
    toBytes: number,
  ): number {
    let count = 0;
    const header = this.#header;
    for (let at = fromBytes; at < Math.min(toBytes, window.fileEndBytes); at += unitSizeBytes) {
      const status = this.#probe.readHeader(window.at(at, unitSizeBytes), at, identity, header);
      if (status === ReadStatus.Ok && isChained(header)) count += 1;
    }
    return count;
  }

  #note(status: ReadStatus, evidence: LogEvidence): void {
    if (status === ReadStatus.Ok) {
      this.lowestBlockSeq = Math.min(this.lowestBlockSeq, this.#header.blockSeq);
      evidence.addBlock(this.#header);
    } else if (status === ReadStatus.UnknownMajor || status === ReadStatus.UnknownFeature) {
      this.unknown = status;
    }
  }
}
