// One connection of a producer of the black swan, made to cost little: a request that fits the
// credit is one write of one buffer, an answer that was seen before is recognised by its bytes. It
// tells apart all the ways in which a server may send a producer away.

import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import {
  clientPreface,
  FrameFlag,
  FrameType,
  frameHeaderSizeBytes,
  Setting,
  settingSizeBytes,
  windowSizeBytesInitial,
} from '../../src/http2/frame-format.ts';
import {
  contentOf,
  pingFrame,
  type RawFrame,
  RawFrameReader,
  resetFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from './raw-frames.ts';
import { callTimeoutMs, cutFrame, framesOf, headersSizeBytes } from './swan-request.ts';
import { statusOf } from './swan-status.ts';

/** How a call ended. */
export type CallEnd =
  /** `0`, or a status with the code that our errors carry: `14 VAULT_FULL`. */
  | { readonly kind: 'status'; readonly status: string }
  | { readonly kind: 'reset'; readonly errorCode: number }
  /** No answer within the time that the producer has. */
  | { readonly kind: 'expired' }
  /** The connection ended before. */
  | { readonly kind: 'lost' };

interface Call {
  readonly streamId: number;
  /** HEADERS and DATA frames; what is before `at` is sent. */
  readonly frames: Buffer;
  at: number;
  creditBytes: number;
  block: Buffer | undefined;
  status: string | undefined;
  readonly endsAtMs: number;
  readonly ended: (end: CallEnd) => void;
}

const receiveWindowSizeBytes = 1024 * 1024;

// An answer needs some time to arrive.
const callPatienceMs = callTimeoutMs + 1_000;

export class SwanConnection {
  /** By the server: GOAWAY frames, with code and reason. */
  readonly goaways: string[] = [];
  isClosed = false;
  /** What the server allows at once. */
  streamsMax = Number.POSITIVE_INFINITY;
  readonly #socket: TLSSocket;
  readonly #reader = new RawFrameReader();
  /** In the order in which they began, which is that of their deadlines. */
  readonly #calls = new Map<number, Call>();
  readonly #unsent: Call[] = [];
  #creditBytes = windowSizeBytesInitial;
  #streamCreditBytes = windowSizeBytesInitial;
  #receivedBytes = 0;
  #nextStreamId = 1;
  readonly #closed: () => void;

  /** Rejects when no connection comes about; `closed` is called when one has ended, however. */
  static async connect(tls: ConnectionOptions, closed: () => void): Promise<SwanConnection> {
    const socket = connect({ host: '127.0.0.1', ALPNProtocols: ['h2'], ...tls });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return new SwanConnection(socket, closed);
  }

  private constructor(socket: TLSSocket, closed: () => void) {
    this.#socket = socket;
    this.#closed = closed;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#close());
    const credit = windowUpdateFrame(0, receiveWindowSizeBytes - windowSizeBytesInitial);
    socket.write(Buffer.concat([clientPreface, settingsFrame(), credit]));
  }

  get inFlightCount(): number {
    return this.#calls.size;
  }

  get oldestDeadlineMs(): number {
    for (const { endsAtMs } of this.#calls.values()) return endsAtMs;
    return Number.POSITIVE_INFINITY;
  }

  /** One call with a copy of `message`. */
  send(message: Buffer, ended: (end: CallEnd) => void): void {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    const frames = framesOf(message, streamId);
    const call: Call = {
      streamId,
      frames,
      at: 0,
      creditBytes: this.#streamCreditBytes,
      block: undefined,
      status: undefined,
      endsAtMs: performance.now() + callPatienceMs,
      ended,
    };
    this.#calls.set(streamId, call);
    if (this.#unsent.length > 0 || !this.#transmit(call)) this.#unsent.push(call);
  }

  /** Gives up calls whose time is over, as producers do. */
  expire(nowMs: number): void {
    for (const call of this.#calls.values()) {
      if (call.endsAtMs > nowMs) return;
      this.#socket.write(resetFrame(call.streamId, 8));
      this.#end(call, { kind: 'expired' });
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** True: all of it is sent. Whole frames as they are, and the last before the credit ends cut. */
  #transmit(call: Call): boolean {
    const { frames } = call;
    let to = Math.max(call.at, headersSizeBytes);
    let credit = Math.min(this.#creditBytes, call.creditBytes);
    const before = credit;
    let cut: Buffer | undefined;
    while (to < frames.length) {
      const sizeBytes = frames.readUIntBE(to, 3);
      if (sizeBytes <= credit) {
        credit -= sizeBytes;
        to += frameHeaderSizeBytes + sizeBytes;
        continue;
      }
      if (credit > 0) cut = cutFrame(frames, to, credit);
      break;
    }
    if (to > call.at) {
      this.#socket.write(frames.subarray(call.at, to));
      call.at = to;
    }
    if (cut !== undefined) {
      this.#socket.write(cut);
      call.at += cut.length - frameHeaderSizeBytes;
      credit = 0;
    }
    this.#creditBytes -= before - credit;
    call.creditBytes -= before - credit;
    return call.at === frames.length;
  }

  #transmitMore(): void {
    let kept = 0;
    for (const call of this.#unsent) {
      const isOpen = this.#calls.has(call.streamId);
      if (isOpen && !this.#transmit(call)) this.#unsent[kept++] = call;
    }
    this.#unsent.length = kept;
  }

  #receive(chunk: Buffer): void {
    let gained = false;
    for (const frame of this.#reader.push(chunk)) gained = this.#take(frame) || gained;
    if (gained && this.#unsent.length > 0) this.#transmitMore();
  }

  /** True: there is more credit. */
  #take(frame: RawFrame): boolean {
    const { type, flags, streamId, payload } = frame;
    const isAck = (flags & FrameFlag.Ack) !== 0; // has another meaning in DATA and HEADERS
    switch (type) {
      case FrameType.Settings:
        if (isAck) return false;
        this.#follow(payload);
        this.#socket.write(settingsAckFrame());
        return true;
      case FrameType.Ping:
        if (!isAck) this.#socket.write(pingFrame(payload, true));
        return false;
      case FrameType.WindowUpdate: {
        const creditBytes = payload.readUInt32BE(0) & 0x7fffffff;
        const call = this.#calls.get(streamId);
        if (streamId === 0) this.#creditBytes += creditBytes;
        else if (call !== undefined) call.creditBytes += creditBytes;
        return true;
      }
      case FrameType.Goaway:
        this.goaways.push(`GOAWAY ${payload.readUInt32BE(4)} ${payload.toString('latin1', 8)}`);
        return false;
      default:
        this.#takeAnswer(frame);
        return false;
    }
  }

  #takeAnswer(frame: RawFrame): void {
    const { type, flags, streamId, payload } = frame;
    if (type === FrameType.Data) this.#giveBack(payload.length);
    const call = this.#calls.get(streamId);
    if (call === undefined) return; // one that has expired
    if (type === FrameType.RstStream) {
      const errorCode = payload.readUInt32BE(0);
      // NO_ERROR after a whole answer only says that nobody needs the rest of the request.
      if (errorCode === 0 && call.status !== undefined) this.#endWithStatus(call);
      else this.#end(call, { kind: 'reset', errorCode });
      return;
    }
    if (type === FrameType.Headers || type === FrameType.Continuation) {
      const content = contentOf(frame);
      call.block = call.block === undefined ? content : Buffer.concat([call.block, content]);
      if ((flags & FrameFlag.EndHeaders) !== 0) {
        call.status = statusOf(call.block) ?? call.status;
        call.block = undefined;
      }
    }
    const carriesEnd = type === FrameType.Data || type === FrameType.Headers;
    if (carriesEnd && (flags & FrameFlag.EndStream) !== 0) this.#endWithStatus(call);
  }

  #giveBack(sizeBytes: number): void {
    this.#receivedBytes += sizeBytes;
    if (this.#receivedBytes < receiveWindowSizeBytes / 2) return;
    this.#socket.write(windowUpdateFrame(0, this.#receivedBytes));
    this.#receivedBytes = 0;
  }

  #follow(payload: Buffer): void {
    for (let at = 0; at + settingSizeBytes <= payload.length; at += settingSizeBytes) {
      const setting = payload.readUInt16BE(at);
      const sizeBytes = payload.readUInt32BE(at + 2);
      if (setting === Setting.MaxConcurrentStreams) this.streamsMax = sizeBytes;
      if (setting !== Setting.InitialWindowSize) continue;
      const more = sizeBytes - this.#streamCreditBytes;
      for (const call of this.#calls.values()) call.creditBytes += more;
      this.#streamCreditBytes = sizeBytes;
    }
  }

  #endWithStatus(call: Call): void {
    this.#end(call, { kind: 'status', status: call.status ?? 'none' });
  }

  #end(call: Call, end: CallEnd): void {
    this.#calls.delete(call.streamId);
    call.ended(end);
  }

  #close(): void {
    this.isClosed = true;
    for (const call of this.#calls.values()) this.#end(call, { kind: 'lost' });
    this.#closed();
  }
}
