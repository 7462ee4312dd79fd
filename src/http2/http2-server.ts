// All HTTP/2 connections of one port of one shard, over sockets that somebody else has accepted and
// verified.

import type { Duplex } from 'node:stream';
import { SocketReader } from '../tls/socket-reader.ts';
import type { ConnectionParts } from './connection-core.ts';
import { OutputTurn } from './connection-output.ts';
import { OutputBuffers } from './output-buffers.ts';
import { ReadCrowd } from './read-crowd.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerConnection as ServerIdentity } from './server-stream.ts';
import { concurrentStreamsWithin } from './stream-window.ts';

export type Http2ServerOptions = Omit<
  ConnectionParts,
  'crowd' | 'buffers' | 'turn' | 'earlyStreamsMax'
>;

export class Http2Server {
  readonly #parts: ConnectionParts;
  readonly #reader = new SocketReader();
  readonly #connections = new Set<ServerConnection>();
  #closing = false;

  constructor(options: Http2ServerOptions) {
    const { landing, concurrentStreamsMax } = options;
    this.#parts = {
      ...options,
      concurrentStreamsMax: concurrentStreamsWithin(landing.sizeBytes, concurrentStreamsMax),
      earlyStreamsMax: concurrentStreamsMax,
      crowd: new ReadCrowd(),
      buffers: new OutputBuffers(),
      turn: new OutputTurn(),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get connections(): Iterable<ServerConnection> {
    return this.#connections;
  }

  /** The socket is ours from now on, until it closes. */
  serve(socket: Duplex, identity: ServerIdentity): void {
    socket.on('error', () => {}); // 'close' follows
    // First, and nothing comes within this turn: a pause before it would not last.
    this.#reader.read(socket, (chunk) => connection.receive(chunk));
    const connection = new ServerConnection(socketOf(socket), identity, this.#parts);
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      connection.socketClosed();
    });
    if (this.#closing) connection.closeGracefully();
  }

  /** GOAWAY on all, also on those that still come: calls under way finish. */
  closeGracefully(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.closeGracefully();
  }

  /** Each ends as soon as its open streams are answered. */
  closeNow(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.closeNow();
  }

  destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function socketOf(socket: Duplex) {
  return {
    write: (bytes: Uint8Array, written: () => void) => void socket.write(bytes, written),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
