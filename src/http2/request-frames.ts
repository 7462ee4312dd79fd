// HEADERS, CONTINUATION and DATA: requests and their bodies. Every header block is decoded, also
// those of streams that nobody wants, because each may change the decoder's table (RFC 9113 section
// 4.3).

import { assert } from '../assert.ts';
import { ConnectionAbuse } from '../memory/state-page.ts';
import { paddingSizeBytesMax, smallDataFramesMax, smallDataSizeBytes } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import { FrameFlag, Http2Error } from './frame-format.ts';
import { HeadDecoder } from './head-decoder.ts';
import {
  HeaderAssembly,
  type HeaderBlockStart,
  HeadersFault,
  readHeadersPayload,
} from './header-assembly.ts';
import { DecodeStatus, type FieldSink } from './hpack-decoder.ts';
import { Http2Stream, type StreamOwner } from './http2-stream.ts';
import { type RequestHead, TrailerCheck } from './request-head.ts';
import { StreamState } from './stream-table.ts';

export interface RequestEvents {
  /** A header block has begun that needs more frames, or such a one is complete. */
  headerBlockOpen(isOpen: boolean): void;
  streamOpened(): void;
}

export class RequestFrames {
  readonly #core: ConnectionCore;
  readonly #owner: StreamOwner;
  readonly #events: RequestEvents;
  readonly #decoder = new HeadDecoder();
  readonly #assembly = new HeaderAssembly();
  /** Of the DATA frame under way; undefined when nobody wants it. */
  #dataStream: Http2Stream | undefined;
  #dataEndsStream = false;
  #dataPaddingBytes = 0;

  constructor(core: ConnectionCore, owner: StreamOwner, events: RequestEvents) {
    this.#core = core;
    this.#owner = owner;
    this.#events = events;
  }

  /** Of the header block that wants CONTINUATION; 0 for none. */
  get openBlockStreamId(): number {
    return this.#assembly.start?.streamId ?? 0;
  }

  /** Of the DATA frame under way, what may have to be held once it comes. */
  get unpromisedBytes(): number {
    const stream = this.#dataStream;
    if (stream === undefined || stream.closed || stream.answer !== undefined) return 0;
    return Math.min(stream.frameLeftBytes, stream.frameUnpromisedBytes);
  }

  headers(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    const payload = readHeadersPayload(flags, bytes, from, to);
    if (streamId % 2 === 0) {
      const reason = 'HEADERS on a stream that is no client stream';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
    } else if (payload === HeadersFault.FrameSize) {
      core.fail(Http2Error.FrameSizeError, 'size of HEADERS', ConnectionAbuse.FrameSyntax);
    } else if (payload === HeadersFault.PadLength) {
      core.fail(Http2Error.ProtocolError, 'pad length', ConnectionAbuse.Padding);
    } else {
      const { fromBytes, toBytes, dependencyId } = payload;
      const endsStream = (flags & FrameFlag.EndStream) !== 0;
      const start = { streamId, endsStream, dependencyId };
      if ((flags & FrameFlag.EndHeaders) !== 0) this.#block(start, bytes, fromBytes, toBytes);
      else this.#beginBlock(start, bytes.subarray(fromBytes, toBytes));
    }
  }

  continuation(flags: number, streamId: number, fragment: Uint8Array): void {
    const core = this.#core;
    const { start } = this.#assembly;
    if (start === undefined) {
      const reason = 'CONTINUATION without HEADERS';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
      return;
    }
    assert(start.streamId === streamId, 'CONTINUATION of another stream was let through');
    const isLast = (flags & FrameFlag.EndHeaders) !== 0;
    if (fragment.length === 0 && !isLast && !core.spend(ConnectionAbuse.EmptyFrames)) return;
    if (!this.#assembly.append(fragment)) {
      const reason = 'CONTINUATION flood';
      core.fail(Http2Error.EnhanceYourCalm, reason, ConnectionAbuse.ContinuationFlood);
    } else if (isLast) {
      const block = this.#assembly.take();
      this.#events.headerBlockOpen(false);
      this.#block(start, block, 0, block.length);
    }
  }

