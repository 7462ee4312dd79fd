// An HTTP/2 client that sends exactly what a test tells it to, over any byte stream, and costs so
// little that hundreds of thousands of calls are no burden. It knows frames (raw-frames.ts), credit
// and which frames belong to which call; header blocks stay as they came.
//
// What a good client does by itself (acknowledge SETTINGS, answer PINGs, give credit back) it does
// too, unless `automatic` is false.

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import {
  clientPreface,
  FrameFlag,
  FrameType,
  framePayloadSizeBytesMax,
  Http2Error,
  Setting,
  settingSizeBytes,
} from '../../src/http2/frame-format.ts';
import { type RawAnswer, RawCall } from './raw-call.ts';
import {
  dataFrame,
  headersFrame,
  pingFrame,
  type RawFrame,
  RawFrameReader,
  resetFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from './raw-frames.ts';
import { SendCredit } from './send-credit.ts';

export type { RawAnswer } from './raw-call.ts';

export interface RawClientOptions {
  /** Default true. */
  readonly automatic?: boolean;
  /** Of the first SETTINGS frame. */
  readonly settings?: readonly (readonly [setting: number, value: number])[];
  /** Default true: preface and SETTINGS are sent at once. */
  readonly start?: boolean;
}

export interface Goaway {
  readonly lastStreamId: number;
  readonly errorCode: number;
  readonly reason: string;
}

interface Waiter {
  readonly matches: (frame: RawFrame) => boolean;
  readonly found: PromiseWithResolvers<RawFrame>;
}

const unreadFramesMax = 10_000;

export class RawHttp2Client {
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  isClosed = false;
  /** The last that the peer said. */
  goaway: Goaway | undefined;
  /** Why the byte stream broke, if it did. */
  error: Error | undefined;
  readonly #duplex: Duplex;
  readonly #automatic: boolean;
  readonly #reader = new RawFrameReader();
  readonly #calls = new Map<number, RawCall>();
  readonly #unread: RawFrame[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #credit = new SendCredit();
  /** Of the peer's SETTINGS; they may name no limit, and until they come there is no telling. */
  #concurrentStreamsMax = 0;
  #callEnded = Promise.withResolvers<void>();
  #nextStreamId = 1;

  /** With ALPN h2 and a full handshake; rejects when the handshake fails. */
  static async connect(
    tls: ConnectionOptions,
    options: RawClientOptions = {},
  ): Promise<RawHttp2Client> {
    const socket = connect({ host: '127.0.0.1', ALPNProtocols: ['h2'], ...tls });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return new RawHttp2Client(socket, options);
  }

  constructor(duplex: Duplex, options: RawClientOptions = {}) {
    this.#duplex = duplex;
    this.#automatic = options.automatic ?? true;
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    duplex.on('data', (chunk: Buffer) => this.#receive(chunk));
    duplex.on('error', (error) => {
      this.error = error;
    });
    duplex.on('close', () => {
      this.#close();
      closed.resolve();
    });
    if (options.start ?? true) this.write(clientPreface, settingsFrame(options.settings));
  }

  /** Bytes as they are, in one write; DATA sent this way is not set off against the credit. */
  write(...frames: readonly Uint8Array[]): void {
    if (this.isClosed) return;
    const [first, ...others] = frames;
    if (first === undefined) return;
    this.#duplex.write(others.length === 0 ? first : Buffer.concat(frames));
  }

  /** The number for the next stream of the client's, for those who write its HEADERS themselves. */
  takeStreamId(): number {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    return streamId;
  }

  /** Sends HEADERS; frames that come back for it are for nextFrame(). */
  open(block: Uint8Array, endStream = false): number {
    const streamId = this.takeStreamId();
    this.write(headersFrame(streamId, block, { endStream }));
    return streamId;
  }

  /** Resolves when all is sent, as the peer's credit allows, or when the stream has ended. */
  async data(streamId: number, payload: Uint8Array, endStream = true): Promise<void> {
    const call = this.#calls.get(streamId);
    let from = 0;
    do {
      if (this.isClosed || this.#calls.get(streamId) !== call) return;
      const wanted = Math.min(payload.length - from, framePayloadSizeBytesMax);
      const size = this.#credit.take(streamId, wanted);
      if (size === 0 && wanted > 0) {
        await this.#credit.more();
        continue;
      }
      const to = from + size;
      const isLast = endStream && to === payload.length;
      this.write(dataFrame(streamId, payload.subarray(from, to), { endStream: isLast }));
      from = to;
    } while (from < payload.length);
  }

  reset(streamId: number, errorCode: number = Http2Error.Cancel): void {
    this.write(resetFrame(streamId, errorCode));
    this.#calls.get(streamId)?.lost(new Error('cancelled'));
    this.#forget(streamId);
  }

  /** One whole call. Rejects when the connection ends before the answer does. */
  request(block: Uint8Array, body?: Uint8Array): Promise<RawAnswer> {
    const { streamId, answer } = this.call(block, body === undefined);
    if (body !== undefined) void this.data(streamId, body);
    return answer;
  }

  /** call() as soon as the peer takes one more, or when all is over. */
  async callWhenFree(block: Uint8Array): Promise<ReturnType<RawHttp2Client['call']>> {
    while (!this.isClosed && this.#calls.size >= this.#concurrentStreamsMax) {
      await this.#callEnded.promise;
    }
    return this.call(block);
  }

  /** A call whose body, end and reset are the caller's; however many the peer allows. */
  call(block: Uint8Array, endStream = false): { streamId: number; answer: Promise<RawAnswer> } {
    const call = new RawCall();
    const streamId = this.takeStreamId();
    this.#calls.set(streamId, call);
    if (this.isClosed) call.lost(this.#lossOf('the call'));
    else this.write(headersFrame(streamId, block, { endStream }));
    return { streamId, answer: call.answer };
  }

  /**
   * The oldest frame not read yet that matches, now or when it comes; those of calls are not among
   * them. Rejects when the connection ends before.
   */
  nextFrame(type?: number, streamId?: number): Promise<RawFrame> {
    const matches = (frame: RawFrame) =>
      (type === undefined || frame.type === type) &&
      (streamId === undefined || frame.streamId === streamId);
    const index = this.#unread.findIndex(matches);
    const [past] = index === -1 ? [] : this.#unread.splice(index, 1);
    if (past !== undefined) return Promise.resolve(past);
    if (this.isClosed) return Promise.reject(this.#lossOf(`frame ${type ?? 'any'}`));
    const found = Promise.withResolvers<RawFrame>();
    this.#waiters.add({ matches, found });
    return found.promise;
  }

  /** Resolves when the peer has read and answered everything sent before. */
  async roundTrip(): Promise<void> {
    this.write(pingFrame());
    for (;;) {
      const { flags } = await this.nextFrame(FrameType.Ping);
      if ((flags & FrameFlag.Ack) !== 0) return;
    }
  }

  /** Closes our side and waits for the peer's. */
  async end(): Promise<void> {
    if (!this.isClosed) this.#duplex.end();
    await this.closed;
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#duplex.destroy();
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk)) {
      this.#follow(frame);
      if (this.#automatic) this.#behave(frame);
      const call = this.#calls.get(frame.streamId);
      if (call === undefined) this.#deliver(frame);
      else if (call.receive(frame)) this.#forget(frame.streamId);
    }
  }

  #deliver(frame: RawFrame): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(frame)) continue;
      this.#waiters.delete(waiter);
      waiter.found.resolve(frame);
      return;
    }
    this.#unread.push(frame);
    if (this.#unread.length > unreadFramesMax) this.#unread.shift();
  }

  /** What a frame says about the connection. */
  #follow({ type, flags, streamId, payload }: RawFrame): void {
    if (type === FrameType.Settings && (flags & FrameFlag.Ack) === 0) {
      this.#concurrentStreamsMax ||= Infinity;
      for (let at = 0; at + settingSizeBytes <= payload.length; at += settingSizeBytes) {
        this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
      }
      this.#wakeCallers();
    } else if (type === FrameType.WindowUpdate) {
      this.#credit.add(streamId, payload.readUInt32BE(0) & 0x7fffffff);
    } else if (type === FrameType.Goaway) {
      this.goaway = {
        lastStreamId: payload.readUInt32BE(0) & 0x7fffffff,
        errorCode: payload.readUInt32BE(4),
        reason: payload.toString('latin1', 8),
      };
    }
  }

  #set(setting: number, value: number): void {
    if (setting === Setting.InitialWindowSize) this.#credit.setInitial(value);
    if (setting === Setting.MaxConcurrentStreams) this.#concurrentStreamsMax = value;
  }

  /** What a good client does about a frame. */
  #behave({ type, flags, streamId, payload }: RawFrame): void {
    const isAck = (flags & FrameFlag.Ack) !== 0; // has another meaning in DATA
    if (type === FrameType.Settings && !isAck) this.write(settingsAckFrame());
    else if (type === FrameType.Ping && !isAck) this.write(pingFrame(payload, true));
    else if (type === FrameType.Data && payload.length > 0) {
      this.write(windowUpdateFrame(0, payload.length));
      const ended = (flags & FrameFlag.EndStream) !== 0;
      if (!ended) this.write(windowUpdateFrame(streamId, payload.length));
    }
  }

  #forget(streamId: number): void {
    this.#calls.delete(streamId);
    this.#credit.forget(streamId);
    this.#wakeCallers();
  }

  #wakeCallers(): void {
    this.#callEnded.resolve();
    this.#callEnded = Promise.withResolvers();
  }

  #close(): void {
    this.isClosed = true;
    for (const call of this.#calls.values()) call.lost(this.#lossOf('the answer'));
    this.#calls.clear();
    for (const { found } of this.#waiters) found.reject(this.#lossOf('the frame'));
    this.#waiters.clear();
    this.#wakeCallers();
    this.#credit.wake();
  }

  #lossOf(what: string): Error {
    const { goaway, error } = this;
    const said = goaway && `GOAWAY ${goaway.errorCode} ${goaway.reason}`;
    const reason = [said, error?.message].filter((part) => part !== undefined).join(', ');
    return new Error(`connection closed before ${what}: ${reason || 'no reason given'}`);
  }
}
