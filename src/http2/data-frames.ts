// DATA: the bodies of requests, charged against the credit of connection and stream, and handed on
// where they lie.

import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { paddingSizeBytesMax, smallDataFramesMax, smallDataSizeBytes } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import { FrameFlag, Http2Error } from './frame-format.ts';
import type { Http2Stream } from './http2-stream.ts';
import { StreamState } from './stream-table.ts';

export class DataFrames {
  readonly #core: ConnectionCore;
  /** Of the frame under way; undefined when nobody wants it. */
  #stream: Http2Stream | undefined;
  #endsStream = false;
  #paddingBytes = 0;

  constructor(core: ConnectionCore) {
    this.#core = core;
  }

  /** Of the frame under way, what may have to be held once it comes. */
  get unpromisedBytes(): number {
    const stream = this.#stream;
    if (stream === undefined || stream.closed || stream.answer !== undefined) return 0;
    return Math.min(stream.frameLeftBytes, stream.frameUnpromisedBytes);
  }

  start(streamId: number, flags: number, sizeBytes: number, paddingBytes: number): void {
    const core = this.#core;
    this.#stream = undefined;
    const stream = core.streams.get(streamId); // nearly always there: looked for once
    const state = stream === undefined ? core.streams.stateOf(streamId) : StreamState.Open;
    if (state === StreamState.Idle) {
      const reason = 'DATA without a stream';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
      return;
    }
    if (!core.credit.receive(sizeBytes + paddingBytes)) {
      const reason = 'DATA beyond the window';
      core.fail(Http2Error.FlowControlError, reason, ConnectionAbuse.DataBeyondWindow);
      return;
    }
    this.#endsStream = (flags & FrameFlag.EndStream) !== 0;
    if (sizeBytes === 0 && !this.#endsStream && !core.spend(ConnectionAbuse.EmptyFrames)) return;
    if (stream === undefined) {
      if (state === StreamState.Closed) core.streamError(streamId, Http2Error.StreamClosed);
      else this.#late(streamId, this.#endsStream, sizeBytes);
    } else if (stream.requestEnded) {
      core.streamError(streamId, Http2Error.StreamClosed);
    } else if (this.#charge(stream, sizeBytes, paddingBytes)) {
      this.#stream = stream;
    }
  }

  part(bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.frameLeftBytes -= to - from;
    if (stream.closed || stream.answer !== undefined) return;
    stream.handler?.data(bytes, from, to);
  }

  end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined || stream.closed) return;
    if (this.#paddingBytes > 0) this.#core.grantStream(stream);
    if (this.#endsStream) this.#core.endRequest(stream);
  }

  /** We closed the stream while this was on its way; but it can not be on its way for ever. */
  #late(streamId: number, endsStream: boolean, sizeBytes: number): void {
    const core = this.#core;
    if (endsStream) core.streams.endSilenced(streamId);
    else if (sizeBytes < smallDataSizeBytes) core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
  }

  /** Counts a DATA frame against its stream; false when that was too much for it. */
  #charge(stream: Http2Stream, sizeBytes: number, paddingBytes: number): boolean {
    const core = this.#core;
    if (sizeBytes + paddingBytes > stream.receiveWindowBytes) {
      const abuse = ConnectionAbuse.DataBeyondWindow;
      core.streamError(stream.id, Http2Error.FlowControlError, abuse);
      return false;
    }
    stream.receiveWindowBytes -= sizeBytes + paddingBytes;
    stream.receivedBytes += sizeBytes;
    stream.frameLeftBytes = sizeBytes;
    stream.paddingBytes += paddingBytes;
    this.#paddingBytes = paddingBytes;
    const promisedBytes = Math.min(stream.promisedBytes, sizeBytes);
    stream.frameUnpromisedBytes = sizeBytes - promisedBytes;
    if (promisedBytes > 0) {
      stream.promisedBytes -= promisedBytes;
      core.credit.promise(-promisedBytes);
    }
    const { contentLengthBytes = Number.POSITIVE_INFINITY } = stream;
    if (stream.receivedBytes > contentLengthBytes) {
      core.streamError(stream.id, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
      return false;
    }
    if (stream.paddingBytes > paddingSizeBytesMax) {
      core.streamError(stream.id, Http2Error.EnhanceYourCalm, ConnectionAbuse.ExcessPadding);
      return false;
    }
    if (sizeBytes >= smallDataSizeBytes || this.#endsStream) return true;
    stream.smallFrameCount += 1;
    if (stream.smallFrameCount <= smallDataFramesMax) return true;
    core.streamError(stream.id, Http2Error.EnhanceYourCalm, ConnectionAbuse.SmallData);
    return false;
  }
}
