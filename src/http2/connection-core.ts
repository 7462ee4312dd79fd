// What all parts of one connection share: its streams, its credit, its output, and the two kinds of
// error that HTTP/2 knows (RFC 9113 section 5.4). A stream error ends one stream, a connection
// error says GOAWAY and ends them all.
//
// What one connection can make us hold outside of the arena, beside its TLS state:
//
//   6 KB           at rest (test/http2/connection-memory.test.ts measures it)
//   256 x 0.8 KB   its open streams, of which a shard has 6,144 (open-requests.ts)
//   14 KB          an HPACK table full of the smallest entries
//   16 + 64 KiB    a frame that is not whole yet, and a header block in pieces
//   17 + 17 KiB    what was read of the socket and waits, while we do not read on, and a TLS record
//                  that is not whole; 80 + 17 of the few that read wide (tls/secure-listener.ts).
//                  At most 256 of a port wait so for memory (read-crowd.ts)
//   64 KiB         answers that it does not read; beyond that we do not read on either, and the
//                  answers to what was read by then are 4 KiB each

import type { Clock } from '../clock.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import type { LandingPool } from '../memory/landing-pool.ts';
import type { ShardCounter } from '../memory/state-page.ts';
import { AbuseLimits, idleFramesPerStream, type RatedAbuse } from './abuse-limits.ts';
import { AnswerSender } from './answer-sender.ts';
import type { LifeBounds } from './connection-life.ts';
import type { ConnectionOutput, OutputTurn } from './connection-output.ts';
import { framePaddingSizeBytesMax, Http2Error, streamIdMax } from './frame-format.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Http2Stream } from './http2-stream.ts';
import type { OpenRequests } from './open-requests.ts';
import type { OutputBuffers } from './output-buffers.ts';
import { PeerSettings } from './peer-settings.ts';
import type { ReadCrowd } from './read-crowd.ts';
import { ReceiveCredit } from './receive-credit.ts';
import type { AcceptStream, ServerConnection } from './server-stream.ts';
import { StreamTable } from './stream-table.ts';
import { streamWindowCutBytes, streamWindowSizeBytes } from './stream-window.ts';

/** The same for all connections of a port. */
export interface ConnectionParts {
  readonly accept: AcceptStream;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly keepalive: LifeBounds;
  readonly concurrentStreamsMax: number;
  /** Until the client has read our SETTINGS, which tell it. */
  readonly earlyStreamsMax: number;
  readonly landing: Pick<
    LandingPool,
    | 'sizeBytes'
    | 'roomBytes'
    | 'firstRoomBytes'
    | 'newcomers'
    | 'late'
    | 'expect'
    | 'mayFill'
    | 'whenRoom'
    | 'whenFirstRoom'
    | 'whenFillable'
  >;
  readonly openRequests: OpenRequests;
  readonly counters: {
    add(counter: ShardCounter, amount: number): void;
    addAbuse(abuse: ConnectionAbuse): void;
  };
  readonly crowd: ReadCrowd;
  readonly buffers: OutputBuffers;
  readonly turn: OutputTurn;
}

/** What the core tells the connection. */
export interface CoreExits {
  /** GOAWAY is written; nothing is read any more. */
  failed(): void;
  streamClosed(): void;
}

export class ConnectionCore {
  readonly identity: ServerConnection;
  readonly parts: ConnectionParts;
  readonly output: ConnectionOutput;
  readonly writer: FrameWriter;
  readonly streams = new StreamTable();
  readonly credit = new ReceiveCredit();
  readonly peer = new PeerSettings();
  readonly limits = new AbuseLimits();
  readonly sender: AnswerSender;
  /** Streams above this are not taken any more: the peer was told so. */
  lastStreamId = streamIdMax;
  /**
   * The peer takes windows of streams for so much shorter than we do, once it has read our
   * SETTINGS: certainly when it reads any credit that we send, while we know when it has
   * acknowledged them.
   */
  #windowCutBytes = streamWindowCutBytes;
  /** Of the chunk that is read; close enough for everything that happens to it. */
  nowMs: number;
  readonly #exits: CoreExits;
  #failed = false;
  #freeIdleFrameCount = 0;