  dataStart(streamId: number, flags: number, sizeBytes: number, paddingBytes: number): void {
    const core = this.#core;
    this.#dataStream = undefined;
    const state = streamId === 0 ? StreamState.Idle : core.streams.stateOf(streamId);
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
    this.#dataEndsStream = (flags & FrameFlag.EndStream) !== 0;
    if (sizeBytes === 0 && !this.#dataEndsStream && !core.spend(ConnectionAbuse.EmptyFrames))
      return;
    const stream = core.streams.get(streamId);
    if (stream === undefined) {
      if (state === StreamState.Closed) core.streamError(streamId, Http2Error.StreamClosed);
      else this.#late(streamId, this.#dataEndsStream, sizeBytes);
    } else if (stream.requestEnded) {
      core.streamError(streamId, Http2Error.StreamClosed);
    } else if (this.#charge(stream, sizeBytes, paddingBytes)) {
      this.#dataStream = stream;
    }
  }

  dataPart(bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#dataStream;
    if (stream === undefined) return;
    stream.frameLeftBytes -= to - from;
    if (stream.closed || stream.answer !== undefined) return;
    stream.handler?.data(bytes, from, to);
  }

  dataEnd(): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined || stream.closed) return;
    if (this.#dataPaddingBytes > 0) this.grantStream(stream);
    if (this.#dataEndsStream) this.#endRequest(stream);
  }

  /** What was promised must fit through the stream's own window, too. */
  grantStream(stream: Http2Stream): void {
    const dueBytes = stream.promisedBytes - stream.receiveWindowBytes;
    if (dueBytes <= 0) return;
    stream.receiveWindowBytes += dueBytes;
    this.#core.writer.windowUpdate(stream.id, dueBytes);
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
    this.#dataPaddingBytes = paddingBytes;
    const promisedBytes = Math.min(stream.promisedBytes, sizeBytes);
    stream.frameUnpromisedBytes = sizeBytes - promisedBytes;
    if (promisedBytes > 0) {
      stream.promisedBytes -= promisedBytes;
      core.credit.promise(-promisedBytes);
    }
    const { contentLengthBytes = Number.POSITIVE_INFINITY } = stream.head;
    if (stream.receivedBytes > contentLengthBytes) {
      core.streamError(stream.id, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
      return false;
    }
    if (stream.paddingBytes > paddingSizeBytesMax) {
      core.streamError(stream.id, Http2Error.EnhanceYourCalm, ConnectionAbuse.ExcessPadding);
      return false;
    }
    if (sizeBytes >= smallDataSizeBytes || this.#dataEndsStream) return true;
    stream.smallFrameCount += 1;
    if (stream.smallFrameCount <= smallDataFramesMax) return true;
    core.streamError(stream.id, Http2Error.EnhanceYourCalm, ConnectionAbuse.SmallData);
    return false;
  }

  #beginBlock(start: HeaderBlockStart, fragment: Uint8Array): void {
    if (fragment.length === 0 && !this.#core.spend(ConnectionAbuse.EmptyFrames)) return;
    this.#assembly.begin(start, fragment);
    this.#events.headerBlockOpen(true);
  }

  #block(start: HeaderBlockStart, bytes: Uint8Array, from: number, to: number): void {
    const { streams } = this.#core;
    const stream = streams.get(start.streamId);
    if (stream !== undefined) this.#trailers(stream, start, bytes, from, to);
    else if (start.streamId > streams.lastId) this.#request(start, bytes, from, to);
    else this.#lateBlock(start, bytes, from, to);
  }

  #request(start: HeaderBlockStart, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    const { streamId } = start;
    core.streams.use(streamId);
    if (!this.#isDecoded(this.#decoder.readHead(bytes, from, to))) return;
    const { head } = this.#decoder;
    if (streamId > core.lastStreamId) {
      core.streams.silence(streamId); // GOAWAY has told the peer
    } else if (start.dependencyId === streamId) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
    } else if (core.streams.openCount >= core.parts.concurrentStreamsMax) {
      this.#refuse(streamId);
    } else if (head.malformed !== undefined) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
    } else {
      if (head.isTooLarge) core.parts.counters.addAbuse(ConnectionAbuse.HeaderList);
      this.#open(streamId, head, start.endsStream);
    }
  }

