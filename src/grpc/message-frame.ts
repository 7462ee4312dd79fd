// The length-prefixed message of gRPC over HTTP/2, alone in its stream because our calls are unary:
//
//   offset  size  field
//   0       1     compressed flag: 0 as it is, 1 compressed with `grpc-encoding`
//   1       4     message length, big-endian
//   5       n     message

import { assert } from '../assert.ts';
import { grpcPrefixSizeBytes } from '../limits.ts';

export const CompressedFlag = { Identity: 0, Compressed: 1 } as const;
export type CompressedFlag = (typeof CompressedFlag)[keyof typeof CompressedFlag];

/** Writes the five bytes in front of a message of `messageLengthBytes`. */
export function writeMessagePrefix(
  target: Uint8Array,
  offsetBytes: number,
  messageLengthBytes: number,
  flag: CompressedFlag,
): void {
  assert(offsetBytes + grpcPrefixSizeBytes <= target.length, 'no room for the message prefix');
  assert(messageLengthBytes >= 0 && messageLengthBytes < 2 ** 32, 'message length out of range');
  target[offsetBytes] = flag;
  target[offsetBytes + 1] = messageLengthBytes >>> 24;
  target[offsetBytes + 2] = (messageLengthBytes >>> 16) & 0xff;
  target[offsetBytes + 3] = (messageLengthBytes >>> 8) & 0xff;
  target[offsetBytes + 4] = messageLengthBytes & 0xff;
}

/** The flag as it stands on the wire: anything but 0 and 1 is a protocol error of the sender. */
export function readCompressedFlag(bytes: Uint8Array, offsetBytes: number): number {
  assert(offsetBytes + grpcPrefixSizeBytes <= bytes.length, 'message prefix cut off');
  return bytes[offsetBytes]!; // inside bytes: asserted above
}

export function readMessageLengthBytes(bytes: Uint8Array, offsetBytes: number): number {
  assert(offsetBytes + grpcPrefixSizeBytes <= bytes.length, 'message prefix cut off');
  // The four bytes are inside: asserted above. Multiplied, because << would make lengths from 2^31
  // negative.
  const high = bytes[offsetBytes + 1]! * 2 ** 24;
  return (
    high +
    (bytes[offsetBytes + 2]! << 16) +
    (bytes[offsetBytes + 3]! << 8) +
    bytes[offsetBytes + 4]!
  );
}

/** A small message with its prefix, for answers. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(grpcPrefixSizeBytes + message.length);
  writeMessagePrefix(framed, 0, message.length, CompressedFlag.Identity);
  framed.set(message, grpcPrefixSizeBytes);
  return framed;
}

export type UnaryBody =
  | { readonly kind: 'message'; readonly flag: number; readonly message: Uint8Array }
  /** No message at all. */
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Takes the whole body of one direction of a unary call apart. The message is a view. */
export function parseUnaryBody(body: Uint8Array): UnaryBody {
  if (body.length === 0) return { kind: 'none' };
  if (body.length < grpcPrefixSizeBytes) {
    return { kind: 'malformed', reason: `message prefix cut off after ${body.length} bytes` };
  }
  const lengthBytes = readMessageLengthBytes(body, 0);
  const followingBytes = body.length - grpcPrefixSizeBytes;
  if (followingBytes < lengthBytes) {
    return {
      kind: 'malformed',
      reason: `message cut off after ${followingBytes} of ${lengthBytes} bytes`,
    };
  }
  if (followingBytes > lengthBytes) {
    return {
      kind: 'malformed',
      reason: `${followingBytes - lengthBytes} bytes after the only message`,
    };
  }
  return {
    kind: 'message',
    flag: readCompressedFlag(body, 0),
    message: body.subarray(grpcPrefixSizeBytes),
  };
}
