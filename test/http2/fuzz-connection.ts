// Connections over the real receiver of gRPC calls, fed with any bytes in any pieces while time
// passes, memory runs out and answers come, and checked for everything that must never happen.

import assert from 'node:assert/strict';
import { OutputTurn } from '../../src/http2/connection-output.ts';
import { clientPreface } from '../../src/http2/frame-format.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import { OutputBuffers } from '../../src/http2/output-buffers.ts';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import { ServerConnection } from '../../src/http2/server-connection.ts';
import type { ServerStream, StreamHandler } from '../../src/http2/server-stream.ts';
import { MemorySocket } from '../support/memory-socket.ts';
import { ReceiverHarness } from '../support/receiver-harness.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { OutputCheck, UsedStreams } from './output-check.ts';

export class FuzzConnections {
  readonly #random: SeededRandom;
  readonly #harness = new ReceiverHarness({ spanCount: 6, largePageCount: 24 }, 256 * 1024);
  #flushes: (() => void)[] = [];
  readonly #turn = new OutputTurn((flush) => this.#flushes.push(flush));
  readonly #buffers = new OutputBuffers();
  #handlers: CheckedHandler[] = [];
  #hogged: number[] = [];
  /** Streams, answers and calls of all runs: a fuzzer that reaches nothing finds nothing. */
  readonly reached = {
    streams: 0,
    frames: 0,
    goaways: 0,
    accepted: 0,
    abuses: new Map<number, number>(),
  };

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** One connection from its first byte to its end. */
  async run(bytes: Uint8Array): Promise<void> {
    const random = this.#random;
    const isCrowded = random.oneIn(16);
    if (isCrowded) this.#hog();
    const socket = new MemorySocket();
    const output = new OutputCheck();
    const used = new UsedStreams(clientPreface.length);
    const connection = this.#connect(socket);
    for (let at = 0; at < bytes.length && !socket.isEnded && !socket.isDestroyed; ) {
      const end = Math.min(bytes.length, at + this.#pieceSizeBytes(bytes.length));
      const piece = Buffer.from(bytes.subarray(at, end));
      used.push(piece);
      connection.receive(piece);
      at = end;
      this.#happen(connection, socket);
      if (isCrowded) await turn();
      output.push(socket.take(), used.lastId);
    }
    this.#flush(socket);
    output.push(socket.take(), used.lastId);
    output.end();
    if (isCrowded && random.oneIn(2)) this.#unhog();
    connection.socketClosed();
    await this.#checkRest(isCrowded, connection);
    this.reached.frames += output.frameCount;
    this.reached.goaways += output.goawayCount;
  }

  #connect(socket: MemorySocket): ServerConnection {
    const { harness } = { harness: this.#harness };
    const { abuses } = this.reached;
    const accept = (stream: ServerStream) => {
      const handler = new CheckedHandler(stream, harness.receiver.accept);
      this.#handlers.push(handler);
      return handler;
    };
    return new ServerConnection(socket, identity, {
      accept,
      clock: harness.clock,
      random: () => 0.5,
      keepalive,
      concurrentStreamsMax: this.#random.pick([2, 256, 256]),
      earlyStreamsMax: 256,
      landing: harness.landing,
      openRequests: new OpenRequests(),
      counters: {
        add() {},
        addAbuse: (abuse) => void abuses.set(abuse, (abuses.get(abuse) ?? 0) + 1),
      },
      crowd: new ReadCrowd(),
      buffers: this.#buffers,
      turn: this.#turn,
    });
  }

  /** Mostly large pieces, sometimes all small ones. */
  #pieceSizeBytes(sizeBytes: number): number {
    const random = this.#random;
    if (random.oneIn(2)) return sizeBytes;
    return 1 + random.below(random.pick([1, 20, 300, 20_000]));
  }

  #happen(connection: ServerConnection, socket: MemorySocket): void {
    const random = this.#random;
    const harness = this.#harness;
    if (random.oneIn(3)) this.#flush(socket);
    if (random.oneIn(4)) harness.finishOldest();
    if (random.oneIn(12)) harness.clock.advance(random.pick([1, 100, 1_000, 12_000]));
    if (random.oneIn(30)) socket.drains = !socket.drains;
    if (random.oneIn(60)) connection.closeGracefully();
    if (random.oneIn(90)) connection.closeNow();
    if (random.oneIn(10)) this.#unhog();
  }

  #flush(socket: MemorySocket): void {
    do {
      const flushes = this.#flushes;
      this.#flushes = [];
      for (const flush of flushes) flush();
    } while (socket.drain() || this.#flushes.length > 0);
  }

  /** Hardly any memory is left. */
  #hog(): void {
    const { slabs } = this.#harness;
    for (const sizeBytes of [250_000, 100_000, 10_000, 500]) {
      for (let slab = slabs.reserve(sizeBytes); slab !== 0; slab = slabs.reserve(sizeBytes)) {
        this.#hogged.push(slab);
      }
    }
  }

  #unhog(): void {
    for (const slab of this.#hogged) this.#harness.slabs.free(slab);
    this.#hogged = [];
  }

  async #checkRest(isCrowded: boolean, connection: ServerConnection): Promise<void> {
    const harness = this.#harness;
    this.reached.streams += this.#handlers.length;
    this.reached.accepted += harness.accepted.length;
    for (const handler of this.#handlers) assert.equal(handler.closedCount, 1, 'closed() not once');
    this.#handlers = [];
    this.#unhog();
    while (harness.accepted.length > 0) harness.finishOldest();
    if (isCrowded) await turn();
    while (harness.decompression.runningCount > 0) await turn();
    this.#flush(nobody);
    assert.equal(connection.credit.heldBytes + connection.credit.promisedBytes, 0, 'credit kept');
    assert.ok(harness.isAtRest, 'memory or a call is left');
    harness.clock.advance(100); // the last sweep over all calls
    assert.equal(harness.clock.pendingCount, 0, 'a timer is left');
  }
}

/** Sees that the transport keeps to its side of server-stream.ts. */
class CheckedHandler implements StreamHandler {
  closedCount = 0;
  #answered = false;
  #ended = false;
  readonly #handler: StreamHandler;

  constructor(stream: ServerStream, accept: (stream: ServerStream) => StreamHandler) {
    const watched = new Proxy(stream, {
      get: (target, key) => {
        if (key === 'respond' || key === 'reset') this.#answered = true;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    this.#handler = accept(watched);
  }

  data(source: Uint8Array, fromBytes: number, toBytes: number): void {
    assert.ok(!this.#answered && !this.#ended && this.closedCount === 0, 'data() too late');
    assert.ok(fromBytes >= 0 && fromBytes < toBytes && toBytes <= source.length, 'outside');
    this.#handler.data(source, fromBytes, toBytes);
  }

  end(): void {
    assert.ok(!this.#answered && !this.#ended && this.closedCount === 0, 'end() too late');
    this.#ended = true;
    this.#handler.end();
  }

  closed(): void {
    this.closedCount += 1;
    this.#handler.closed();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const nobody = new MemorySocket();
const identity = { peerSubject: 'CN=fuzz', remoteAddress: '127.0.0.1' };
const keepalive = {
  connectionAgeMsMax: 3_600_000,
  connectionAgeGraceMs: 30_000,
  connectionIdleMsMax: 1_800_000,
  timeMs: 60_000,
  timeoutMs: 20_000,
};
