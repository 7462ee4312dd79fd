// One ServerConnection with a client that writes whatever a test tells it to: no socket, no time
// but a fake one, and every frame that comes back as a line of text.

import type { ConnectionParts } from '../../src/http2/connection-core.ts';
import type { LifeBounds } from '../../src/http2/connection-life.ts';
import { OutputTurn } from '../../src/http2/connection-output.ts';
import { FieldBlock } from '../../src/http2/field-block.ts';
import { clientPreface } from '../../src/http2/frame-format.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import { OutputBuffers } from '../../src/http2/output-buffers.ts';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import { ServerConnection } from '../../src/http2/server-connection.ts';
import type { AcceptStream, ServerStream, StreamHandler } from '../../src/http2/server-stream.ts';
import { MiB } from '../../src/limits.ts';
import {
  ConnectionAbuse as abuses,
  type ConnectionAbuse,
} from '../../src/memory/connection-abuse.ts';
import { LateLine } from '../../src/memory/late-line.ts';
import { NewcomerPlaces } from '../../src/memory/newcomer-places.ts';
import { ShardCounter } from '../../src/memory/state-page.ts';
import { FakeClock } from './fake-clock.ts';
import { FrameText } from './frame-text.ts';
import { MemorySocket } from './memory-socket.ts';
import {
  dataFrame,
  headerBlock,
  headersFrame,
  type RawFrame,
  RawFrameReader,
  settingsAckFrame,
  settingsFrame,
} from './raw-frames.ts';

export interface RigOptions {
  /** Instead of RigHandler. */
  readonly accept?: AcceptStream;
  /** False: RigHandler does not answer by itself. Default true: it does at the request's end. */
  readonly answers?: boolean;
  readonly concurrentStreamsMax?: number;
  readonly keepalive?: Partial<LifeBounds>;
  readonly landing?: ConnectionParts['landing'];
  /** Shared by connections of one shard. */
  /** Default: one of its own. */
  readonly crowd?: ReadCrowd;
  readonly openRequests?: OpenRequests;
  /** The client's first SETTINGS. False: it sends nothing, not even the preface. */
  readonly settings?: readonly (readonly [setting: number, value: number])[] | false;
  /** Shared by connections whose cost is measured together. */
  readonly clock?: FakeClock;
}

/** None of them comes due in a test that is about something else. */
const longLife: LifeBounds = {
  connectionAgeMsMax: 3_600_000,
  connectionAgeGraceMs: 30_000,
  connectionIdleMsMax: 1_800_000,
  timeMs: 600_000,
  timeoutMs: 20_000,
};

export const postFields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/v1/logs'],
  [':authority', 'localhost'],
] as const;
/** Without a table: the same bytes at any time. */
export const postBlock = headerBlock(postFields);

export class Http2Rig {
  readonly clock: FakeClock;
  readonly socket = new MemorySocket();
  readonly connection: ServerConnection;
  /** Of all streams that were opened, in order. */
  readonly handlers: RigHandler[] = [];
  /** All that the server has written and read() has read. */
  readonly frames: RawFrame[] = [];
  readonly #reader = new RawFrameReader();
  readonly #text = new FrameText();
  readonly #abuse = new Map<ConnectionAbuse, number>();
  #flushes: (() => void)[] = [];
  #nextStreamId = 1;
  refusedStreams = 0;
  readPauseMs = 0;

