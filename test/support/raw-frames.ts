// HTTP/2 frames as a peer may write them, also such as no library would: whoever calls decides
// about every flag, length and padding. RFC 9113 section 6 has the layouts, RFC 7541 that of a
// field.

import {
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  pingSizeBytes,
  prioritySizeBytes,
  settingSizeBytes,
} from '../../src/http2/frame-format.ts';

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

interface Padded {
  readonly endStream?: boolean;
  /** Bytes of padding; 0 is a pad length without padding. */
  readonly padSizeBytes?: number;
}

export interface HeadersOptions extends Padded {
  /** Default true; false when CONTINUATION follows. */
  readonly endHeaders?: boolean;
  readonly priority?: Priority;
}

export interface Priority {
  readonly dependsOn: number;
  /** 1 to 256. */
  readonly weight?: number;
  readonly exclusive?: boolean;
}

const nothing = Buffer.alloc(0);

/** Any frame; `lengthBytes` only where the header shall lie about the payload. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = nothing,
  lengthBytes = payload.length,
): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderSizeBytes + payload.length);
  bytes.writeUIntBE(lengthBytes, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  bytes.set(payload, frameHeaderSizeBytes);
  return bytes;
}

export function dataFrame(streamId: number, payload: Uint8Array, options: Padded = {}): Buffer {
  return frame(FrameType.Data, flagsOf(options), streamId, padded(payload, options));
}

export function headersFrame(
  streamId: number,
  block: Uint8Array,
  options: HeadersOptions = {},
): Buffer {
  const { endHeaders = true, priority } = options;
  let flags = flagsOf(options);
  if (endHeaders) flags |= FrameFlag.EndHeaders;
  if (priority !== undefined) flags |= FrameFlag.Priority;
  const content =
    priority === undefined ? block : Buffer.concat([priorityPayload(priority), block]);
  return frame(FrameType.Headers, flags, streamId, padded(content, options));
}

export function continuationFrame(streamId: number, block: Uint8Array, endHeaders = true): Buffer {
  const flags = endHeaders ? FrameFlag.EndHeaders : FrameFlag.None;
  return frame(FrameType.Continuation, flags, streamId, block);
}

export function priorityFrame(streamId: number, priority: Priority): Buffer {
  return frame(FrameType.Priority, FrameFlag.None, streamId, priorityPayload(priority));
}

export function resetFrame(streamId: number, errorCode: number): Buffer {
  return frame(FrameType.RstStream, FrameFlag.None, streamId, uint32(errorCode));
}

export function settingsFrame(
  values: readonly (readonly [setting: number, value: number])[] = [],
): Buffer {
  const payload = Buffer.alloc(values.length * settingSizeBytes);
  for (const [index, [setting, value]] of values.entries()) {
    payload.writeUInt16BE(setting, index * settingSizeBytes);
    payload.writeUInt32BE(value, index * settingSizeBytes + 2);
  }
  return frame(FrameType.Settings, FrameFlag.None, 0, payload);
}

export function settingsAckFrame(): Buffer {
  return frame(FrameType.Settings, FrameFlag.Ack, 0);
}

export function pushPromiseFrame(streamId: number, promisedId: number, block: Uint8Array): Buffer {
  const payload = Buffer.concat([uint32(promisedId), block]);
  return frame(FrameType.PushPromise, FrameFlag.EndHeaders, streamId, payload);
}

export function pingFrame(content: Uint8Array = Buffer.alloc(pingSizeBytes), ack = false): Buffer {
  return frame(FrameType.Ping, ack ? FrameFlag.Ack : FrameFlag.None, 0, content);
}

export function goawayFrame(lastStreamId: number, errorCode: number, reason = ''): Buffer {
  const payload = Buffer.concat([uint32(lastStreamId), uint32(errorCode), Buffer.from(reason)]);
  return frame(FrameType.Goaway, FrameFlag.None, 0, payload);
}

export function windowUpdateFrame(streamId: number, incrementBytes: number): Buffer {
  return frame(FrameType.WindowUpdate, FrameFlag.None, streamId, uint32(incrementBytes));
}

/** Literal fields without indexing and without Huffman code: the same bytes at any time. */
export function headerBlock(
  fields: Iterable<readonly [name: string, value: string]>,
): Buffer<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [name, value] of fields) parts.push(Buffer.of(0), literal(name), literal(value));
  return Buffer.concat(parts);
}

/** The payload without padding and priority. */
export function contentOf({ type, flags, payload }: RawFrame): Buffer {
  if (type !== FrameType.Data && type !== FrameType.Headers) return payload;
  const isPadded = (flags & FrameFlag.Padded) !== 0;
  const from = (isPadded ? 1 : 0) + (hasPriority(type, flags) ? prioritySizeBytes : 0);
  return payload.subarray(from, payload.length - (isPadded ? payload.readUInt8(0) : 0));
}

/** Takes a byte stream apart, whatever pieces it comes in. */
export class RawFrameReader {
  #rest: Buffer = nothing;

  /** The frames that `chunk` completes. */
  push(chunk: Buffer): RawFrame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: RawFrame[] = [];
    let at = 0;
    while (at + frameHeaderSizeBytes <= bytes.length) {
      const from = at + frameHeaderSizeBytes;
      const to = from + bytes.readUIntBE(at, 3);
      if (to > bytes.length) break;
      const [type, flags] = [bytes.readUInt8(at + 3), bytes.readUInt8(at + 4)];
      const streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
      frames.push({ type, flags, streamId, payload: bytes.subarray(from, to) });
      at = to;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

function flagsOf({ endStream = false, padSizeBytes }: Padded): number {
  return (
    (endStream ? FrameFlag.EndStream : 0) | (padSizeBytes === undefined ? 0 : FrameFlag.Padded)
  );
}

function padded(content: Uint8Array, { padSizeBytes }: Padded): Uint8Array {
  if (padSizeBytes === undefined) return content;
  return Buffer.concat([Buffer.of(padSizeBytes), content, Buffer.alloc(padSizeBytes)]);
}

function hasPriority(type: number, flags: number): boolean {
  return type === FrameType.Headers && (flags & FrameFlag.Priority) !== 0;
}

function priorityPayload({ dependsOn, weight = 16, exclusive = false }: Priority): Buffer {
  const first = uint32(dependsOn);
  if (exclusive) first.writeUInt8(first.readUInt8(0) | 0x80, 0);
  return Buffer.concat([first, Buffer.of(weight - 1)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

// RFC 7541 sections 5.1 and 5.2.
function literal(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let left = bytes.length - 127;
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
  length.push(left);
  return Buffer.concat([Buffer.from(length), bytes]);
}
