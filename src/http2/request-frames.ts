// HEADERS and CONTINUATION: requests begin here, and end with their trailers. Every header block is
// decoded, also those of streams that nobody wants, because each may change the decoder's table
// (RFC 9113 section 4.3).

import { assert } from '../assert.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { ShardCounter } from '../memory/state-page.ts';
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

  constructor(core: ConnectionCore, owner: StreamOwner, events: RequestEvents) {
    this.#core = core;
    this.#owner = owner;
    this.#events = events;
  }

  /** Of the header block that wants CONTINUATION; 0 for none. */
  get openBlockStreamId(): number {
    return this.#assembly.start?.streamId ?? 0;
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
    const head = this.#decoder.takeHead();
    if (streamId > core.lastStreamId) {
      core.streams.silence(streamId); // GOAWAY has told the peer
    } else if (start.dependencyId === streamId) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
    } else if (core.streams.openCount >= core.openStreamsMax) {
      this.#refuse(streamId);
      core.parts.counters.addAbuse(ConnectionAbuse.ConcurrentStreams);
      core.spend(ConnectionAbuse.RefusedStreamFlood);
    } else if (head.malformed !== undefined) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
    } else {
      if (head.isTooLarge) core.parts.counters.addAbuse(ConnectionAbuse.HeaderList);
      if (core.parts.openRequests.enter(core.streams.openCount)) {
        this.#open(streamId, head, start.endsStream);
      } else {
        core.parts.counters.add(ShardCounter.RefusedStreams, 1);
        this.#refuse(streamId); // no fault of the peer: it may send it again, and is told so
      }
    }
  }

  #open(streamId: number, head: RequestHead, endsStream: boolean): void {
    const core = this.#core;
    const stream = new Http2Stream(
      this.#owner,
      streamId,
      head,
      core.nowMs,
      core.initialWindowBytes,
      core.peer.initialWindowSizeBytes,
      endsStream,
    );
    core.streams.add(stream);
    this.#events.streamOpened();
    const handler = core.parts.accept(stream);
    stream.handler = handler;
    stream.forgetHead();
    // Answered, and even closed, before anybody could tell the handler.
    if (stream.closed) handler.closed();
    else if (endsStream) core.endRequest(stream);
  }

  #refuse(streamId: number): void {
    const { writer, streams } = this.#core;
    writer.resetStream(streamId, Http2Error.RefusedStream);
    streams.silence(streamId);
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
      core.endRequest(stream);
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
