// One client's HTTP/2 connection: reads its frames, moves its streams, grants it credit, and ends
// with it, politely where there is time for that. It knows nothing of TLS or of what requests mean.

import type { Timer } from '../clock.ts';
import { headerListSizeBytesMax, MiB } from '../limits.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import { ConnectionAbuse } from '../memory/state-page.ts';
import {
  headerBlockMsMax,
  settingsAckMsMax,
  slowReaderMsMax,
  unreadAnswersSizeBytesMax,
} from './abuse-limits.ts';
import { ConnectionCore, type ConnectionParts } from './connection-core.ts';
import { ConnectionLife, Deadline } from './connection-life.ts';
import { ConnectionOutput, type ConnectionSocket } from './connection-output.ts';
import { ControlFrames } from './control-frames.ts';
import {
  FrameType,
  framePayloadSizeBytesMax,
  Http2Error,
  Setting,
  streamIdMax,
  windowSizeBytesInitial,
} from './frame-format.ts';
import { type FrameFault, FrameReader, type FrameSink } from './frame-reader.ts';
import type { Http2Stream, StreamAnswer, StreamOwner } from './http2-stream.ts';
import { RequestFrames } from './request-frames.ts';
import type { ServerConnection as ServerIdentity } from './server-stream.ts';

/** Why we do not read from a connection, a bit each. */
const Pause = { LandingFull: 1, HoldsTooMuch: 2, SlowReader: 4, PingFlood: 8 } as const;
type Pause = (typeof Pause)[keyof typeof Pause];

/** How far a polite end has come. */
const Ending = { No: 0, Announced: 1, Final: 2 } as const;
type Ending = (typeof Ending)[keyof typeof Ending];

export class ServerConnection implements FrameSink, StreamOwner {
  readonly identity: ServerIdentity;
  readonly #socket: ConnectionSocket;
  readonly #parts: ConnectionParts;
  readonly #core: ConnectionCore;
  readonly #output: ConnectionOutput;
  readonly #reader: FrameReader;
  readonly #control: ControlFrames;
  readonly #requests: RequestFrames;
  readonly #life: ConnectionLife;
  #bytesRead = 0;
  #reading = false;
  #paused = 0;
  /** Came when there was a reason not to read it. */
  #unread: Uint8Array = nothing;
  #soon: Timer | undefined;
  #slow: Timer | undefined;
  #roomWait: { cancel(): void } | undefined;
  #ending: Ending = Ending.No;
  #peerLeaves = false;
  #closed = false;
  #cut: Timer | undefined;

