// Reads a socket into one buffer that all sockets of a thread share, instead of a new one for every
// chunk. Node offers this for sockets that it opens itself (`onread` of net.connect(), documented),
// but not for those that a server accepts, although both are the same class: there the fields
// behind the option have to be set by hand. On a Node whose sockets lack them nothing is lost but
// speed.
//
// Measured with TLS 1.3 over loopback (AMD EPYC, 2 CPUs, Node 26.10, 2026-11-25): receiving
// requests of 183 KB takes half the CPU, since chunks are garbage outside of V8's heap, which is
// dear to make and to sweep.

import type { Duplex } from 'node:stream';
import { KiB } from '../limits.ts';

/** The chunk is valid only during the call. */
export type ChunkHandler = (chunk: Uint8Array) => void;

export class SocketReader {
  // As large as what one read of the kernel brings.
  readonly #buffer = Buffer.allocUnsafeSlow(64 * KiB);

  /**
   * Everything that the socket receives goes to `received`, also what it has received already.
   * pause() and resume() work as always. True when the shared buffer is used.
   */
  read(socket: Duplex, received: ChunkHandler): boolean {
    const isShared = this.#share(socket, received);
    // What came together with the end of the handshake was read into chunks of its own.
    socket.on('data', received);
    return isShared;
  }

  #share(socket: Duplex, received: ChunkHandler): boolean {
    const fields = onreadFields(socket);
    if (fields === undefined) return false;
    const buffer = this.#buffer;
    const { handle } = fields;
    fields.socket[fields.buffer] = buffer;
    // Node stops reading when this returns false.
    fields.socket[fields.callback] = (sizeBytes: number) => {
      received(buffer.subarray(0, sizeBytes));
      return true;
    };
    handle.useUserBuffer(buffer);
    return true;
  }
}

interface OnreadFields {
  readonly socket: Record<symbol, unknown>;
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly handle: { useUserBuffer(buffer: Uint8Array): void };
}

/**
 * Where `onread` keeps its parts; undefined when this stream is no socket, or not one like that.
 */
function onreadFields(stream: Duplex): OnreadFields | undefined {
  const symbols = Object.getOwnPropertySymbols(stream);
  const named = (name: string) => symbols.find((symbol) => symbol.description === name);
  const buffer = named('kBuffer');
  const callback = named('kBufferCb');
  // Neither is part of Node's types.
  const socket = stream as unknown as Record<symbol, unknown> & {
    readonly _handle?: { useUserBuffer?: unknown } | null;
  };
  const handle = socket._handle;
  if (buffer === undefined || callback === undefined) return undefined;
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  // Checked to be a function just now.
  return { socket, buffer, callback, handle: handle as OnreadFields['handle'] };
}
