// The footer of a sealed segment, found by its trailer. It may be longer than a window, so it is
// hashed piece by piece. What it says can be had by walking too: if anything about it does not
// hold, it is as if there were none.

import { xxh64StateSizeBytes } from '../kernel/xxhash.ts';
import { KiB } from '../limits.ts';
import { BlockHeader } from './block-header.ts';
import { blockSizeBytes } from './block-size.ts';
import { FooterEntry, followsInFooter, readFooterEntry } from './footer.ts';
import {
  BlockType,
  blockHeaderSizeBytes,
  FrameMagic,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  unitSizeBytes,
} from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogSegment, LogSource } from './log-source.ts';
import { checkPadding } from './padding.ts';
import { ReadStatus } from './read-status.ts';
import { type ReadableFile, readWindowSizeBytes } from './read-window.ts';
import { readTrailer, Trailer } from './trailer.ts';

export type FooterRead =
  | { readonly kind: 'footer'; readonly trailer: Trailer }
  /** Of a file that is not sealed: NotFound. Else what is wrong with trailer or footer. */
  | { readonly kind: 'none'; readonly status: ReadStatus; readonly trailer: Trailer | undefined }
  | { readonly kind: 'fault'; readonly fault: IoFault };

/**
 * Gives each entry to `each`, which must forget them all unless the answer is `footer`. The object
 * is reused. `endBytes` is where a sealed file ends that is not cut yet.
 */
export function readFooter(
  source: LogSource,
  open: ReadableFile,
  segment: LogSegment,
  each: (entry: FooterEntry) => void,
  endBytes: number = open.file.sizeBytes(),
): FooterRead {
  const found = readTrailerOf(source, open, segment, endBytes);
  if (found.kind !== 'trailer') return found;
  return new FooterScan(source, open, segment, found.trailer).run(each);
}

type TrailerRead = FooterRead | { readonly kind: 'trailer'; readonly trailer: Trailer };

// Where to look is a guess; what stands there is verified.
function readTrailerOf(
  source: LogSource,
  open: ReadableFile,
  segment: LogSegment,
  endBytes: number,
): TrailerRead {
  const none = (status: ReadStatus): TrailerRead => ({ kind: 'none', status, trailer: undefined });
  const { window, probe } = source;
  const at = endBytes - unitSizeBytes;
  if (at < 2 * unitSizeBytes || at % unitSizeBytes !== 0) return none(ReadStatus.NotFound);
  const fault = window.load(open, at, unitSizeBytes, unitSizeBytes);
  if (fault !== IoFault.None) return { kind: 'fault', fault };
  if (window.availableBytes < unitSizeBytes) return none(ReadStatus.NotFound);
  const { offsetBytes } = window;
  const header = new BlockHeader();
  const status = probe.probe(offsetBytes, offsetBytes + unitSizeBytes, at, segment, header);
  if (status !== ReadStatus.Ok) return none(status);
  if (header.type !== BlockType.Trailer) return none(ReadStatus.NotFound);
  const trailer = new Trailer();
  const body = readTrailer(window.area, offsetBytes + blockHeaderSizeBytes, trailer);
  if (body !== ReadStatus.Ok) return none(body);
  const isOfSegment =
    trailer.segmentId === segment.segmentId &&
    trailer.salt.equals(segment.salt) &&
    trailer.lastBlockSeq === header.blockSeq &&
    (trailer.footerOffsetUnits + trailer.footerUnits) * unitSizeBytes === at;
  return isOfSegment ? { kind: 'trailer', trailer } : none(ReadStatus.Misplaced);
}

/** Hash and padding first, over as many windows as it takes, then the entries. */
class FooterScan {
  readonly #source: LogSource;
  readonly #open: ReadableFile;
  readonly #segment: LogSegment;
  readonly #trailer: Trailer;
  readonly #header = new BlockHeader();
  readonly #fromBytes: number;
  readonly #storedSizeBytes: number;
  #fault: IoFault = IoFault.None;

  constructor(source: LogSource, open: ReadableFile, segment: LogSegment, trailer: Trailer) {
    this.#source = source;
    this.#open = open;
    this.#segment = segment;
    this.#trailer = trailer;
    this.#fromBytes = trailer.footerOffsetUnits * unitSizeBytes;
    this.#storedSizeBytes = frameHeadSizeBytes + trailer.blockCount * footerEntrySizeBytes;
  }