  constructor(
    identity: ServerConnection,
    parts: ConnectionParts,
    output: ConnectionOutput,
    exits: CoreExits,
  ) {
    this.identity = identity;
    this.parts = parts;
    this.output = output;
    this.writer = output.writer;
    this.#exits = exits;
    this.nowMs = parts.clock.nowMs();
    this.sender = new AnswerSender(this.writer, parts.clock, (stream) => this.#answered(stream));
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** A connection error. Every stream is closed; what the peer sends from now is thrown away. */
  fail(error: Http2Error, reason: string, abuse?: ConnectionAbuse): void {
    if (this.#failed) return;
    this.#failed = true;
    if (abuse !== undefined) this.parts.counters.addAbuse(abuse);
    // What was said in an earlier GOAWAY must not be taken back.
    this.writer.goaway(Math.min(this.streams.lastId, this.lastStreamId), error, reason);
    this.closeAllStreams();
    this.#exits.failed();
  }

  /** Of an open stream or of one that never came to be. */
  streamError(id: number, error: Http2Error, abuse?: ConnectionAbuse): void {
    if (this.#failed) return;
    if (abuse !== undefined) this.parts.counters.addAbuse(abuse);
    this.writer.resetStream(id, error);
    const stream = this.streams.get(id);
    if (stream === undefined) this.streams.silence(id);
    else this.closeStream(stream);
    this.spend(ConnectionAbuse.RapidReset);
  }

  /** False: it was one too many, and the connection has failed. */
  spend(abuse: RatedAbuse): boolean {
    if (this.limits.spend(abuse, this.nowMs)) return true;
    this.fail(Http2Error.EnhanceYourCalm, 'flood', abuse);
    return false;
  }

  /** For a frame that moves nothing: some are usual, as many more as there are streams. */
  chargeIdleFrame(
    abuse: typeof ConnectionAbuse.PriorityFlood | typeof ConnectionAbuse.UnknownFrames,
  ): void {
    if (this.#freeIdleFrameCount < idleFramesPerStream * this.streams.usedCount) {
      this.#freeIdleFrameCount += 1;
    } else this.spend(abuse);
  }

  closeStream(stream: Http2Stream): void {
    if (stream.closed) return;
    stream.closed = true;
    this.letGo(stream);
    this.streams.close(stream);
    this.parts.openRequests.leave();
    this.sender.forget(stream);
    stream.handler?.closed();
    this.#exits.streamClosed();
  }

  closeAllStreams(): void {
    for (const stream of this.streams.open()) this.closeStream(stream);
  }

  /** Nothing is held for the stream or promised to it any more. */
  letGo(stream: Http2Stream): void {
    if (stream.heldBytes > 0) this.credit.hold(-stream.heldBytes);
    if (stream.promisedBytes > 0) this.credit.promise(-stream.promisedBytes);
    stream.heldBytes = 0;
    stream.promisedBytes = 0;
    stream.waits = false;
  }

  /** The peer has not acknowledged our SETTINGS. */
  get isEarly(): boolean {
    return this.#windowCutBytes > 0;
  }

  /** More than so many are refused. */
  get openStreamsMax(): number {
    const { concurrentStreamsMax, earlyStreamsMax } = this.parts;
    return this.isEarly ? earlyStreamsMax : concurrentStreamsMax;
  }

  /** Of a stream that the peer opens now. */
  get initialWindowBytes(): number {
    return streamWindowSizeBytes + this.#windowCutBytes;
  }

  /** The peer has acknowledged our SETTINGS: what it sends from now on keeps to them. */
  cutWindows(): void {
    for (const stream of this.streams.open()) stream.receiveWindowBytes -= this.#windowCutBytes;
    this.#windowCutBytes = 0;
  }

  /** What was promised must fit through the stream's own window, and the padding of a frame. */
  grantStream(stream: Http2Stream): void {
    const windowBytes = stream.receiveWindowBytes - this.#windowCutBytes;
    const paddingBytes = stream.paddingBytes > 0 ? framePaddingSizeBytesMax : 0;
    const dueBytes = stream.promisedBytes + paddingBytes - windowBytes;
    if (dueBytes <= 0) return;
    stream.receiveWindowBytes += dueBytes;
    this.writer.windowUpdate(stream.id, dueBytes);
  }

  /** END_STREAM was received. */
  endRequest(stream: Http2Stream): void {
    const { contentLengthBytes } = stream;
    if (contentLengthBytes !== undefined && contentLengthBytes !== stream.receivedBytes) {
      this.streamError(stream.id, Http2Error.ProtocolError, ConnectionAbuse.FrameSyntax);
      return;
    }
    stream.requestEnded = true;
    if (stream.promisedBytes > 0) this.credit.promise(-stream.promisedBytes);
    stream.promisedBytes = 0;
    if (stream.answer === undefined) stream.handler?.end();
  }

  /** A request that is still under way gets a polite end (RFC 9113 section 8.1). */
  #answered(stream: Http2Stream): void {
    if (!stream.requestEnded) this.writer.resetStream(stream.id, Http2Error.NoError);
    this.closeStream(stream);
  }
}
