// The downstream of a story in a process of its own: OTLP over gRPC with TLS, in the state that the
// story wants it to be in. Notes which batches have arrived whole, and keeps none.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { serveGrpc } from '../support/sink-grpc.ts';
import type { Respond, SinkRequest } from '../support/sink-mode.ts';
import { type BatchShape, RecordFinder } from '../support/swan-batch.ts';
import { childOptions, cpuSeconds, serveParent } from './child.ts';
import { arrivedPath, IdFile } from './id-file.ts';

export interface SinkOptions {
  readonly directory: string;
  /** By number of the producer. */
  readonly shapes: readonly BatchShape[];
}

/** `refuse`: nobody listens. `blackhole`: takes everything and never answers. */
export type SinkState = 'ok' | 'unavailable' | 'blackhole' | 'refuse';

export type SinkOrder =
  | { readonly kind: 'state'; readonly state: SinkState }
  | { readonly kind: 'report' };

export interface SinkReport {
  readonly port: number;
  /** Batches that are there whole, by producer. */
  readonly wholeCounts: readonly number[];
  readonly recordCount: number;
  /** Of records that were there before. */
  readonly duplicateCount: number;
  readonly alteredCount: number;
  /** Requests of whatever outcome. */
  readonly requestCount: number;
  /** Of this process so far. */
  readonly cpuSeconds: number;
}

const { directory, shapes } = childOptions<SinkOptions>();
const pem = (name: string) => readFileSync(join(directory, name), 'utf8');
const tlsOptions = {
  ca: pem('ca.pem'),
  cert: pem('server.pem'),
  key: pem('server.key'),
  minVersion: 'TLSv1.3',
  requestCert: true,
  rejectUnauthorized: true,
} as const;

/** Which records have come: a bit each, and how many of each batch. */
class Arrivals {
  #bits = new Uint8Array(1 << 20);
  #counts = new Uint16Array(1 << 16);
  readonly #recordCount: number;
  readonly whole: IdFile;

  constructor(producer: number, recordCount: number) {
    this.#recordCount = recordCount;
    this.whole = new IdFile(arrivedPath(directory, producer));
  }

  /** False: it was there before. */
  add(batch: number, record: number): boolean {
    const bit = batch * this.#recordCount + record;
    while (bit >> 3 >= this.#bits.length) this.#bits = doubled(this.#bits);
    while (batch >= this.#counts.length) this.#counts = doubled(this.#counts);
    const mask = 1 << (bit & 7);
    const before = this.#bits[bit >> 3] ?? 0;
    if ((before & mask) !== 0) return false;
    this.#bits[bit >> 3] = before | mask;
    const count = (this.#counts[batch] ?? 0) + 1;
    this.#counts[batch] = count;
    if (count === this.#recordCount) this.whole.add(batch);
    return true;
  }
}

function doubled<A extends Uint8Array | Uint16Array>(array: A): A {
  const larger = new (array.constructor as new (length: number) => A)(2 * array.length); // its own
  larger.set(array);
  return larger;
}

const finder = new RecordFinder(shapes);
const arrivals = shapes.map(({ recordCount }, producer) => new Arrivals(producer, recordCount));
const sockets = new Set<Socket>();
let state: SinkState = 'ok';
let port = 0;
let recordCount = 0;
let duplicateCount = 0;
let requestCount = 0;
let server: http2.Http2SecureServer | undefined;

function note(producer: number, batch: number, record: number): void {
  recordCount += 1;
  // The finder has found its text, so there is such a producer.
  if (!arrivals[producer]!.add(batch, record)) duplicateCount += 1;
}

function take({ message }: SinkRequest, respond: Respond): void {
  requestCount += 1;
  if (state === 'unavailable') respond({ kind: 'unavailable' });
  if (state !== 'ok') return;
  finder.find(Buffer.from(message.buffer, message.byteOffset, message.length), note);
  respond({ kind: 'ok' });
}

async function listen(): Promise<void> {
  server = http2.createSecureServer(tlsOptions);
  serveGrpc(server, take);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port; // a TCP server's address is no string
}

async function close(): Promise<void> {
  if (server === undefined) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  server = undefined;
}

async function enter(next: SinkState): Promise<void> {
  state = next; // what went into the black hole is never answered
  if (next === 'refuse') await close();
  else if (server === undefined) await listen();
}

function report(): SinkReport {
  for (const { whole } of arrivals) whole.flush();
  return {
    port,
    wholeCounts: arrivals.map(({ whole }) => whole.count),
    recordCount,
    duplicateCount,
    alteredCount: finder.alteredCount,
    requestCount,
    cpuSeconds: cpuSeconds(),
  };
}

await listen();
serveParent<SinkOrder, SinkReport>(async (order) => {
  if (order.kind === 'state') await enter(order.state);
  return report();
});
