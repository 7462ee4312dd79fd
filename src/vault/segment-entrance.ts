// Which segment a file is, and where the log before it ends: from its header or, where that is
// damaged or another file's, from what repeats it.

import { assert } from '../assert.ts';
import type { BlockFile } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import { segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import { OriginSearch } from './origin-search.ts';
import { ReadStatus } from './read-status.ts';
import { readSegmentHeader, SegmentHeader, type SegmentOrigin } from './segment-header.ts';
import { OriginSource } from './segment-table.ts';
import { U64 } from './u64.ts';
import { UnitWindow } from './unit-window.ts';
import { vaultTagOf } from './vault-uuid.ts';

/** Made once for each file, and kept. */
export interface SegmentEntrance {
  readonly source: OriginSource;
  /** Of the header unit. */
  readonly headerStatus: ReadStatus;
  readonly vaultTag: number;
  readonly segmentId: number;
  readonly epoch: number;
  readonly salt: U64;
  /** With OriginSource.Bound the first that can be found, wherever it is. */
  readonly firstBlockSeq: number;
  readonly firstEntrySeq: number;
  /** 0: none, or nothing says. */
  readonly prevSegmentId: number;
  readonly prevLastBlock: number;
  readonly prevEntryEnd: number;
  /** undefined: nothing says. */
  readonly prevChain: U64 | undefined;
}

export type EntranceRead =
  | { readonly kind: 'segment'; readonly entrance: SegmentEntrance }
  /** Of another vault. */
  | { readonly kind: 'foreign' }
  /** Of a version or with a feature that this build cannot read. */
  | { readonly kind: 'newer' }
  /** Nothing valid of this vault at any unit. */
  | { readonly kind: 'unused' }
  | { readonly kind: 'fault'; readonly fault: IoFault };

export class EntranceReader {
  readonly #area: ByteView;
  readonly #offsetBytes: number;
  readonly #hash: Hash64;
  readonly #window: UnitWindow;
  readonly #search: OriginSearch;
  readonly #header = new SegmentHeader();

  /** unitWindowSizeBytes at `offsetBytes` are this one's during read(). */
  constructor(area: ByteView, offsetBytes: number, hash: Hash64) {
    this.#area = area;
    this.#offsetBytes = offsetBytes;
    this.#hash = hash;
    this.#window = new UnitWindow(area, offsetBytes);
    this.#search = new OriginSearch(area, hash);
  }

  /** `namedId` is what the file's name says. */
  read(file: BlockFile, namedId: number, vaultUuid: Uint8Array): EntranceRead {
    assert(namedId >= 1, 'file without the name of a segment');
    const { bytes } = this.#area;
    const count = file.read(bytes, this.#offsetBytes, segmentHeaderSizeBytes, 0);
    if (count < 0 && count !== -IoFault.Medium) return { kind: 'fault', fault: faultOf(count) };
    const header = this.#header;
    const status =
      count === segmentHeaderSizeBytes
        ? readSegmentHeader(this.#area, this.#offsetBytes, header, this.#hash)
        : ReadStatus.Truncated;
    if (status === ReadStatus.UnknownMajor) return { kind: 'newer' };
    const isIntact = status === ReadStatus.Ok || status === ReadStatus.UnknownFeature;
    if (isIntact && !sameBytes(header.vaultUuid, vaultUuid)) return { kind: 'foreign' };
    if (status === ReadStatus.UnknownFeature) return { kind: 'newer' };
    const wanted = { vaultTag: vaultTagOf(vaultUuid), segmentId: namedId };
    const size = file.sizeBytes(); // where a trailer may be; what stands there is verified
    if (size < 0) return { kind: 'fault', fault: faultOf(size) };
    this.#window.open(file, size);
    if (status === ReadStatus.Ok) {
      const isNamed = header.segmentId === namedId;
      if (isNamed || !this.#search.isNamedRightly(this.#window, wanted))
        return this.#found(OriginSource.Header, status, wanted.vaultTag, header);
    }
    const source = size > unitSizeBytes ? this.#search.find(this.#window, wanted) : undefined;
    if (this.#window.fault !== IoFault.None) return { kind: 'fault', fault: this.#window.fault };
    if (source !== undefined)
      return this.#found(source, status, wanted.vaultTag, this.#search.found);
    // Not one unit: the device is gone, and may come back with everything.
    return count < 0 && this.#window.readableUnits === 0
      ? { kind: 'fault', fault: IoFault.Medium }
      : { kind: 'unused' };
  }

  #found(
    source: OriginSource,
    headerStatus: ReadStatus,
    vaultTag: number,
    origin: SegmentOrigin,
  ): EntranceRead {
    const { segmentId, epoch, firstBlockSeq, firstEntrySeq } = origin;
    const { prevSegmentId, prevLastBlock, prevEntryEnd } = origin;
    return {
      kind: 'segment',
      entrance: {
        ...{ source, headerStatus, vaultTag, segmentId, epoch, firstBlockSeq, firstEntrySeq },
        ...{ prevSegmentId, prevLastBlock, prevEntryEnd },
        salt: new U64().copy(origin.salt),
        prevChain: source === OriginSource.Bound ? undefined : new U64().copy(origin.prevChain),
      },
    };
  }
}

function faultOf(answer: number): IoFault {
  // `as`: BlockFile answers bytes or a negated IoFault, which the compiler cannot tell apart.
  return -answer as IoFault;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
