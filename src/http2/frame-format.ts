// Numbers of HTTP/2 as they stand on the wire (RFC 9113 sections 4, 6, 7 and 11).
//
// Every frame begins with nine bytes, all numbers big-endian:
//
//   offset  size  field
//   0       3     payload length L
//   3       1     type
//   4       1     flags
//   5       4     reserved bit, 31 bits stream identifier
//   9       L     payload

import { KiB } from '../limits.ts';

export const frameHeaderSizeBytes = 9;

export const FrameType = {
  Data: 0,
  Headers: 1,
  Priority: 2,
  RstStream: 3,
  Settings: 4,
  PushPromise: 5,
  Ping: 6,
  Goaway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const;

export const FrameFlag = {
  None: 0,
  Ack: 0x01,
  EndStream: 0x01,
  EndHeaders: 0x04,
  Padded: 0x08,
  Priority: 0x20,
} as const;

/** Error codes of RST_STREAM and GOAWAY. */
export const Http2Error = {
  NoError: 0,
  ProtocolError: 1,
  InternalError: 2,
  FlowControlError: 3,
  SettingsTimeout: 4,
  StreamClosed: 5,
  FrameSizeError: 6,
  RefusedStream: 7,
  Cancel: 8,
  CompressionError: 9,
  EnhanceYourCalm: 11,
} as const;
export type Http2Error = (typeof Http2Error)[keyof typeof Http2Error];

export const Setting = {
  HeaderTableSize: 1,
  EnablePush: 2,
  MaxConcurrentStreams: 3,
  InitialWindowSize: 4,
  MaxFrameSize: 5,
  MaxHeaderListSize: 6,
} as const;

/** What a client sends first, before any frame (section 3.4). */
export const clientPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Windows and identifiers have 31 bits. */
export const windowSizeBytesMax = 2 ** 31 - 1;
export const streamIdMax = 2 ** 31 - 1;

/** Of a connection, always; of a stream, unless SETTINGS say otherwise. */
export const windowSizeBytesInitial = 65_535;

/** The least that every peer takes, and the most that we take. */
export const framePayloadSizeBytesMax = 16 * KiB;

/** With the byte that says how much it is. */
export const framePaddingSizeBytesMax = 256;

export const settingSizeBytes = 6;
export const pingSizeBytes = 8;
export const prioritySizeBytes = 5;

/** A big-endian number of 32 bits. The caller has checked the bounds. */
export function readUint32(bytes: Uint8Array, offsetBytes: number): number {
  return (
    bytes[offsetBytes]! * 2 ** 24 +
    ((bytes[offsetBytes + 1]! << 16) | (bytes[offsetBytes + 2]! << 8) | bytes[offsetBytes + 3]!)
  );
}

/** The same without its first bit, which is reserved in identifiers and increments. */
export function readUint31(bytes: Uint8Array, offsetBytes: number): number {
  return readUint32(bytes, offsetBytes) % 2 ** 31;
}
