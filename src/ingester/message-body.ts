// A message on its way into the arena, as it stands on the wire: which slab it has, and where in it
// the next byte goes.
//
// A message of unknown length goes through up to three slabs: a short one first, since most such
// bodies are compressed batches of an SDK; then the longest of the small ones; then one for as much
// as a message may have. The last is the only one that is waited for while another is held, and it
// is always a large one, so that calls cannot wait for each other (decompression.ts).

import { assert } from '../assert.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import { slabHeaderSizeBytes, smallBodySizeBytesMax } from '../memory/size-class.ts';
import type { Encoding } from './expected-size.ts';
import type { CompressedBody } from './inflation-job.ts';
import type { IngesterParts } from './ingester-parts.ts';

export class MessageBody {
  readonly kind = 'body';
  /** Undefined: not compressed. */
  readonly encoding: Encoding | undefined;
  /** Undefined: as long as it gets. */
  readonly lengthBytes: number | undefined;
  readonly sizeBytesMax: number;
  /** 0 before enter(). */
  slab = 0;
  storedBytes = 0;
  readonly #parts: IngesterParts;
  /** Where in the arena the next byte goes, and where the room for the message ends. */
  #storeAt = 0;
  #storeEnd = 0;
  /** Of its slab, as long as bytes of it are to come. */
  #incompleteBytes = 0;

  constructor(
    parts: IngesterParts,
    encoding: Encoding | undefined,
    lengthBytes: number | undefined,
    sizeBytesMax: number,
  ) {
    this.#parts = parts;
    this.encoding = encoding;
    this.lengthBytes = lengthBytes;
    this.sizeBytesMax = sizeBytesMax;
  }

  get messageBytes(): number {
    return this.storedBytes;
  }

  /**
   * What the peer may still send. Of a message of unknown length one byte more than there is room
   * for: it asks for the next slab, or tells that there is too much.
   */
  get restBytes(): number {
    const roomBytes = this.#storeEnd - this.#storeAt;
    return this.lengthBytes === undefined ? roomBytes + 1 : roomBytes;
  }

  /** `start` is what of a compressed message is at hand. */
  firstReservationBytes(connection: object, start: Uint8Array): number {
    if (this.lengthBytes === undefined) return Math.min(firstSizeBytes, this.sizeBytesMax);
    if (this.encoding === undefined) return this.lengthBytes;
    return this.#parts.decompression.reservationBytes(
      connection,
      this.encoding,
      this.lengthBytes,
      start,
      this.sizeBytesMax,
    );
  }

  /** For a message of unknown length, whatever it will be. */
  longestReservationBytes(): number {
    const sizeBytes =
      this.encoding === undefined
        ? this.sizeBytesMax
        : this.#parts.decompression.longestReservationBytes(this.sizeBytesMax);
    return Math.max(sizeBytes, smallBodySizeBytesMax + 1);
  }

  /** A longer slab for what there is of a message of unknown length, or 0: not at once. */
  reserveLonger(messageBytes: number): number {
    assert(this.lengthBytes === undefined, 'a slab shorter than its message');
    const { admission } = this.#parts;
    if (messageBytes <= smallBodySizeBytesMax) {
      const slab = admission.reserve(Math.min(smallBodySizeBytesMax, this.sizeBytesMax));
      if (slab !== 0) return slab;
    }
    return admission.reserve(this.longestReservationBytes());
  }

  /** Takes what is stored along from a slab that was outgrown, and frees that. */
  enter(slab: number): void {
    const { slabs, bytes } = this.#parts;
    const offsetBytes = slabs.bodyOffsetBytes(slab);
    const capacityBytes = slabs.capacityBytes(slab);
    const roomBytes = this.lengthBytes ?? Math.min(capacityBytes, this.sizeBytesMax);
    assert(roomBytes <= capacityBytes, 'slab too small for its message');
    // A compressed message stands at the end, where inflation wants it; one of unknown length goes
    // there when it is complete.
    const isAtEnd = this.encoding !== undefined && this.lengthBytes !== undefined;
    const startBytes = isAtEnd ? offsetBytes + capacityBytes - roomBytes : offsetBytes;
    if (this.slab !== 0) {
      const from = slabs.bodyOffsetBytes(this.slab);
      copyBytes(bytes, startBytes, bytes, from, from + this.storedBytes);
      this.free();
    }
    this.slab = slab;
    this.#incompleteBytes = capacityBytes + slabHeaderSizeBytes;
    this.#parts.admission.countIncomplete(this.#incompleteBytes);
    this.#storeAt = startBytes + this.storedBytes;
    this.#storeEnd = startBytes + roomBytes;
  }

  /** Returns how far it came: a message of unknown length may have to wait for a longer slab. */
  store(source: Uint8Array, fromBytes: number, toBytes: number): number {
    const storedTo = Math.min(toBytes, fromBytes + this.#storeEnd - this.#storeAt);
    if (fromBytes < storedTo) this.#copy(source, fromBytes, storedTo);
    if (storedTo === toBytes) return toBytes;
    const slab = this.reserveLonger(this.storedBytes + toBytes - storedTo);
    if (slab === 0) return storedTo;
    this.enter(slab);
    this.#copy(source, storedTo, toBytes);
    return toBytes;
  }

  /** For who copies something into its place himself. */
  storeWith(sizeBytes: number, copyTo: (targetOffsetBytes: number) => void): void {
    assert(sizeBytes <= this.#storeEnd - this.#storeAt, 'stored more than there is room for');
    copyTo(this.#storeAt);
    this.#storeAt += sizeBytes;
    this.storedBytes += sizeBytes;
  }

  /** The whole of a compressed message; one of unknown length moves to the end of its slab. */
  compressed(encoding: Encoding, connection: ServerConnection): CompressedBody {
    const { slab, storedBytes: lengthBytes, sizeBytesMax } = this;
    if (this.lengthBytes === undefined) {
      const { slabs, bytes } = this.#parts;
      const from = slabs.bodyOffsetBytes(slab);
      const at = from + slabs.capacityBytes(slab) - lengthBytes;
      copyBytes(bytes, at, bytes, from, from + lengthBytes);
    }
    return { encoding, slab, lengthBytes, sizeBytesMax, connection };
  }

  /** Of a whole message: where the body of a slab begins, as the vault wants it. */
  moveToFront(): void {
    const { slabs, bytes } = this.#parts;
    const offsetBytes = slabs.bodyOffsetBytes(this.slab);
    const startBytes = this.#storeAt - this.storedBytes;
    if (startBytes === offsetBytes) return;
    copyBytes(bytes, offsetBytes, bytes, startBytes, startBytes + this.storedBytes);
    this.#storeAt = offsetBytes + this.storedBytes;
  }

  /** Nothing more is to be read for it to give back its slab. */
  complete(): void {
    this.#parts.admission.countIncomplete(-this.#incompleteBytes);
    this.#incompleteBytes = 0;
  }

  free(): void {
    this.complete();
    if (this.slab !== 0) this.#parts.slabs.free(this.slab);
    this.slab = 0;
  }

  #copy(source: Uint8Array, fromBytes: number, toBytes: number): void {
    const sizeBytes = toBytes - fromBytes;
    assert(sizeBytes <= this.#storeEnd - this.#storeAt, 'stored more than there is room for');
    copyBytes(this.#parts.bytes, this.#storeAt, source, fromBytes, toBytes);
    this.#storeAt += sizeBytes;
    this.storedBytes += sizeBytes;
  }
}

const firstSizeBytes = 16 * KiB;