  /** Sends the SETTINGS. The caller gives us every chunk, and tells us when the socket closes. */
  constructor(socket: ConnectionSocket, identity: ServerIdentity, parts: ConnectionParts) {
    this.identity = identity;
    this.#socket = socket;
    this.#parts = parts;
    this.#output = new ConnectionOutput(socket, parts.buffers, parts.turn, () => this.#wrote());
    this.#core = new ConnectionCore(identity, parts, this.#output, {
      failed: () => this.#failed(),
      streamClosed: () => this.#streamClosed(),
    });
    this.#reader = new FrameReader(this);
    this.#life = this.#startLife();
    this.#control = new ControlFrames(this.#core, this.#controlEvents());
    this.#requests = new RequestFrames(this.#core, this, {
      headerBlockOpen: (isOpen) => {
        if (isOpen) this.#life.expect(Deadline.HeaderBlock, headerBlockMsMax);
        else this.#life.met(Deadline.HeaderBlock);
      },
      streamOpened: () => this.#life.streamOpened(),
    });
    this.#core.writer.settings([
      [Setting.HeaderTableSize, 4_096],
      [Setting.MaxConcurrentStreams, parts.concurrentStreamsMax],
      [Setting.InitialWindowSize, windowSizeBytesInitial],
      [Setting.MaxFrameSize, framePayloadSizeBytesMax],
      [Setting.MaxHeaderListSize, headerListSizeBytesMax],
    ]);
    this.#life.expect(Deadline.SettingsAck, settingsAckMsMax);
    this.#output.touch();
  }

  /** For tests and for the state dump. */
  get credit(): Pick<ConnectionCore['credit'], 'outstandingBytes' | 'heldBytes' | 'promisedBytes'> {
    return this.#core.credit;
  }

  get openStreamCount(): number {
    return this.#core.streams.openCount;
  }

  /** The chunk is valid only during the call. */
  receive(chunk: Uint8Array): void {
    if (this.#core.failed) return;
    this.#bytesRead += chunk.length;
    // A paused socket may have one more chunk to give.
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#read();
    if (this.#unread.length > 0) this.#unread = Buffer.from(this.#unread); // a copy that lasts
  }

  /** The socket is gone; nothing can be said any more. */
  socketClosed(): void {
    this.#closed = true;
    this.#unread = nothing;
    this.#reader.stop();
    this.#life.ended();
    this.#cut?.cancel();
    this.#soon?.cancel();
    this.#slow?.cancel();
    this.#roomWait?.cancel();
    this.#output.close();
    this.#core.closeAllStreams();
  }

  /**
   * The peer learns that it should go before we stop taking streams: what it sends during one round
   * trip still counts (RFC 9113 section 6.8).
   */
  closeGracefully(): void {
    if (this.#ending !== Ending.No || this.#core.failed) return;
    this.#ending = Ending.Announced;
    this.#life.closing();
    this.#core.writer.goaway(streamIdMax, Http2Error.NoError, '');
    this.#core.writer.ping();
    this.#output.touch();
  }

  /** Without a round trip: what the peer opens from now on it knows to be refused. */
  closeNow(): void {
    if (this.#ending === Ending.Final || this.#core.failed) return;
    this.#ending = Ending.Final;
    this.#life.closing();
    this.#core.lastStreamId = this.#core.streams.lastId;
    this.#core.writer.goaway(this.#core.lastStreamId, Http2Error.NoError, '');
    this.#output.touch();
    this.#endWhenQuiet();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // StreamOwner

  hold(stream: Http2Stream, sizeBytes: number): void {
    if (stream.closed || stream.answer !== undefined) return;
    stream.waits = true;
    stream.admitted = false;
    stream.heldBytes += sizeBytes;
    this.#core.credit.hold(sizeBytes);
  }

  expect(stream: Http2Stream, sizeBytes: number): void {
    if (stream.closed || stream.answer !== undefined) return;
    this.#core.letGo(stream);
    stream.admitted = true;
    if (!stream.requestEnded) {
      // Of the frame under way the credit is spent already.
      stream.frameUnpromisedBytes = Math.max(0, stream.frameLeftBytes - sizeBytes);
      stream.promisedBytes = Math.max(0, sizeBytes - stream.frameLeftBytes);
      this.#core.credit.promise(stream.promisedBytes);
      this.#requests.grantStream(stream);
    }
    this.#settleUnlessReading();
  }

  respond(stream: Http2Stream, answer: StreamAnswer): void {
    if (stream.closed || stream.answer !== undefined) return;
    this.#core.letGo(stream);
    this.#core.sender.send(stream, answer);
    this.#settleUnlessReading();
  }

  reset(stream: Http2Stream, errorCode: number): void {
    if (stream.closed) return;
    this.#core.writer.resetStream(stream.id, errorCode);
    this.#core.closeStream(stream);
    this.#settleUnlessReading();
  }

  // FrameSink

  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    if (!this.#isInOrder(type, streamId)) return;
    switch (type) {
      case FrameType.Headers:
        this.#requests.headers(flags, streamId, bytes, from, to);
        break;
      case FrameType.Continuation:
        this.#requests.continuation(flags, streamId, bytes.subarray(from, to));
        break;
      case FrameType.WindowUpdate:
        this.#control.windowUpdate(streamId, bytes, from, to);
        break;
      case FrameType.Ping:
        this.#control.ping(flags, streamId, bytes, from, to);
        break;
      case FrameType.Settings:
        this.#control.settings(flags, streamId, bytes, from, to);
        break;
      case FrameType.RstStream:
        this.#control.resetStream(streamId, from, to);
        break;
      case FrameType.Goaway:
        this.#control.goaway(streamId, from, to);
        break;
      case FrameType.Priority:
        this.#control.priority(streamId, bytes, from, to);
        break;
      case FrameType.PushPromise:
        this.#core.fail(
          Http2Error.ProtocolError,
          'PUSH_PROMISE of a client',
          ConnectionAbuse.FrameSyntax,
        );
        break;
      default:
        this.#control.unknown();
    }
    this.#haltIfUnread();
  }

  dataStart(streamId: number, flags: number, sizeBytes: number, paddingBytes: number): void {
    if (this.#isInOrder(FrameType.Data, streamId)) {
      this.#requests.dataStart(streamId, flags, sizeBytes, paddingBytes);
    }
  }

  dataPart(bytes: Uint8Array, from: number, to: number): void {
    this.#requests.dataPart(bytes, from, to);
  }

  dataEnd(): void {
    this.#requests.dataEnd();
    this.#haltIfUnread();
  }

  unreadable(error: Http2Error, reason: FrameFault): void {
    this.#core.fail(error, reason, abuseOfFault[reason]);
  }

  /** SETTINGS come first, and nothing comes between the frames of a header block. */
  #isInOrder(type: number, streamId: number): boolean {
    const blockStreamId = this.#requests.openBlockStreamId;
    if (!this.#control.settingsReceived && type !== FrameType.Settings) {
      this.#core.fail(Http2Error.ProtocolError, 'no SETTINGS first', ConnectionAbuse.Preface);
      return false;
    }
    if (blockStreamId !== 0 && (type !== FrameType.Continuation || streamId !== blockStreamId)) {
      this.#core.fail(
        Http2Error.ProtocolError,
        'a header block was interrupted',
        ConnectionAbuse.FrameSyntax,
      );
      return false;
    }
    return true;
  }

  #settleUnlessReading(): void {
    if (!this.#reading) this.#settle();
  }

  /** After everything that may have changed credit or output. */
  #settle(): void {
    const { credit, writer, failed } = this.#core;
    if (!failed) {
      const grantedBytes = credit.grant(this.#requests.unpromisedBytes);
      if (grantedBytes > 0) writer.windowUpdate(0, grantedBytes);
      const holdsTooMuch = credit.heldBytes > this.#heldSizeBytesMax();
      this.#pauseIf(Pause.HoldsTooMuch, holdsTooMuch && this.#mayPause());
      const waitsForRoom = (this.#paused & Pause.LandingFull) !== 0;
      if (waitsForRoom && !this.#mayPause()) this.#pauseIf(Pause.LandingFull, false);
      this.#watchReader();
    }
    this.#output.touch();
  }

  /**
   * Messages that wait for memory hold the landing pool, and what they wait for is held by messages
   * that are on their way: whoever has one of these is read, up to its END_STREAM, or neither could
   * go on. What does not find room then is refused, retryably.
   */
  #mayPause(): boolean {
    return !this.#core.streams.some(
      (stream) => stream.admitted && !stream.requestEnded && stream.answer === undefined,
    );
  }

  /** One connection shall not fill the landing pool alone. */
  #heldSizeBytesMax(): number {
    return Math.min(MiB, this.#parts.landing.sizeBytes / 4);
  }

  #watchReader(): void {
    const { unreadSizeBytes } = this.#output;
    const { sender } = this.#core;
    const isSlow = unreadSizeBytes > unreadAnswersSizeBytesMax;
    this.#pauseIf(Pause.SlowReader, isSlow);
    if (sender.takeProgress()) this.#life.met(Deadline.SlowReader);
    if (isSlow || sender.blockedCount > 0) {
      this.#life.expect(Deadline.SlowReader, slowReaderMsMax);
    } else {
      this.#life.met(Deadline.SlowReader);
    }
  }

  #wrote(): void {
    if (this.#core.failed) return;
    if (this.#core.sender.blockedCount === 0) this.#life.met(Deadline.SlowReader);
    this.#watchReader();
  }

  /** As far as there is a reason to; the rest waits for the reason to go. */
  #read(): void {
    const { landing, clock } = this.#parts;
    while (this.#unread.length > 0 && this.#paused === 0 && !this.#closed && !this.#core.failed) {
      if (landing.freeBytes < landingRoomBytesMin && this.#mayPause()) {
        this.#waitForRoom();
        return;
      }
      this.#core.nowMs = clock.nowMs();
      const isLong = this.#unread.length > landingRoomBytesMin;
      const chunk = isLong ? this.#unread.subarray(0, landingRoomBytesMin) : this.#unread;
      this.#reading = true;
      const readBytes = this.#reader.read(chunk);
      this.#reading = false;
      this.#unread = readBytes === this.#unread.length ? nothing : this.#unread.subarray(readBytes);
      this.#settle();
    }
  }

  #pauseIf(reason: Pause, condition: boolean): void {
    const before = this.#paused;
    this.#paused = condition ? before | reason : before & ~reason;
    if (before === 0 && this.#paused !== 0) {
      this.#socket.pause();
      this.#life.readingStopped();
    }
    if (before !== 0 && this.#paused === 0) {
      this.#life.readingResumed();
      if (this.#unread.length === 0) this.#socket.resume();
      else this.#readSoon();
    }
  }

  /** Not at once: whoever has ended the pause may be in the middle of something. */
  #readSoon(): void {
    this.#soon ??= this.#parts.clock.after(0, () => this.#readOn());
  }

  #readOn(): void {
    this.#soon?.cancel();
    this.#soon = undefined;
    this.#read();
    if (this.#paused === 0) this.#socket.resume();
  }

  #waitForRoom(): void {
    this.#pauseIf(Pause.LandingFull, true);
    this.#roomWait ??= this.#parts.landing.whenRoom(() => {
      this.#roomWait = undefined;
      this.#pauseIf(Pause.LandingFull, false);
      this.#readOn();
    });
  }

  /** The rest of this chunk can wait, too, when the peer does not read what we answer to it. */
  #haltIfUnread(): void {
    if (this.#output.unreadSizeBytes > unreadAnswersSizeBytesMax) this.#reader.halt();
  }

  #streamClosed(): void {
    this.#endWhenQuiet();
  }

  #endWhenQuiet(): void {
    if (this.#core.streams.openCount > 0 || this.#core.failed || this.#closed) return;
    if (this.#ending === Ending.Final) this.#end();
    else if (this.#peerLeaves) this.closeNow();
  }

  #failed(): void {
    this.#reader.stop();
    this.#life.closing();
    this.#unread = nothing;
    this.#end();
  }

  /** The peer may take its time to end its side; we do not wait for it. */
  #end(): void {
    if (this.#cut !== undefined) return;
    this.#cut = this.#parts.clock.after(endMsMax, () => this.#socket.destroy());
    // Whoever does not read on may never see the end of the other side.
    this.#paused = 0;
    this.#socket.resume();
    this.#output.end();
  }

  #startLife(): ConnectionLife {
    const { keepalive, clock, random } = this.#parts;
    const living = {
      bytesRead: () => this.#bytesRead,
      openStreamCount: () => this.#core.streams.openCount,
      ping: () => {
        this.#core.writer.ping();
        this.#output.touch();
      },
      closeGracefully: () => this.closeGracefully(),
      destroy: () => this.#socket.destroy(),
      overdue: (deadline: Deadline) => this.#overdue(deadline),
    };
    const life = new ConnectionLife(living, keepalive, clock, random);
    life.expect(Deadline.Preface, prefaceMsMax);
    return life;
  }

  #overdue(deadline: Deadline): void {
    if (this.#core.failed) return; // and soon cut off
    switch (deadline) {
      case Deadline.Preface:
        this.#parts.counters.addAbuse(ConnectionAbuse.Preface);
        this.#socket.destroy();
        return;
      case Deadline.SettingsAck:
        this.#core.fail(
          Http2Error.SettingsTimeout,
          'SETTINGS not acknowledged',
          ConnectionAbuse.SettingsTimeout,
        );
        return;
      case Deadline.HeaderBlock:
        this.#core.fail(
          Http2Error.EnhanceYourCalm,
          'a header block takes too long',
          ConnectionAbuse.ContinuationFlood,
        );
        return;
      case Deadline.SlowReader:
        this.#parts.counters.addAbuse(ConnectionAbuse.SlowReader);
        this.#socket.destroy();
    }
  }

  #controlEvents() {
    return {
      settingsReceived: () => this.#life.met(Deadline.Preface),
      settingsAcknowledged: () => this.#life.met(Deadline.SettingsAck),
      pingAcknowledged: () => {
        if (this.#ending === Ending.Announced) this.closeNow();
      },
      slowDown: (forMs: number) => {
        this.#reader.halt();
        this.#pauseIf(Pause.PingFlood, true);
        this.#slow?.cancel();
        this.#slow = this.#parts.clock.after(forMs, () => this.#pauseIf(Pause.PingFlood, false));
      },
      goaway: () => {
        this.#peerLeaves = true;
        this.#endWhenQuiet();
      },
    };
  }
}

const abuseOfFault = {
  preface: ConnectionAbuse.Preface,
  'frame size': ConnectionAbuse.FrameSyntax,
  'pad length': ConnectionAbuse.Padding,
} as const satisfies Record<FrameFault, ConnectionAbuse>;

const nothing = new Uint8Array(0);
const prefaceMsMax = 10_000;
const endMsMax = 1_000;
