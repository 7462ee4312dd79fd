// From a body as it was received to the protobuf that a shard can send: inflated, transcoded and
// scanned. What cannot be decoded will never be, and gets the reason for the dead letter.

import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ScanStatus } from '../kernel/kernel-abi.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import { transcodeLogsJson } from '../otlp/json-transcoder.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { discardInflated, inflateBody } from '../vault/entry-inflation.ts';
import { EntryCodec, EntryKind } from '../vault/format.ts';
import type { BlockFeed } from './block-feed.ts';
import type { ReplayRoom } from './replay-room.ts';

export const Decoded = {
  Ok: 1,
  /** See `reason`. */
  Poison: 2,
  /** A kind that nobody takes. */
  Skip: 3,
  /** Again when everything else has left the room. */
  NoRoom: 4,
} as const;
export type Decoded = (typeof Decoded)[keyof typeof Decoded];

export class EntryDecoder {
  /** Of the last decode(): what to send, while it was Ok. */
  bodyOffsetBytes = 0;
  bodyLengthBytes = 0;
  resourceCount = 0;
  recordCount = 0;
  /** An extent of its own, which the caller has now; 0: none. */
  ownExtent = 0;
  /** The body as received is still behind its header. */
  keepsOriginal = true;
  reason: DeadLetterReason = DeadLetterReason.Malformed;

  readonly #kernel: Kernel;
  readonly #bytes: Uint8Array;
  readonly #scanOffsetBytes: number;
  readonly #sizeBytesMax: number;

  /** `bytes` is the arena; scanResultSizeBytes at `scanOffsetBytes` of it are this one's. */
  constructor(kernel: Kernel, bytes: Uint8Array, scanOffsetBytes: number, sizeBytesMax: number) {
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.#scanOffsetBytes = scanOffsetBytes;
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** The entry that the feed stands at. The feed may have to leave its block for it. */
  decode(feed: BlockFeed, room: ReplayRoom): Decoded {
    const { kind, codec, bodySizeBytes } = feed.entry;
    this.ownExtent = 0;
    this.keepsOriginal = true;
    this.bodyOffsetBytes = feed.bodyOffsetBytes;
    this.bodyLengthBytes = bodySizeBytes;
    if (kind > EntryKind.Json) return Decoded.Skip;
    if (codec !== EntryCodec.None) {
      const inflated = this.#inflate(codec, feed, room);
      if (inflated !== Decoded.Ok) return inflated;
    }
    if (kind === EntryKind.Json && !this.#transcode()) return this.#poison(room);
    return this.#scan() ? Decoded.Ok : this.#poison(room);
  }

  #inflate(codec: number, feed: BlockFeed, room: ReplayRoom): Decoded {
    const at = this.bodyOffsetBytes;
    const body = this.#bytes.subarray(at, at + this.bodyLengthBytes);
    const inflated = inflateBody(codec, body, this.#sizeBytesMax);
    if (!(inflated instanceof Uint8Array)) {
      this.reason = inflated;
      return Decoded.Poison;
    }
    this.ownExtent = this.#placeFor(inflated.length, feed, room);
    const hasRoom = this.ownExtent !== 0;
    if (hasRoom) {
      copyBytes(this.#bytes, this.ownExtent, inflated, 0, inflated.length);
      this.bodyOffsetBytes = this.ownExtent;
      this.bodyLengthBytes = inflated.length;
    }
    discardInflated(inflated);
    return hasRoom ? Decoded.Ok : Decoded.NoRoom;
  }

  #placeFor(sizeBytes: number, feed: BlockFeed, room: ReplayRoom): number {
    const wanted = Math.max(1, sizeBytes);
    const extent = room.take(wanted);
    if (extent !== 0) return extent;
    // What was compressed is not needed any more, so in an empty room the largest body has a place.
    feed.leave();
    this.keepsOriginal = false;
    return room.take(wanted);
  }

  #transcode(): boolean {
    if (this.ownExtent === 0) this.keepsOriginal = false;
    try {
      const { bodyOffsetBytes, bodyLengthBytes } = this;
      this.bodyLengthBytes = transcodeLogsJson(this.#bytes, bodyOffsetBytes, bodyLengthBytes);
      return true;
    } catch (error) {
      if (!(error instanceof GopherShipError)) throw error;
      this.reason = DeadLetterReason.MalformedJson;
      return false;
    }
  }

  #scan(): boolean {
    const at = this.#scanOffsetBytes;
    const status = this.#kernel.scan(this.bodyOffsetBytes, this.bodyLengthBytes, at);
    this.reason = DeadLetterReason.Malformed;
    this.resourceCount = this.#kernel.resourceCount(at);
    this.recordCount = this.#kernel.recordCount(at);
    return status === ScanStatus.Ok;
  }

  #poison(room: ReplayRoom): Decoded {
    if (this.ownExtent !== 0) room.release(this.ownExtent);
    this.ownExtent = 0;
    assert(this.bodyLengthBytes >= 0, 'poison of no size');
    return Decoded.Poison;
  }
}
