// Cuts the byte stream of one client into frames. The payload of DATA is handed on where it lies,
// part by part, and never kept; other frames are whole when they are handed on, and kept only when
// they lie across two chunks, which their size bounds.

import { assert } from '../assert.ts';
import {
  clientPreface,
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  framePayloadSizeBytesMax,
  Http2Error,
  readUint31,
} from './frame-format.ts';

export interface FrameSink {
  /** A frame other than DATA; its payload is bytes[fromBytes..toBytes), valid during the call. */
  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    fromBytes: number,
    toBytes: number,
  ): void;
  /** A DATA frame begins; both sizes count against the windows. Padding has its length byte. */
  dataStart(streamId: number, flags: number, sizeBytes: number, paddingSizeBytes: number): void;
  /** The next part of its data, never empty. */
  dataPart(bytes: Uint8Array, fromBytes: number, toBytes: number): void;
  /** The frame is over, padding included. */
  dataEnd(): void;
  /** The bytes are no HTTP/2; the reader has stopped. */
  unreadable(error: Http2Error, reason: FrameFault): void;
}

export type FrameFault = 'preface' | 'frame size' | 'pad length';

export class FrameReader {
  readonly #sink: FrameSink;
  #stopped = false;
  #halted = false;
  #prefaceReadBytes = 0;
  /** The start of a frame that is not whole yet, header included. */
  #kept: Uint8Array = new Uint8Array(keptSizeBytesAtFirst);
  #keptBytes = 0;
  /** Of the DATA frame under way; its pad length byte is still to come when it is wanted. */
  #dataLeftBytes = 0;
  #paddingLeftBytes = 0;
  #padLengthWanted = false;
  #dataFlags = 0;
  #dataStreamId = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** The chunk that was read has ended inside a frame other than DATA, as far as one can see. */
  get keepsFrame(): boolean {
    if (this.#stopped || this.#keptBytes <= frameTypeOffsetBytes) return false;
    return this.#kept[frameTypeOffsetBytes] !== FrameType.Data;
  }

  /** Nothing is handed on from now, not even from the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
  }

  /** Reads no further in this chunk than to the end of the frame that is handed on now. */
  halt(): void {
    this.#halted = true;
  }

  /** How much of the chunk was read: all, unless somebody called halt(). */
  read(chunk: Uint8Array): number {
    if (this.#stopped) return chunk.length;
    this.#halted = false;
    let at = this.#prefaceReadBytes < clientPreface.length ? this.#readPreface(chunk) : 0;
    while (at < chunk.length && !this.#stopped && !this.#halted) {
      if (this.#padLengthWanted) at = this.#readPadLength(chunk, at);
      else if (this.#dataLeftBytes > 0) at = this.#readData(chunk, at);
      else if (this.#paddingLeftBytes > 0) at = this.#readPadding(chunk, at);
      else at = this.#readFrame(chunk, at);
    }
    return at;
  }

  #readPreface(chunk: Uint8Array): number {
    const sizeBytes = Math.min(clientPreface.length - this.#prefaceReadBytes, chunk.length);
    for (let at = 0; at < sizeBytes; at += 1) {
      if (chunk[at] !== clientPreface[this.#prefaceReadBytes + at]) {
        this.#fail(Http2Error.ProtocolError, 'preface');
        return chunk.length;
      }
    }
    this.#prefaceReadBytes += sizeBytes;
    return sizeBytes;
  }

  #readFrame(chunk: Uint8Array, at: number): number {
    if (this.#keptBytes > 0 || chunk.length - at < frameHeaderSizeBytes) {
      return this.#readKeptFrame(chunk, at);
    }
    const payloadSizeBytes = readPayloadSizeBytes(chunk, at);
    if (payloadSizeBytes > framePayloadSizeBytesMax) {
      this.#fail(Http2Error.FrameSizeError, 'frame size');
      return at;
    }
    const type = chunk[at + frameTypeOffsetBytes]!; // the header is inside the chunk
    const from = at + frameHeaderSizeBytes;
    if (type === FrameType.Data) {
      this.#startData(chunk, at, payloadSizeBytes);
      return from;
    }
    const to = from + payloadSizeBytes;
    if (to > chunk.length) return this.#keep(chunk, at, frameHeaderSizeBytes + payloadSizeBytes);
    this.#sink.frame(type, chunk[at + 4]!, readUint31(chunk, at + 5), chunk, from, to);
    return to;
  }

  /** A frame whose start came with an earlier chunk, or whose header is cut off by this one. */
  #readKeptFrame(chunk: Uint8Array, fromBytes: number): number {
    let at = fromBytes;
    if (this.#keptBytes < frameHeaderSizeBytes) {
      at = this.#keep(chunk, at, frameHeaderSizeBytes);
      if (this.#keptBytes < frameHeaderSizeBytes) return at;
    }
    const payloadSizeBytes = readPayloadSizeBytes(this.#kept, 0);
    if (payloadSizeBytes > framePayloadSizeBytesMax) {
      this.#fail(Http2Error.FrameSizeError, 'frame size');
      return at;
    }
    if (this.#kept[frameTypeOffsetBytes] === FrameType.Data) {
      this.#keptBytes = 0;
      this.#startData(this.#kept, 0, payloadSizeBytes);
      return at;
    }
    const sizeBytes = frameHeaderSizeBytes + payloadSizeBytes;
    at = this.#keep(chunk, at, sizeBytes);
    if (this.#keptBytes === sizeBytes) this.#handOnKept(sizeBytes);
    return at;
  }

  #handOnKept(sizeBytes: number): void {
    const kept = this.#kept;
    this.#keptBytes = 0;
    // A long frame is rare, and an idle connection shall not hold on to its room.
    if (kept.length > keptSizeBytesAtFirst) this.#kept = new Uint8Array(keptSizeBytesAtFirst);
    const type = kept[frameTypeOffsetBytes]!; // the header was kept first
    const streamId = readUint31(kept, 5);
    this.#sink.frame(type, kept[4]!, streamId, kept, frameHeaderSizeBytes, sizeBytes);
  }

  /** Takes what the chunk has of the first `sizeBytes` of a frame. */
  #keep(chunk: Uint8Array, at: number, sizeBytes: number): number {
    if (this.#kept.length < sizeBytes) {
      const larger = new Uint8Array(sizeBytes);
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    const to = Math.min(chunk.length, at + sizeBytes - this.#keptBytes);
    this.#kept.set(chunk.subarray(at, to), this.#keptBytes);
    this.#keptBytes += to - at;
    return to;
  }

  #startData(header: Uint8Array, at: number, payloadSizeBytes: number): void {
    assert(this.#dataLeftBytes === 0 && this.#paddingLeftBytes === 0, 'DATA inside of DATA');
    this.#dataFlags = header[at + 4]!; // the caller has the whole header
    this.#dataStreamId = readUint31(header, at + 5);
    if ((this.#dataFlags & FrameFlag.Padded) === 0) {
      this.#announceData(payloadSizeBytes, 0);
    } else if (payloadSizeBytes === 0) {
      this.#fail(Http2Error.FrameSizeError, 'frame size');
    } else {
      this.#padLengthWanted = true;
      this.#dataLeftBytes = payloadSizeBytes - 1;
    }
  }

  #readPadLength(chunk: Uint8Array, at: number): number {
    const padLengthBytes = chunk[at]!; // the loop has checked that there is a byte
    const leftBytes = this.#dataLeftBytes;
    this.#padLengthWanted = false;
    if (padLengthBytes > leftBytes) {
      this.#fail(Http2Error.ProtocolError, 'pad length');
      return at;
    }
    this.#announceData(leftBytes - padLengthBytes, padLengthBytes);
    return at + 1;
  }

  #announceData(sizeBytes: number, padLengthBytes: number): void {
    const padded = (this.#dataFlags & FrameFlag.Padded) !== 0;
    this.#dataLeftBytes = sizeBytes;
    this.#paddingLeftBytes = padLengthBytes;
    const paddingSizeBytes = padded ? 1 + padLengthBytes : 0;
    this.#sink.dataStart(this.#dataStreamId, this.#dataFlags, sizeBytes, paddingSizeBytes);
    this.#endDataWhenOver();
  }

  #readData(chunk: Uint8Array, at: number): number {
    const to = Math.min(chunk.length, at + this.#dataLeftBytes);
    this.#dataLeftBytes -= to - at;
    this.#sink.dataPart(chunk, at, to);
    this.#endDataWhenOver();
    return to;
  }

  #readPadding(chunk: Uint8Array, at: number): number {
    const to = Math.min(chunk.length, at + this.#paddingLeftBytes);
    this.#paddingLeftBytes -= to - at;
    this.#endDataWhenOver();
    return to;
  }

  #endDataWhenOver(): void {
    if (this.#dataLeftBytes > 0 || this.#paddingLeftBytes > 0 || this.#stopped) return;
    this.#sink.dataEnd();
  }

  #fail(error: Http2Error, reason: FrameFault): void {
    this.#stopped = true;
    this.#sink.unreadable(error, reason);
  }
}

// Most frames that a chunk cuts off are shorter than this.
const keptSizeBytesAtFirst = 64;
const frameTypeOffsetBytes = 3;

function readPayloadSizeBytes(header: Uint8Array, at: number): number {
  // The caller has the header.
  return (header[at]! << 16) | (header[at + 1]! << 8) | header[at + 2]!;
}