  #open(streamId: number, head: RequestHead, endsStream: boolean): void {
    const core = this.#core;
    const sendBytes = core.peer.initialWindowSizeBytes;
    const stream = new Http2Stream(this.#owner, streamId, head, core.nowMs, sendBytes, endsStream);
    core.streams.add(stream);
    this.#events.streamOpened();
    const handler = core.parts.accept(stream);
    stream.handler = handler;
    // Answered, and even closed, before anybody could tell the handler.
    if (stream.closed) handler.closed();
    else if (endsStream) this.#endRequest(stream);
  }

  #refuse(streamId: number): void {
    const core = this.#core;
    core.parts.counters.addAbuse(ConnectionAbuse.ConcurrentStreams);
    core.writer.resetStream(streamId, Http2Error.RefusedStream);
    core.streams.silence(streamId);
    core.spend(ConnectionAbuse.RefusedStreamFlood);
  }

  #trailers(
    stream: Http2Stream,
    { streamId, endsStream, dependencyId }: HeaderBlockStart,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    const core = this.#core;
    const trailers = new TrailerCheck();
    if (!this.#decode(bytes, from, to, trailers)) return;
    if (stream.requestEnded) {
      core.streamError(streamId, Http2Error.StreamClosed);
    } else if (!endsStream || dependencyId === streamId || trailers.malformed !== undefined) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
    } else {
      this.#endRequest(stream);
    }
  }

  /** A block on a stream that is closed, or that was passed over. */
  #lateBlock(start: HeaderBlockStart, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    const trailers = new TrailerCheck();
    if (!this.#decode(bytes, from, to, trailers)) return;
    if (core.streams.stateOf(start.streamId) === StreamState.Silenced) {
      if (start.endsStream && trailers.malformed === undefined) {
        core.streams.endSilenced(start.streamId);
      } else {
        core.streamError(start.streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
      }
      return;
    }
    const error = core.streams.wasEnded(start.streamId)
      ? Http2Error.StreamClosed
      : Http2Error.ProtocolError;
    core.fail(error, 'HEADERS on a closed stream', ConnectionAbuse.FrameSyntax);
  }

  #endRequest(stream: Http2Stream): void {
    const core = this.#core;
    const { contentLengthBytes } = stream.head;
    if (contentLengthBytes !== undefined && contentLengthBytes !== stream.receivedBytes) {
      core.streamError(stream.id, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
      return;
    }
    stream.requestEnded = true;
    if (stream.promisedBytes > 0) core.credit.promise(-stream.promisedBytes);
    stream.promisedBytes = 0;
    if (stream.answer === undefined) stream.handler?.end();
  }

  #decode(bytes: Uint8Array, from: number, to: number, sink: FieldSink): boolean {
    return this.#isDecoded(this.#decoder.read(bytes, from, to, sink));
  }

  #isDecoded(status: DecodeStatus): boolean {
    const core = this.#core;
    if (status === DecodeStatus.Ok) return true;
    if (status === DecodeStatus.CompressionError)
      core.fail(Http2Error.CompressionError, 'HPACK', ConnectionAbuse.HpackSyntax);
    else core.fail(Http2Error.EnhanceYourCalm, 'HPACK bomb', ConnectionAbuse.HpackBomb);
    return false;
  }
}
