// Appends frames to a buffer that grows as it must. What is appended between two writes to the
// socket goes out together, whichever stream it belongs to. The caller bounds how much that is.

import { assert } from '../assert.ts';
import type { FieldBlock } from './field-block.ts';
import {
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  framePayloadSizeBytesMax,
  type Http2Error,
  pingSizeBytes,
  settingSizeBytes,
} from './frame-format.ts';
import type { OutputBuffers } from './output-buffers.ts';

export class FrameWriter {
  readonly #buffers: OutputBuffers;
  #buffer: Buffer = noBuffer;
  #lengthBytes = 0;
  /** Frames so far, without the acknowledgements that the peer asked for. */
  #frameCount = 0;
  #tableDrop: TableDrop = TableDrop.No;

  constructor(buffers: OutputBuffers) {
    this.#buffers = buffers;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** The buffer whose first `lengthBytes` were appended. It is the caller's now. */
  take(): Buffer {
    const taken = this.#buffer;
    this.#buffer = noBuffer;
    this.#lengthBytes = 0;
    return taken;
  }

  settings(values: readonly (readonly [setting: number, value: number])[]): void {
    const at = this.#frame(FrameType.Settings, FrameFlag.None, 0, values.length * settingSizeBytes);
    for (const [index, [setting, value]] of values.entries()) {
      this.#buffer.writeUInt16BE(setting, at + index * settingSizeBytes);
      this.#buffer.writeUInt32BE(value, at + index * settingSizeBytes + 2);
    }
  }

  settingsAck(): void {
    this.#frame(FrameType.Settings, FrameFlag.Ack, 0, 0);
    this.#frameCount -= 1;
  }

  ping(): void {
    const at = this.#frame(FrameType.Ping, FrameFlag.None, 0, pingSizeBytes);
    this.#buffer.fill(0, at, at + pingSizeBytes);
  }

  /** `bytes` at `fromBytes` are the eight of the peer's PING. */
  pingAck(bytes: Uint8Array, fromBytes: number): void {
    const at = this.#frame(FrameType.Ping, FrameFlag.Ack, 0, pingSizeBytes);
    this.#buffer.set(bytes.subarray(fromBytes, fromBytes + pingSizeBytes), at);
    this.#frameCount -= 1;
  }

  goaway(lastStreamId: number, error: Http2Error, reason: string): void {
    const at = this.#frame(FrameType.Goaway, FrameFlag.None, 0, 8 + reason.length);
    this.#writeUint32(at, lastStreamId);
    this.#writeUint32(at + 4, error);
    this.#buffer.write(reason, at + 8, 'latin1');
  }

  resetStream(streamId: number, error: number): void {
    this.#writeUint32(this.#frame(FrameType.RstStream, FrameFlag.None, streamId, 4), error);
  }

  windowUpdate(streamId: number, incrementBytes: number): void {
    assert(incrementBytes > 0, 'window update of nothing');
    this.#writeUint32(
      this.#frame(FrameType.WindowUpdate, FrameFlag.None, streamId, 4),
      incrementBytes,
    );
  }

  /**
   * We use no table, but who asks for a smaller one than usual must hear of it (RFC 7541 section
   * 4.2): the next header block says that ours has no bytes. Once is enough for good.
   */
  dropTable(): void {
    this.#tableDrop = this.#tableDrop === TableDrop.No ? TableDrop.Due : this.#tableDrop;
  }

  headers(streamId: number, { encoded }: FieldBlock, endsStream: boolean): void {
    assert(encoded.length < framePayloadSizeBytesMax, 'header block larger than a frame');
    const flags = endsStream ? FrameFlag.EndHeaders | FrameFlag.EndStream : FrameFlag.EndHeaders;
    const updates = this.#tableDrop === TableDrop.Due ? 1 : 0;
    const at = this.#frame(FrameType.Headers, flags, streamId, updates + encoded.length);
    if (updates === 1) {
      this.#buffer[at] = tableSizeUpdateToZero;
      this.#tableDrop = TableDrop.Done;
    }
    this.#buffer.set(encoded, at + updates);
  }

  data(streamId: number, part: Uint8Array, endsStream: boolean): void {
    assert(part.length <= framePayloadSizeBytesMax, 'data larger than a frame');
    const flags = endsStream ? FrameFlag.EndStream : FrameFlag.None;
    const at = this.#frame(FrameType.Data, flags, streamId, part.length);
    this.#buffer.set(part, at);
  }

  /** Writes the nine bytes and makes room for the payload, whose offset it returns. */
  #frame(type: number, flags: number, streamId: number, payloadSizeBytes: number): number {
    const at = this.#lengthBytes;
    const end = at + frameHeaderSizeBytes + payloadSizeBytes;
    if (end > this.#buffer.length) this.#grow(end);
    const buffer = this.#buffer;
    buffer[at] = payloadSizeBytes >>> 16;
    buffer[at + 1] = payloadSizeBytes >>> 8;
    buffer[at + 2] = payloadSizeBytes;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    this.#lengthBytes = end;
    this.#frameCount += 1;
    this.#writeUint32(at + 5, streamId);
    return at + frameHeaderSizeBytes;
  }

  #writeUint32(at: number, value: number): void {
    const buffer = this.#buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  #grow(sizeBytes: number): void {
    const smaller = this.#buffer;
    this.#buffer = this.#buffers.take(sizeBytes);
    this.#buffer.set(smaller.subarray(0, this.#lengthBytes));
    if (smaller !== noBuffer) this.#buffers.give(smaller);
  }
}

const noBuffer = Buffer.alloc(0);

const TableDrop = { No: 0, Due: 1, Done: 2 } as const;
type TableDrop = (typeof TableDrop)[keyof typeof TableDrop];
const tableSizeUpdateToZero = 0x20;
