// One client's HTTP/2 connection, put together: its frames go to who understands them, and after
// each chunk its credit and its output are settled. It knows nothing of TLS or of what requests
// mean.

import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { ConnectionCore, type ConnectionParts } from './connection-core.ts';
import { ConnectionDeadlines } from './connection-deadlines.ts';
import { ConnectionEnd } from './connection-end.ts';
import { ConnectionInput } from './connection-input.ts';
import { ConnectionLife, type Deadline } from './connection-life.ts';
import { ConnectionOutput, type ConnectionSocket } from './connection-output.ts';
import { ControlFrames } from './control-frames.ts';
import { DataFrames } from './data-frames.ts';
import { FrameType, Http2Error } from './frame-format.ts';
import type { FrameFault, FrameSink } from './frame-reader.ts';
import type { Http2Stream, StreamAnswer, StreamOwner } from './http2-stream.ts';
import { RequestFrames } from './request-frames.ts';
import { writeServerSettings } from './server-settings.ts';
import type { ServerConnection as ServerIdentity } from './server-stream.ts';

export class ServerConnection implements FrameSink, StreamOwner {
  readonly identity: ServerIdentity;
  readonly #socket: ConnectionSocket;
  readonly #core: ConnectionCore;
  readonly #output: ConnectionOutput;
  readonly #life: ConnectionLife;
  readonly #deadlines: ConnectionDeadlines;
  readonly #input: ConnectionInput;
  readonly #limit: ConcurrencyLimit;
  readonly #end: ConnectionEnd;
  readonly #control: ControlFrames;
  readonly #requests: RequestFrames;
  readonly #data: DataFrames;

  /** Sends the SETTINGS. The caller gives us every chunk, and tells us when the socket closes. */
  constructor(socket: ConnectionSocket, identity: ServerIdentity, parts: ConnectionParts) {
    this.identity = identity;
    this.#socket = socket;
    const wrote = () => this.#input.wrote();
    this.#output = new ConnectionOutput(socket, parts.buffers, parts.turn, wrote);
    this.#core = new ConnectionCore(identity, parts, this.#output, {
      failed: () => this.#end.failed(),
      streamClosed: () => {
        this.#life.streamClosed();
        this.#end.endWhenQuiet();
      },
    });
    this.#life = this.#startLife(parts);
    this.#deadlines = new ConnectionDeadlines(socket, this.#core, this.#life);
    this.#input = new ConnectionInput({
      socket,
      core: this.#core,
      life: this.#life,
      deadlines: this.#deadlines,
      sink: this,
      settle: () => this.#settle(),
    });
    this.#end = new ConnectionEnd(socket, this.#core, this.#life, this.#input);
    this.#control = new ControlFrames(this.#core, {
      settingsReceived: () => this.#deadlines.settingsReceived(),
      settingsAcknowledged: () => {
        this.#deadlines.settingsAcknowledged();
        return this.#limit.acknowledged();
      },
      pingAcknowledged: () => this.#end.pingAcknowledged(),
      slowDown: (forMs) => this.#input.slowDown(forMs),
      goaway: () => this.#end.peerLeaves(),
    });
    this.#data = new DataFrames(this.#core);
    this.#requests = new RequestFrames(this.#core, this, {
      headerBlockOpen: (isOpen) => this.#deadlines.headerBlockOpen(isOpen),
      streamOpened: () => this.#life.streamOpened(),
    });
    writeServerSettings(this.#core.writer, parts.concurrentStreamsMax);
    this.#limit = new ConcurrencyLimit(parts, this.#core.writer, this.#core.identity.peerSubject);
    this.#output.touch();
  }

  /** For tests and for the state dump. */
  get credit(): Pick<
    ConnectionCore['credit'],
    'outstandingBytes' | 'heldBytes' | 'promisedBytes' | 'receivedBytes'
  > {
    return this.#core.credit;
  }

  get openStreamCount(): number {
    return this.#core.streams.openCount;
  }

  /** For how long it has had no open stream. */
  get idleMs(): number {
    return this.#life.idleMs;
  }

  /** The chunk is valid only during the call. */
  receive(chunk: Uint8Array): void {
    this.#input.receive(chunk);
  }

  /** The socket is gone; nothing can be said any more. */
  socketClosed(): void {
    this.#end.socketClosed();
    this.#input.close();
    this.#life.ended();
    this.#output.close();
    this.#core.closeAllStreams();
    this.#limit.close();
  }

  /** Streams under way are answered, and so are those that the client opens for a round trip. */
  closeGracefully(): void {
    this.#end.closeGracefully();
  }

  /** Streams under way are answered. */
  closeNow(): void {
    this.#end.closeNow();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // StreamOwner

  get isRead(): boolean {
    return !this.#input.waitsForOthers;
  }

  hold(stream: Http2Stream, sizeBytes: number): boolean {
    if (stream.closed || stream.answer !== undefined) return true; // and let go already
    if (!this.#input.mayHold(sizeBytes)) return false;
    stream.waits = true;
    stream.admitted = false;
    stream.heldBytes += sizeBytes;
    this.#core.credit.hold(sizeBytes);
    return true;
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
      this.#core.grantStream(stream);
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
    this.#deadlines.frameRead();
    this.#input.haltIfUnread();
  }

  dataStart(streamId: number, flags: number, sizeBytes: number, paddingBytes: number): void {
    if (this.#isInOrder(FrameType.Data, streamId)) {
      this.#data.start(streamId, flags, sizeBytes, paddingBytes);
    }
  }

  dataPart(bytes: Uint8Array, from: number, to: number): void {
    this.#data.part(bytes, from, to);
  }

  dataEnd(): void {
    this.#data.end();
    this.#input.haltIfUnread();
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
    if (!this.#input.reading) this.#settle();
  }

  /** After everything that may have changed credit or output. */
  #settle(): void {
    const { credit, writer, failed } = this.#core;
    if (!failed) {
      const grantedBytes = credit.grant(this.#data.unpromisedBytes);
      if (grantedBytes > 0) writer.windowUpdate(0, grantedBytes);
      this.#input.weigh();
      this.#limit.weigh(credit.heldBytes, this.#core.nowMs);
    }
    this.#output.touch();
  }

  #startLife({ keepalive, clock, random }: ConnectionParts): ConnectionLife {
    const living = {
      bytesRead: () => this.#input.receivedBytes,
      openStreamCount: () => this.#core.streams.openCount,
      ping: () => {
        this.#core.writer.ping();
        this.#output.touch();
      },
      closeGracefully: () => this.#end.closeGracefully(),
      destroy: () => this.#socket.destroy(),
      overdue: (deadline: Deadline) => this.#deadlines.overdue(deadline),
    };
    return new ConnectionLife(living, keepalive, clock, random);
  }
}

const abuseOfFault = {
  preface: ConnectionAbuse.Preface,
  'frame size': ConnectionAbuse.FrameSyntax,
  'pad length': ConnectionAbuse.Padding,
} as const satisfies Record<FrameFault, ConnectionAbuse>;
