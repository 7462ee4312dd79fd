// One header block that comes in several frames (RFC 9113 section 4.3): its fragments are kept, as
// far as the bounds allow, until the last of them is there.

import { continuationFramesMax, headerBlockSizeBytesMax } from './abuse-limits.ts';
import { FrameFlag, prioritySizeBytes, readUint31 } from './frame-format.ts';

export interface HeaderBlockStart {
  readonly streamId: number;
  readonly endsStream: boolean;
  /** The stream that HEADERS said it depends on; 0 without such a field. */
  readonly dependencyId: number;
}

export class HeaderAssembly {
  #start: HeaderBlockStart | undefined;
  #fragments: Uint8Array[] = [];
  #sizeBytes = 0;

  /** Of the block under way, between HEADERS and the frame with END_HEADERS. */
  get start(): HeaderBlockStart | undefined {
    return this.#start;
  }

  begin(start: HeaderBlockStart, fragment: Uint8Array): void {
    this.#start = start;
    this.#fragments = [new Uint8Array(fragment)];
    this.#sizeBytes = fragment.length;
  }

  /** False: too many frames, or too long. */
  append(fragment: Uint8Array): boolean {
    // The first fragment came with HEADERS.
    if (this.#fragments.length > continuationFramesMax) return false;
    this.#sizeBytes += fragment.length;
    if (this.#sizeBytes > headerBlockSizeBytesMax) return false;
    this.#fragments.push(new Uint8Array(fragment)); // slice() of a Buffer would not copy
    return true;
  }

  /** The whole block; the assembly is free for another. */
  take(): Uint8Array {
    const block = Buffer.concat(this.#fragments);
    this.#start = undefined;
    this.#fragments = [];
    this.#sizeBytes = 0;
    return block;
  }
}

/** Where the fragment lies in the payload of HEADERS. */
export interface HeadersPayload {
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly dependencyId: number;
}

export const HeadersFault = { FrameSize: 1, PadLength: 2 } as const;
export type HeadersFault = (typeof HeadersFault)[keyof typeof HeadersFault];

/**
 * RFC 9113 section 6.2:
 *
 *   size      field
 *   0 or 1    pad length P, with the flag PADDED
 *   0 or 5    dependency (31 bits) and weight, with the flag PRIORITY
 *   *         fragment of the header block
 *   P         padding
 */
export function readHeadersPayload(
  flags: number,
  bytes: Uint8Array,
  fromBytes: number,
  toBytes: number,
): HeadersPayload | HeadersFault {
  let from = fromBytes;
  let padLengthBytes = 0;
  if ((flags & FrameFlag.Padded) !== 0) {
    if (from >= toBytes) return HeadersFault.FrameSize;
    padLengthBytes = bytes[from]!; // checked above
    from += 1;
  }
  let dependencyId = 0;
  if ((flags & FrameFlag.Priority) !== 0) {
    if (toBytes - from < prioritySizeBytes) return HeadersFault.FrameSize;
    dependencyId = readUint31(bytes, from);
    from += prioritySizeBytes;
  }
  if (padLengthBytes > toBytes - from) return HeadersFault.PadLength;
  return { fromBytes: from, toBytes: toBytes - padLengthBytes, dependencyId };
}