  constructor(options: RigOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    const answers = options.answers ?? true;
    const accept = (stream: ServerStream) => {
      const handler = new RigHandler(stream, answers);
      this.handlers.push(handler);
      return handler;
    };
    const parts: ConnectionParts = {
      accept: options.accept ?? accept,
      clock: this.clock,
      random: () => 0.5,
      keepalive: { ...longLife, ...options.keepalive },
      concurrentStreamsMax: options.concurrentStreamsMax ?? 256,
      earlyStreamsMax: 256,
      landing: options.landing ?? roomyLanding,
      openRequests: options.openRequests ?? new OpenRequests(),
      counters: {
        add: (counter, amount) => {
          if (counter === ShardCounter.RefusedStreams) this.refusedStreams += amount;
          if (counter === ShardCounter.ReadPauseMs) this.readPauseMs += amount;
        },
        addAbuse: (abuse) => this.#abuse.set(abuse, (this.#abuse.get(abuse) ?? 0) + 1),
      },
      crowd: options.crowd ?? new ReadCrowd(),
      buffers: new OutputBuffers(),
      turn: new OutputTurn((flush) => this.#flushes.push(flush)),
    };
    const identity = { peerSubject: 'CN=rig', remoteAddress: '127.0.0.1' };
    this.connection = new ServerConnection(this.socket, identity, parts);
    if (options.settings === false) return;
    this.send(clientPreface, settingsFrame(options.settings), settingsAckFrame());
    this.read();
  }

  /** What was counted, by name. */
  get abuse(): Record<string, number> {
    const counted = Object.entries(abuses).filter(([, abuse]) => this.#abuse.has(abuse));
    return Object.fromEntries(counted.map(([name, abuse]) => [name, this.#abuse.get(abuse)!]));
  }

  /** In one chunk. A socket that is paused delivers nothing more, so tests should not send then. */
  send(...frames: readonly Uint8Array[]): void {
    this.connection.receive(Buffer.concat(frames));
  }

  /** The frames that the server has sent since the last time, as frame-text.ts writes them. */
  read(): string[] {
    return this.readFrames().map((frame) => this.#text.of(frame));
  }

  /** The same as they are. Do not mix it with read() where there are header blocks with a table. */
  readFrames(): RawFrame[] {
    this.#flush();
    const frames = this.#reader.push(this.socket.take());
    this.frames.push(...frames);
    return frames;
  }

  /** For HEADERS that a test writes itself. */
  takeStreamId(): number {
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    return streamId;
  }

  /** A POST whose body is to come. */
  open(block: Uint8Array = postBlock): number {
    const streamId = this.takeStreamId();
    this.send(headersFrame(streamId, block));
    return streamId;
  }

  /** A POST with its body, in as many frames as there are parts. */
  post(...parts: readonly Uint8Array[]): number {
    const streamId = this.takeStreamId();
    const frames = parts.map((part, index) =>
      dataFrame(streamId, part, { endStream: index === parts.length - 1 }),
    );
    this.send(headersFrame(streamId, postBlock, { endStream: parts.length === 0 }), ...frames);
    return streamId;
  }

  handler(streamId: number): RigHandler {
    const found = this.handlers.find(({ stream }) => 'id' in stream && stream.id === streamId);
    if (found === undefined) throw new Error(`no stream ${streamId} was opened`);
    return found;
  }

  close(): void {
    this.connection.socketClosed();
  }

  #flush(): void {
    do {
      const flushes = this.#flushes;
      this.#flushes = [];
      for (const flush of flushes) flush();
      this.clock.advance(0); // what is to be done soon
    } while (this.socket.drain() || this.#flushes.length > 0);
  }
}

/** Keeps what happened to it. */
export class RigHandler implements StreamHandler {
  readonly stream: ServerStream;
  readonly headerListSizeBytes: number;
  readonly headerFieldCount: number;
  readonly keptHeader: string | undefined;
  bodySizeBytes = 0;
  isEnded = false;
  closedCount = 0;
  readonly #answers: boolean;

  constructor(stream: ServerStream, answers: boolean) {
    this.stream = stream;
    // Gone once accept() has returned.
    this.headerListSizeBytes = stream.headerListSizeBytes;
    this.headerFieldCount = stream.headerFieldCount;
    this.keptHeader = stream.header('x-kept');
    this.#answers = answers;
  }

  data(_source: Uint8Array, fromBytes: number, toBytes: number): void {
    this.bodySizeBytes += toBytes - fromBytes;
  }

  end(): void {
    this.isEnded = true;
    if (this.#answers) this.answer();
  }

  closed(): void {
    this.closedCount += 1;
  }

  answer(body: Uint8Array = okBody): void {
    this.stream.respond(okHeaders, body, okTrailers);
  }

  /** Like a gRPC error. */
  refuse(): void {
    this.stream.respond(new FieldBlock([[':status', '413']]));
  }
}

/** What `answer()` sends, as read() shows it. */
export function answerLines(streamId: number): string[] {
  return [
    `HEADERS ${streamId} :status=200`,
    `DATA ${streamId} 5`,
    `HEADERS ${streamId} grpc-status=0 END`,
  ];
}

const okHeaders = new FieldBlock([[':status', '200']]);
const okBody = new Uint8Array(5);
const okTrailers = new FieldBlock([['grpc-status', '0']]);

const newcomers = new NewcomerPlaces(1, () => true);

export const roomyLanding = {
  sizeBytes: 4 * MiB,
  roomBytes: 4 * MiB,
  firstRoomBytes: 4 * MiB,
  newcomers,
  late: new LateLine(newcomers, { hasRoom: () => true, isCalm: () => true }),
  mayFill: true,
  expect() {},
  whenRoom: () => ({ cancel() {} }),
  whenFirstRoom: () => ({ cancel() {} }),
  whenFillable: () => ({ cancel() {} }),
};
