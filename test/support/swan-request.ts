// A request of a producer of the black swan as one buffer: HEADERS, then DATA frames as large as
// they may be. What credit does not cover yet is cut off and gets a header of its own in place.

import {
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  framePayloadSizeBytesMax,
} from '../../src/http2/frame-format.ts';
import { headerBlock } from './raw-frames.ts';

/** As the header says, and as SDKs do. */
export const callTimeoutMs = 10_000;

const block = headerBlock([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ['grpc-timeout', '10S'],
]);
const messagePrefixSizeBytes = 5;

/** Of the HEADERS frame. */
export const headersSizeBytes = frameHeaderSizeBytes + block.length;

/** Of one call with `message`. */
export function framesOf(message: Buffer, streamId: number): Buffer {
  const bodySizeBytes = messagePrefixSizeBytes + message.length;
  const frameCount = Math.ceil(bodySizeBytes / framePayloadSizeBytesMax);
  const sizeBytes = headersSizeBytes + frameCount * frameHeaderSizeBytes + bodySizeBytes;
  const frames = Buffer.allocUnsafeSlow(sizeBytes);
  writeHeader(frames, 0, block.length, FrameType.Headers, FrameFlag.EndHeaders, streamId);
  frames.set(block, frameHeaderSizeBytes);
  let at = headersSizeBytes;
  let from = 0;
  for (let index = 0; index < frameCount; index += 1) {
    const flags = index === frameCount - 1 ? FrameFlag.EndStream : FrameFlag.None;
    const prefixSizeBytes = index === 0 ? messagePrefixSizeBytes : 0;
    const pieceMax = framePayloadSizeBytesMax - prefixSizeBytes;
    const pieceSizeBytes = Math.min(pieceMax, message.length - from);
    writeHeader(frames, at, prefixSizeBytes + pieceSizeBytes, FrameType.Data, flags, streamId);
    at += frameHeaderSizeBytes;
    if (index === 0) {
      frames[at] = 0;
      frames.writeUInt32BE(message.length, at + 1);
      at += messagePrefixSizeBytes;
    }
    frames.set(message.subarray(from, from + pieceSizeBytes), at);
    at += pieceSizeBytes;
    from += pieceSizeBytes;
  }
  return frames;
}

/** A frame with the first bytes of the one at `at`, whose header then stands before the rest. */
export function cutFrame(frames: Buffer, at: number, sizeBytes: number): Buffer {
  const from = at + frameHeaderSizeBytes;
  const lengthBytes = frames.readUIntBE(at, 3);
  const flags = frames.readUInt8(at + 4);
  const streamId = frames.readUInt32BE(at + 5);
  const first = Buffer.allocUnsafe(frameHeaderSizeBytes + sizeBytes);
  writeHeader(first, 0, sizeBytes, FrameType.Data, FrameFlag.None, streamId);
  first.set(frames.subarray(from, from + sizeBytes), frameHeaderSizeBytes);
  writeHeader(frames, at + sizeBytes, lengthBytes - sizeBytes, FrameType.Data, flags, streamId);
  return first;
}

function writeHeader(
  bytes: Buffer,
  at: number,
  lengthBytes: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes.writeUIntBE(lengthBytes, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(streamId, at + 5);
}
