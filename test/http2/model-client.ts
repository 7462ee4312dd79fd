// A client that keeps exact books of its credit, sends never more than they allow, and takes any
// connection error, any RST_STREAM but the polite one, and any answer that would make a producer
// drop its data for what it is: a fault of the server.

import assert from 'node:assert/strict';
import {
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  framePayloadSizeBytesMax,
  Http2Error,
  Setting,
  windowSizeBytesInitial,
  windowSizeBytesMax,
} from '../../src/http2/frame-format.ts';
import { DecodeStatus, HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { KiB } from '../../src/limits.ts';
import type { Http2Rig } from '../support/http2-rig.ts';
import {
  contentOf,
  dataFrame,
  headersFrame,
  pingFrame,
  type RawFrame,
  resetFrame,
  settingsAckFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { ModelCall, type ModelRequest } from './model-call.ts';

/** What one read of a socket brings at most. */
const chunkSizeBytesMax = 64 * KiB;

export class ModelClient {
  readonly rig: Http2Rig;
  /** All that were ever opened, by stream. */
  readonly calls = new Map<number, ModelCall>();
  pingsAwaitedCount = 0;
  /** As we were told last. */
  concurrentStreamsMax = Infinity;
  readonly #decoder = new HpackDecoder();
  #windowBytes = windowSizeBytesInitial;
  /** Written and not with the server yet. */
  #wire: Buffer = Buffer.alloc(0);
  #writtenBytes = 0;
  /** DATA, and where in all that was written the server learns of it. */
  #dataUnderWay: { readonly at: number; readonly sizeBytes: number }[] = [];
  /** The other frames, as places in all that was written. */
  #othersUnderWay: { readonly from: number; readonly to: number }[] = [];
  #unacknowledgedBytes = 0;
  #sinceThePauseCount = 0;
  /** Of its SETTINGS: who comes while there is no room is read later. */
  #awaitsAck: boolean;

  constructor(rig: Http2Rig) {
    this.rig = rig;
    this.#awaitsAck = rig.socket.isPaused;
  }

  get openCalls(): ModelCall[] {
    return [...this.calls.values()].filter((call) => !call.isOver);
  }

  get okCount(): number {
    return [...this.calls.values()].filter((call) => call.isOk).length;
  }

  /** All that was written has been read. */
  get isHeard(): boolean {
    return this.#wire.length === 0 && !this.rig.socket.isPaused;
  }

  get wireSizeBytes(): number {
    return this.#wire.length;
  }

  /** What the server must have outstanding by our books. */
  get creditBytes(): number {
    return this.#dataUnderWay.reduce((sum, { sizeBytes }) => sum + sizeBytes, this.#windowBytes);
  }

  /** What is over is not kept any more. */
  forget(): void {
    for (const [id, call] of this.calls) if (call.isOver) this.calls.delete(id);
    this.rig.frames.length = 0;
    this.#wire = Buffer.from(this.#wire); // it was part of something large
  }

  open(request: ModelRequest): void {
    const id = this.rig.takeStreamId();
    this.calls.set(id, new ModelCall(id, request));
    this.#write(headersFrame(id, request.headers));
  }

  /** As much of `sizeBytes` as the call has, and as there is credit for. */
  send(call: ModelCall, sizeBytes: number, frameSizeBytes: number): void {
    if (call.isOver || call.hasEnded) return;
    const frames: Buffer[] = [];
    let leftBytes = Math.min(sizeBytes, call.restBytes, call.windowBytes, this.#windowBytes);
    const mayEnd = call.restBytes === 0;
    while (leftBytes > 0) {
      const part = call.take(Math.min(leftBytes, frameSizeBytes));
      leftBytes -= part.length;
      const endStream = call.restBytes === 0 && !call.request.endsApart;
      call.hasEnded = endStream;
      this.#windowBytes -= part.length;
      frames.push(dataFrame(call.id, part, { endStream }));
    }
    if (mayEnd && !call.hasEnded) {
      call.hasEnded = true;
      frames.push(dataFrame(call.id, Buffer.alloc(0), { endStream: true }));
    }
    this.#write(...frames);
  }

  /** All calls send what they may; so much of it arrives. */
  pump(sizeBytes: number): void {
    for (const call of this.openCalls) {
      this.send(call, Number.MAX_SAFE_INTEGER, framePayloadSizeBytesMax);
    }
    this.deliver(sizeBytes, chunkSizeBytesMax);
  }

  /** The request ends here, whatever its headers say. */
  cutOff(call: ModelCall): void {
    if (call.isOver || call.hasEnded) return;
    call.isCutOff = true;
    call.hasEnded = true;
    this.#write(dataFrame(call.id, Buffer.alloc(0), { endStream: true }));
  }

  cancel(call: ModelCall): void {
    if (call.isOver) return;
    call.isCancelled = true;
    this.#write(resetFrame(call.id, Http2Error.Cancel));
  }

  ping(): void {
    this.pingsAwaitedCount += 1;
    this.#write(pingFrame());
  }

  /** A socket that was paused may have one more chunk to give. */
  deliver(sizeBytes: number, chunkSizeBytes: number): void {
    const { connection, socket } = this.rig;
    let leftBytes = Math.min(sizeBytes, this.#wire.length);
    while (leftBytes > 0) {
      this.#sinceThePauseCount = socket.isPaused ? this.#sinceThePauseCount + 1 : 0;
      if (this.#sinceThePauseCount > 1) return;
      const chunk = Buffer.from(this.#wire.subarray(0, Math.min(leftBytes, chunkSizeBytes)));
      this.#wire = this.#wire.subarray(chunk.length);
      leftBytes -= chunk.length;
      const deliveredBytes = this.#writtenBytes - this.#wire.length;
      this.#dataUnderWay = this.#dataUnderWay.filter(({ at }) => at > deliveredBytes);
      this.#othersUnderWay = this.#othersUnderWay.filter(({ to }) => to > deliveredBytes);
      connection.receive(chunk);
      chunk.fill(0xee); // it was the socket's
    }
  }

  /** Nobody may take long over a frame other than DATA: the rest of one that has begun comes. */
  deliverFrame(): void {
    const [frame] = this.#othersUnderWay;
    const deliveredBytes = this.#writtenBytes - this.#wire.length;
    if (frame === undefined || frame.from >= deliveredBytes) return;
    this.deliver(frame.to - deliveredBytes, frame.to - deliveredBytes);
  }

  /** False: there was nothing. */
  read(): boolean {
    const frames = this.rig.readFrames();
    for (const frame of frames) this.#take(frame);
    if (this.#unacknowledgedBytes >= windowSizeBytesInitial / 4) {
      this.#write(windowUpdateFrame(0, this.#unacknowledgedBytes));
      this.#unacknowledgedBytes = 0;
    }
    return frames.length > 0;
  }

  #take(frame: RawFrame): void {
    const { type, flags, streamId, payload } = frame;
    const call = this.calls.get(streamId);
    const ends = (flags & FrameFlag.EndStream) !== 0;
    switch (type) {
      case FrameType.WindowUpdate:
        this.#grant(streamId, payload.readUInt32BE(0));
        break;
      case FrameType.Headers:
        assert.ok(call !== undefined, 'an answer to nothing');
        call.answered(this.#fieldsOf(contentOf(frame)), ends);
        break;
      case FrameType.Data:
        assert.ok(call !== undefined, 'an answer to nothing');
        this.#unacknowledgedBytes += payload.length;
        if (ends) call.answered([], true);
        break;
      case FrameType.Settings:
        if (this.#awaitsAck && flags !== 0) {
          this.#awaitsAck = false;
          break;
        }
        assert.equal(flags, 0, 'an acknowledgement of nothing');
        assert.equal(payload.readUInt16BE(0), Setting.MaxConcurrentStreams);
        this.concurrentStreamsMax = payload.readUInt32BE(2);
        this.#write(settingsAckFrame());
        break;
      case FrameType.Ping:
        this.pingsAwaitedCount -= 1;
        break;
      case FrameType.RstStream:
        assert.ok(call !== undefined, 'RST_STREAM of nothing');
        call.reset(payload.readUInt32BE(0));
        break;
      default:
        assert.fail(`frame ${type} of stream ${streamId}: ${payload.toString('latin1')}`);
    }
  }

  #grant(streamId: number, sizeBytes: number): void {
    assert.ok(sizeBytes > 0);
    if (streamId === 0) {
      this.#windowBytes += sizeBytes;
      assert.ok(this.#windowBytes <= windowSizeBytesMax);
      return;
    }
    const call = this.calls.get(streamId);
    assert.ok(call !== undefined, 'credit for nothing');
    call.windowBytes += sizeBytes;
    if (call.request.cancelsAtGrant) this.cancel(call);
  }

  #fieldsOf(block: Uint8Array): [string, string][] {
    const fields: [string, string][] = [];
    const status = this.#decoder.decode(block, 0, block.length, {
      field: (name, value) => fields.push([name, value]),
    });
    assert.equal(status, DecodeStatus.Ok);
    return fields;
  }

  #write(...frames: readonly Buffer[]): void {
    for (const bytes of frames) {
      const sizeBytes = bytes.length - frameHeaderSizeBytes;
      const from = this.#writtenBytes;
      this.#writtenBytes += bytes.length;
      if (bytes[3] !== FrameType.Data) {
        this.#othersUnderWay.push({ from, to: this.#writtenBytes });
      } else if (sizeBytes > 0) {
        this.#dataUnderWay.push({ at: from + frameHeaderSizeBytes, sizeBytes });
      }
    }
    this.#wire = Buffer.concat([this.#wire, ...frames]);
  }
}
