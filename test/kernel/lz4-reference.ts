// LZ4 blocks and frames decoded in plain TypeScript, one byte after the other, from the public
// descriptions of the formats: what the kernel's decoder has to agree with, status and bytes. On
// request it also holds a block against the rules that only writers have.

import { Lz4Status } from '../../src/kernel/lz4-abi.ts';
import { referenceXxh32 } from './xxhash-reference.ts';

/** The content, or why there is none. */
export type Decoded = Uint8Array | Lz4Status;

export interface BlockInput {
  readonly bytes: Uint8Array;
  readonly capacityBytes: number;
  /** The last match begins 12 bytes before the end or earlier and leaves 5 bytes as literals. */
  readonly asWriter?: boolean;
}

export function referenceBlock({ bytes, capacityBytes, asWriter = false }: BlockInput): Decoded {
  const output = new Output(capacityBytes);
  const status = decodeBlock(bytes, output, 0, capacityBytes, asWriter);
  return status === done ? output.content() : status;
}

export function referenceFrame(
  bytes: Uint8Array,
  capacityBytes: number,
  asWriter = false,
): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length;
  if (size < 4) return Lz4Status.Truncated;
  if (view.getUint32(0, true) !== 0x184d2204) return Lz4Status.NotFrame;
  if (size < 7) return Lz4Status.Truncated;
  const flags = view.getUint8(4);
  const descriptor = view.getUint8(5);
  if (flags >> 6 !== 1 || (flags & 2) !== 0) return Lz4Status.BadHeader;
  if ((descriptor & 0x8f) !== 0 || descriptor >> 4 < 4) return Lz4Status.BadHeader;
  if ((flags & 1) !== 0) return Lz4Status.Unsupported;
  const sized = (flags & 8) !== 0;
  const checkAt = sized ? 14 : 6;
  if (size < checkAt + 1) return Lz4Status.Truncated;
  const check = (referenceXxh32(bytes.subarray(4, checkAt)) >>> 8) & 0xff;
  if (view.getUint8(checkAt) !== check) return Lz4Status.BadHeader;

  const contentSize = sized ? Number(view.getBigUint64(6, true)) : capacityBytes;
  if (contentSize > capacityBytes) return Lz4Status.NoRoom;
  const overflow = sized ? Lz4Status.SizeMismatch : Lz4Status.NoRoom;
  const blockMax = 4 ** (descriptor >> 4) * 256;
  const output = new Output(contentSize);
  let at = checkAt + 1;
  while (true) {
    if (size - at < 4) return Lz4Status.Truncated;
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const stored = word % 2 ** 31;
    const trailer = (flags & 0x10) === 0 ? 0 : 4;
    if (stored > blockMax) return Lz4Status.BlockTooLarge;
    if (size - at < stored + trailer) return Lz4Status.Truncated;
    const block = bytes.subarray(at, at + stored);
    at += stored + trailer;
    if (trailer > 0 && view.getUint32(at - 4, true) !== referenceXxh32(block)) {
      return Lz4Status.BadChecksum;
    }
    const room = contentSize - output.length;
    if (word >= 2 ** 31) {
      if (stored > room) return overflow;
      for (const byte of block) output.put(byte);
      continue;
    }
    const first = (flags & 0x20) === 0 ? 0 : output.length;
    const status = decodeBlock(block, output, first, Math.min(room, blockMax), asWriter);
    if (status === Lz4Status.NoRoom) return room < blockMax ? overflow : Lz4Status.BlockTooLarge;
    if (status !== done) return status;
  }
  if (sized && output.length !== contentSize) return Lz4Status.SizeMismatch;
  if ((flags & 4) !== 0) {
    if (size - at < 4) return Lz4Status.Truncated;
    if (view.getUint32(at, true) !== referenceXxh32(output.content())) return Lz4Status.BadChecksum;
    at += 4;
  }
  return at === size ? output.content() : Lz4Status.TrailingBytes;
}

const done = 0;

/** Thrown by a writer's block that readers take and writers must not write. */
export class WriterRuleBroken extends Error {}

/** Matches reach back to `first` in the output; at most `room` bytes are added. */
function decodeBlock(
  bytes: Uint8Array,
  output: Output,
  first: number,
  room: number,
  asWriter: boolean,
): Lz4Status | typeof done {
  const end = output.length + room;
  let at = 0;
  let lastMatchStart = -1;

  /** A length whose nibble is 15 goes on; -1 when the input ends first. */
  const readLength = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) {
      if (at === bytes.length) return -1;
      byte = bytes[at++]!; // at was below the length
    }
    return length;
  };

  while (at < bytes.length) {
    const token = bytes[at++]!; // the loop's condition
    const literals = readLength(token >> 4);
    if (literals < 0 || literals > bytes.length - at) return Lz4Status.Truncated;
    if (literals > end - output.length) return Lz4Status.NoRoom;
    for (let n = 0; n < literals; n++) output.put(bytes[at++]!); // counted above
    if (at === bytes.length) {
      if (asWriter && lastMatchStart >= 0) {
        if (literals < 5) throw new WriterRuleBroken(`${literals} literals at the end`);
        const distance = output.length - lastMatchStart;
        if (distance < 12) throw new WriterRuleBroken(`match ${distance} bytes before the end`);
      }
      return done;
    }

    if (bytes.length - at < 2) return Lz4Status.Truncated;
    const distance = bytes[at]! + 256 * bytes[at + 1]!; // counted above
    at += 2;
    if (distance === 0 || distance > output.length - first) return Lz4Status.BadOffset;
    const match = readLength(token & 15);
    if (match < 0) return Lz4Status.Truncated;
    if (match + 4 > end - output.length) return Lz4Status.NoRoom;
    lastMatchStart = output.length;
    for (let n = 0; n < match + 4; n++) output.put(output.back(distance));
  }
  return Lz4Status.Truncated;
}

class Output {
  readonly #bytes: Uint8Array;
  length = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  put(byte: number): void {
    if (this.length === this.#bytes.length) throw new Error('the reference overran its output');
    this.#bytes[this.length++] = byte;
  }

  back(distance: number): number {
    const byte = this.#bytes[this.length - distance];
    if (byte === undefined) throw new Error('the reference read before its output');
    return byte;
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
