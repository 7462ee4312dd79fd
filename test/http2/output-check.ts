// Whether what a server writes is HTTP/2: whole frames of known types and sizes, answers in order,
// nothing on streams that the client never used, header blocks that decode.

import assert from 'node:assert/strict';
import {
  FrameFlag,
  FrameType,
  framePayloadSizeBytesMax,
  pingSizeBytes,
  settingSizeBytes,
} from '../../src/http2/frame-format.ts';
import { DecodeStatus, HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { contentOf, type RawFrame, RawFrameReader } from '../support/raw-frames.ts';

/** What the next frame of an answer may be. */
const Next = { Headers: 0, Data: 1, Nothing: 2 } as const;
type Next = (typeof Next)[keyof typeof Next];

export class OutputCheck {
  frameCount = 0;
  goawayCount = 0;
  readonly #reader = new RawFrameReader();
  readonly #decoder = new HpackDecoder();
  readonly #answers = new Map<number, Next>();
  #readBytes = 0;
  #framedBytes = 0;

  /** `lastStreamId` is the highest that the client has used. */
  push(bytes: Buffer, lastStreamId: number): void {
    this.#readBytes += bytes.length;
    for (const frame of this.#reader.push(bytes)) {
      this.frameCount += 1;
      this.#framedBytes += 9 + frame.payload.length;
      assert.ok(frame.payload.length <= framePayloadSizeBytesMax, 'a frame too large');
      this.#check(frame, lastStreamId);
    }
  }

  /** The server has said all. */
  end(): void {
    assert.equal(this.#framedBytes, this.#readBytes, 'the last frame is cut off');
  }

  #check(frame: RawFrame, lastStreamId: number): void {
    const { type, flags, streamId, payload } = frame;
    switch (type) {
      case FrameType.Settings:
        assert.equal(streamId, 0);
        assert.equal(payload.length % settingSizeBytes, 0);
        return;
      case FrameType.Ping:
        assert.equal(streamId, 0);
        assert.equal(payload.length, pingSizeBytes);
        return;
      case FrameType.Goaway:
        assert.equal(streamId, 0);
        this.goawayCount += 1;
        return;
      case FrameType.WindowUpdate:
        assert.equal(payload.length, 4);
        assert.ok(payload.readInt32BE(0) > 0, 'an increment of nothing');
        if (streamId !== 0) this.#checkUsed(streamId, lastStreamId);
        return;
      case FrameType.RstStream:
        assert.equal(payload.length, 4);
        this.#checkUsed(streamId, lastStreamId);
        this.#answers.set(streamId, Next.Nothing);
        return;
      case FrameType.Headers:
      case FrameType.Data:
        this.#checkUsed(streamId, lastStreamId);
        this.#answer(frame, (flags & FrameFlag.EndStream) !== 0);
        return;
      default:
        assert.fail(`a frame of type ${type}`);
    }
  }

  #answer(frame: RawFrame, endsStream: boolean): void {
    const { type, flags, streamId } = frame;
    const next = this.#answers.get(streamId) ?? Next.Headers;
    assert.notEqual(next, Next.Nothing, 'more after the end of a stream');
    if (type === FrameType.Data) {
      assert.equal(next, Next.Data, 'DATA before HEADERS');
    } else {
      assert.ok(next === Next.Headers || endsStream, 'trailers without END_STREAM');
      assert.notEqual(flags & FrameFlag.EndHeaders, 0);
      const block = contentOf(frame);
      const status = this.#decoder.decode(block, 0, block.length, { field() {} });
      assert.equal(status, DecodeStatus.Ok, 'a header block that does not decode');
    }
    this.#answers.set(streamId, endsStream ? Next.Nothing : Next.Data);
  }

  #checkUsed(streamId: number, lastStreamId: number): void {
    assert.ok(streamId % 2 === 1 && streamId <= lastStreamId, 'a frame on an idle stream');
  }
}

/** The highest stream for which there is a whole HEADERS frame in what a client has written. */
export class UsedStreams {
  lastId = 0;
  readonly #reader = new RawFrameReader();
  #skipBytes: number;

  constructor(prefaceSizeBytes: number) {
    this.#skipBytes = prefaceSizeBytes;
  }

  push(bytes: Buffer): void {
    const skipped = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= skipped;
    for (const { type, streamId } of this.#reader.push(bytes.subarray(skipped))) {
      if (type === FrameType.Headers) this.lastId = Math.max(this.lastId, streamId);
    }
  }
}