  run(each: (entry: FooterEntry) => void): FooterRead {
    const trailer = this.#trailer;
    const steps = [() => this.#head(), () => this.#body(), () => this.#entries(each)];
    for (const step of steps) {
      const status = step();
      if (this.#fault !== IoFault.None) return { kind: 'fault', fault: this.#fault };
      if (status !== ReadStatus.Ok) return { kind: 'none', status, trailer };
    }
    return { kind: 'footer', trailer };
  }

  #head(): ReadStatus {
    const { window, probe } = this.#source;
    const header = this.#header;
    const status = this.#load(this.#fromBytes, unitSizeBytes);
    if (status !== ReadStatus.Ok) return status;
    const { offsetBytes, area } = window;
    const found = probe.readHeader(offsetBytes, this.#fromBytes, this.#segment, header);
    if (found !== ReadStatus.Ok) return found;
    const frameBytes = offsetBytes + blockHeaderSizeBytes;
    const isTheFooter =
      header.type === BlockType.Footer &&
      header.blockSeq === this.#trailer.lastBlockSeq &&
      header.storedSizeBytes === this.#storedSizeBytes &&
      area.view.getUint32(frameBytes, true) === FrameMagic.Payload &&
      area.view.getUint32(frameBytes + 4, true) === this.#storedSizeBytes - frameHeadSizeBytes;
    return isTheFooter ? ReadStatus.Ok : ReadStatus.Misplaced;
  }

  #body(): ReadStatus {
    const { parts, window, stateOffsetBytes: state } = this.#source;
    const { xxhash } = parts.kernel;
    const endBytes = this.#fromBytes + blockHeaderSizeBytes + this.#storedSizeBytes;
    xxhash.xxh64Begin(state);
    for (let at = this.#fromBytes; at < endBytes; at += pieceSizeBytes) {
      const status = this.#load(at, Math.min(pieceSizeBytes, roundUp(endBytes - at)));
      if (status !== ReadStatus.Ok) return status;
      const skipBytes = at === this.#fromBytes ? blockHeaderSizeBytes : 0;
      const lengthBytes = Math.min(pieceSizeBytes, endBytes - at) - skipBytes;
      xxhash.xxh64Update(state, window.offsetBytes + skipBytes, lengthBytes);
    }
    xxhash.xxh64End(state, state + xxh64StateSizeBytes);
    if (!this.#header.storedHash.equalsAt(window.area.view, state + xxh64StateSizeBytes))
      return ReadStatus.Damaged;
    return this.#padding(endBytes);
  }

  #padding(endBytes: number): ReadStatus {
    const { window } = this.#source;
    const fromBytes = unitOf(endBytes);
    const sizeBytes = this.#fromBytes + blockSizeBytes(this.#storedSizeBytes) - fromBytes;
    if (sizeBytes === 0) return ReadStatus.Ok;
    const status = this.#load(fromBytes, sizeBytes);
    if (status !== ReadStatus.Ok) return status;
    const shift = window.offsetBytes - fromBytes; // from the file to the arena
    return checkPadding(window.area, this.#fromBytes + shift, endBytes + shift);
  }

  #entries(each: (entry: FooterEntry) => void): ReadStatus {
    const { window } = this.#source;
    const [entry, before] = [new FooterEntry(), new FooterEntry()];
    const { blockCount, lastBlockSeq, footerOffsetUnits } = this.#trailer;
    const firstBytes = this.#fromBytes + blockHeaderSizeBytes + frameHeadSizeBytes;
    for (let index = 0; index < blockCount; index += 1) {
      const at = firstBytes + index * footerEntrySizeBytes;
      const needBytes = roundUp(at + footerEntrySizeBytes) - unitOf(at);
      const loaded = this.#load(unitOf(at), needBytes);
      if (loaded !== ReadStatus.Ok) return loaded;
      const status = readFooterEntry(window.area, window.offsetBytes + at - unitOf(at), entry);
      if (status !== ReadStatus.Ok) return status;
      const follows = index === 0 ? this.#isFirst(entry) : followsInFooter(before, entry);
      if (!follows) return ReadStatus.Inconsistent;
      each(entry);
      Object.assign(before, entry);
    }
    const isWhole =
      before.blockSeq === lastBlockSeq && before.offsetUnits + before.units === footerOffsetUnits;
    return isWhole ? ReadStatus.Ok : ReadStatus.Inconsistent;
  }

  // Of a segment whose first blocks cannot be read nobody knows better.
  #isFirst(entry: FooterEntry): boolean {
    const { firstBlockSeq, firstEntrySeq } = this.#trailer;
    return (
      entry.offsetUnits === 1 &&
      entry.blockSeq === firstBlockSeq &&
      entry.firstEntrySeq === firstEntrySeq
    );
  }

  #load(positionBytes: number, needBytes: number): ReadStatus {
    const { window } = this.#source;
    const restBytes = this.#fromBytes + blockSizeBytes(this.#storedSizeBytes) - positionBytes;
    const wantBytes = Math.min(restBytes, readWindowSizeBytes - unitSizeBytes);
    this.#fault = window.load(this.#open, positionBytes, needBytes, wantBytes);
    return this.#fault === IoFault.None && window.availableBytes >= needBytes
      ? ReadStatus.Ok
      : ReadStatus.Truncated;
  }
}

const pieceSizeBytes = 512 * KiB;

function unitOf(positionBytes: number): number {
  return positionBytes - (positionBytes % unitSizeBytes);
}

function roundUp(sizeBytes: number): number {
  return Math.ceil(sizeBytes / unitSizeBytes) * unitSizeBytes;
}
