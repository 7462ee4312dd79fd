// Takes the one message out of a gRPC request body, straight from the frames into its slab:
//
//   offset  size  field
//   0       1     compressed flag
//   1       4     message length L, big-endian
//   5       L     message
//
// Chunks may be cut anywhere. Between the prefix and the slab (the stream is paused by then) what
// was read already is kept; the stream's flow-control window bounds it.

import { assert } from '../assert.ts';
import { readCompressedFlag, readMessageLengthBytes } from '../grpc/message-frame.ts';
import { grpcPrefixSizeBytes } from '../limits.ts';

export const Intake = {
  /** More bytes are wanted. */
  Open: 1,
  /** The prefix is complete: now provide(), or keep() and the stream paused until then. */
  PrefixComplete: 2,
  /** The whole message is in its place. */
  MessageComplete: 3,
  /** More bytes than the prefix announced. */
  Excess: 4,
} as const;
export type Intake = (typeof Intake)[keyof typeof Intake];

const nothing = new Uint8Array(0);

export class BodyIntake {
  readonly #prefix = new Uint8Array(grpcPrefixSizeBytes);
  #prefixLengthBytes = 0;
  #messageLengthBytes = 0;
  #compressedFlag = 0;
  /** The end of the chunk that completed the prefix; valid only during its take(). */
  #unread: Uint8Array = nothing;
  /** Bytes of the message that came before its place was known. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #target: Uint8Array | undefined;
  #writtenBytes = 0;

  /** Of the request body, prefix included. */
  get receivedBytes(): number {
    return this.#prefixLengthBytes + this.#keptBytes + this.#writtenBytes;
  }

  get prefixIsComplete(): boolean {
    return this.#prefixLengthBytes === grpcPrefixSizeBytes;
  }

  /** Everything that the prefix announced has been received. */
  get messageIsReceived(): boolean {
    const receivedBytes = this.#keptBytes + this.#writtenBytes;
    return this.prefixIsComplete && receivedBytes === this.#messageLengthBytes;
  }

  /** Valid from PrefixComplete on. */
  get messageLengthBytes(): number {
    assert(this.prefixIsComplete, 'message length asked for before the prefix');
    return this.#messageLengthBytes;
  }

  /** As it stands on the wire; valid from PrefixComplete on. */
  get compressedFlag(): number {
    assert(this.prefixIsComplete, 'compressed flag asked for before the prefix');
    return this.#compressedFlag;
  }

  /** What came with the end of the prefix; valid only during the take() that completed it. */
  get unread(): Uint8Array {
    return this.#unread;
  }

  take(chunk: Uint8Array): Intake {
    if (this.prefixIsComplete) return this.#takeMessage(chunk);
    const wantedBytes = grpcPrefixSizeBytes - this.#prefixLengthBytes;
    const prefixPart = chunk.subarray(0, wantedBytes);
    this.#prefix.set(prefixPart, this.#prefixLengthBytes);
    this.#prefixLengthBytes += prefixPart.length;
    if (!this.prefixIsComplete) return Intake.Open;
    this.#compressedFlag = readCompressedFlag(this.#prefix, 0);
    this.#messageLengthBytes = readMessageLengthBytes(this.#prefix, 0);
    this.#unread = chunk.subarray(wantedBytes);
    return Intake.PrefixComplete;
  }

  /**
   * Where the message goes, exactly as long as the message. Within take() that completed the
   * prefix, or after keep().
   */
  provide(target: Uint8Array): Intake {
    assert(this.#target === undefined, 'a message has one place');
    assert(target.length === this.messageLengthBytes, 'the place is not as long as the message');
    this.#target = target;
    for (const part of this.#kept) this.#write(target, part);
    this.#kept = [];
    this.#keptBytes = 0;
    return this.#takeUnread();
  }

  /**
   * Right after PrefixComplete, when there is no place yet: what has come stays here until
   * provide().
   */
  keep(): Intake {
    assert(this.#target === undefined, 'kept although there is a place');
    return this.#takeUnread();
  }

  #takeUnread(): Intake {
    const unread = this.#unread;
    this.#unread = nothing;
    return this.#takeMessage(unread);
  }

  #takeMessage(chunk: Uint8Array): Intake {
    const receivedBytes = this.#keptBytes + this.#writtenBytes;
    if (chunk.length > this.#messageLengthBytes - receivedBytes) return Intake.Excess;
    if (this.#target !== undefined) {
      this.#write(this.#target, chunk);
      return this.messageIsReceived ? Intake.MessageComplete : Intake.Open;
    }
    // A copy, since the chunk is a view of the connection's read buffer. (slice() of a Buffer would
    // not copy.)
    if (chunk.length > 0) this.#kept.push(new Uint8Array(chunk));
    this.#keptBytes += chunk.length;
    return Intake.Open;
  }

  #write(target: Uint8Array, chunk: Uint8Array): void {
    target.set(chunk, this.#writtenBytes);
    this.#writtenBytes += chunk.length;
  }
}
