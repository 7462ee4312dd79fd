// A client session of node:http2 whose bytes go nowhere but here: what nghttp2 makes of requests
// and settings, as header blocks, and what it reads in ours.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  sensitiveHeaders,
} from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';

export type Fields = readonly (readonly [name: string, value: string])[];

export interface PeerRequest {
  /** Pseudo-header fields first. */
  readonly fields: Fields;
  /** Names that must never be indexed. */
  readonly sensitive: readonly string[];
}

export class NodeHttp2Peer {
  readonly #session: ClientHttp2Session;
  readonly #wire: Duplex;
  #unread: Buffer = Buffer.alloc(0);
  #prefaceSeen = false;
  /** Blocks whose last frame has not come. */
  #partial: Buffer[] = [];
  #blocks: Uint8Array[] = [];
  #settingsSent = 1; // by the constructor
  #settingsAcknowledged = 0;
  /** Called after every frame. */
  #progress = () => {};
  /** Called when a request cannot be sent. */
  #refused = (_error: Error) => {};

  constructor() {
    const [client, wire] = duplexPair();
    this.#wire = wire;
    this.#session = connect('http://peer.test', { createConnection: () => client });
    this.#session.on('error', () => {});
    wire.on('error', () => {});
    wire.on('data', (chunk: Buffer) => this.#read(chunk));
    wire.write(frame(FrameType.Settings, 0, 0, new Uint8Array(0))); // the preface of a server
  }

  /** Announces each of these SETTINGS_HEADER_TABLE_SIZE, and waits until all hold. */
  async setTableSizes(sizes: readonly number[]): Promise<void> {
    for (const size of sizes) {
      const payload = Buffer.alloc(6);
      payload.writeUInt16BE(settingsHeaderTableSize, 0);
      payload.writeUInt32BE(size, 2);
      this.#wire.write(frame(FrameType.Settings, 0, 0, payload));
      this.#settingsSent += 1;
    }
    await this.#until(() => this.#settingsAcknowledged === this.#settingsSent);
  }

  /** The header block of each request, in order. */
  async encode(requests: readonly PeerRequest[]): Promise<Uint8Array[]> {
    for (const request of requests) this.#request(request);
    await this.#until(() => this.#blocks.length === requests.length);
    return this.#blocks.splice(0);
  }

  /** Sends a request and answers it with this block: what Node reads in that. */
  async read(block: Uint8Array): Promise<Record<string, string | string[] | undefined>> {
    const stream = this.#request({ fields: simplestRequest, sensitive: [] });
    await this.#until(() => this.#blocks.length === 1);
    this.#blocks.length = 0;
    const response = once(stream, 'response', { signal: AbortSignal.timeout(readMs) });
    this.#wire.write(frame(FrameType.Headers, endStream | endHeaders, stream.id!, block));
    const [headers] = await response;
    return headers;
  }

  close(): void {
    this.#session.destroy();
    this.#wire.destroy();
  }

  #request({ fields, sensitive }: PeerRequest): ClientHttp2Stream {
    const headers: string[] = fields.flat();
    Object.assign(headers, { [sensitiveHeaders]: sensitive });
    // @types/node does not know that request() takes an array of names and values in turn.
    const stream = this.#session.request(headers as unknown as Record<string, string>, {
      endStream: true,
    });
    stream.on('error', (error) => this.#refused(error));
    stream.resume();
    return stream;
  }

  async #until(isReached: () => boolean): Promise<void> {
    if (isReached()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const closed = () => reject(new Error('the session closed'));
    this.#session.once('close', closed);
    this.#refused = reject;
    this.#progress = () => {
      if (isReached()) resolve();
    };
    try {
      await promise;
    } finally {
      this.#session.off('close', closed);
      this.#refused = () => {};
      this.#progress = () => {};
    }
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (!this.#prefaceSeen) {
      if (this.#unread.length < prefaceSizeBytes) return;
      this.#prefaceSeen = true;
      this.#unread = this.#unread.subarray(prefaceSizeBytes);
    }
    while (this.#unread.length >= frameHeaderSizeBytes) {
      const endBytes = frameHeaderSizeBytes + this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < endBytes) return;
      const payload = this.#unread.subarray(frameHeaderSizeBytes, endBytes);
      this.#frame(this.#unread[3]!, this.#unread[4]!, payload); // nine bytes are there
      this.#unread = this.#unread.subarray(endBytes);
      this.#progress();
    }
  }

  #frame(type: number, flags: number, payload: Buffer): void {
    switch (type) {
      case FrameType.Settings:
        if (flags & acknowledged) this.#settingsAcknowledged += 1;
        else this.#wire.write(frame(FrameType.Settings, acknowledged, 0, new Uint8Array(0)));
        return;
      case FrameType.Headers:
      case FrameType.Continuation:
        assert.equal(
          flags & (padded | priority),
          0,
          'Node pads and gives priorities only if asked',
        );
        this.#partial.push(payload);
        if (flags & endHeaders) {
          this.#blocks.push(Uint8Array.from(Buffer.concat(this.#partial)));
          this.#partial = [];
        }
    }
  }
}

/** So that a block which Node refuses fails a test instead of stopping it. */
const readMs = 10_000;

const FrameType = { Headers: 1, Settings: 4, Continuation: 9 } as const;
const acknowledged = 0x01;
const endStream = 0x01;
const endHeaders = 0x04;
const padded = 0x08;
const priority = 0x20;
const settingsHeaderTableSize = 1;
const frameHeaderSizeBytes = 9;
const prefaceSizeBytes = 24;

const simplestRequest: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'peer.test'],
  [':path', '/'],
];

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(frameHeaderSizeBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}
