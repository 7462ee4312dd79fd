// One call of LogsService/Export: finds the one message in the request body.
//
//   offset  size  field
//   0       1     compressed flag
//   1       4     message length L, big-endian
//   5       L     message
//
// The body may be cut anywhere, in the prefix too.

import { CompressedFlag } from '../grpc/message-frame.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import { grpcPrefixSizeBytes } from '../limits.ts';
import { Transport } from '../memory/transport-counters.ts';
import type { CallHeaders } from './call-headers.ts';
import type { Encoding } from './expected-size.ts';
import { grpcAnswers } from './grpc-answer.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { LogsCall } from './logs-call.ts';

export class GrpcLogsCall extends LogsCall {
  readonly #messageSizeBytesMax: number;
  /** What a set compressed flag means. */
  readonly #encoding: Encoding | undefined;
  #prefixLengthBytes = 0;
  #compressedFlag = 0;
  /** As far as the prefix has come. */
  #messageLengthBytes = 0;

  constructor(
    parts: IngesterParts,
    stream: ServerStream,
    messageSizeBytesMax: number,
    headers: CallHeaders,
  ) {
    super(parts, stream, 'protobuf', grpcAnswers, messageSizeBytesMax, headers.timeoutMs);
    this.#messageSizeBytesMax = messageSizeBytesMax;
    this.#encoding = headers.encoding;
  }

  override get transport(): Transport {
    return Transport.Grpc;
  }

  override data(source: Uint8Array, fromBytes: number, toBytes: number): void {
    this.receivedBytes += toBytes - fromBytes;
    if (this.#prefixLengthBytes === grpcPrefixSizeBytes) {
      this.take(source, fromBytes, toBytes);
      return;
    }
    const messageAt = this.#readPrefix(source, fromBytes, toBytes);
    if (this.#prefixLengthBytes < grpcPrefixSizeBytes) return;
    this.#admitMessage(source, messageAt, toBytes);
    if (messageAt < toBytes) this.take(source, messageAt, toBytes);
    this.expectRest();
  }

  protected override missing(): string {
    const { receivedBytes } = this;
    return receivedBytes === 0 ? 'no message' : `${receivedBytes} bytes of a message prefix`;
  }

  /** Returns where it stopped: behind the prefix, or at the end of this part. */
  #readPrefix(source: Uint8Array, fromBytes: number, toBytes: number): number {
    let at = fromBytes;
    while (at < toBytes && this.#prefixLengthBytes < grpcPrefixSizeBytes) {
      const byte = source[at]!; // at < toBytes
      if (this.#prefixLengthBytes === 0) this.#compressedFlag = byte;
      // Multiplied, because << would make lengths from 2^31 negative.
      else this.#messageLengthBytes = this.#messageLengthBytes * 256 + byte;
      this.#prefixLengthBytes += 1;
      at += 1;
    }
    return at;
  }

  #admitMessage(source: Uint8Array, messageAt: number, toBytes: number): void {
    const lengthBytes = this.#messageLengthBytes;
    const flag = this.#compressedFlag;
    const limitBytes = this.#messageSizeBytesMax;
    if (flag !== CompressedFlag.Identity && flag !== CompressedFlag.Compressed) {
      this.refuse('OTLP_MALFORMED', `compressed flag is ${flag}`);
    } else if (flag === CompressedFlag.Compressed && this.#encoding === undefined) {
      this.refuse('COMPRESSED_FLAG', 'compressed flag set, but grpc-encoding names no compression');
    } else if (lengthBytes > limitBytes) {
      const text = `message of ${lengthBytes} bytes, the limit is ${limitBytes}`;
      this.refuse('MESSAGE_TOO_LARGE', text);
    } else {
      const encoding = flag === CompressedFlag.Compressed ? this.#encoding : undefined;
      const start = encoding === undefined ? nothing : source.subarray(messageAt, toBytes);
      this.admit(encoding, lengthBytes, start);
    }
  }
}

const nothing = new Uint8Array(0);
