// The seam between who parses HTTP and who understands requests: the ingester is written against
// this interface, over HTTP/2 (this folder) and HTTP/1.1 (ingester/http1-stream.ts) alike.
//
// Flow control goes through it, because credit is memory (receive-credit.ts): what a handler holds
// without memory of its own it says with hold(), what it has memory for with expect(). Bytes that
// are neither are done with, and the peer gets their credit back.

import type { FieldBlock } from './field-block.ts';

export interface ServerConnection {
  /** The verified client certificate's subject, as one readable line. */
  readonly peerSubject: string;
  readonly remoteAddress: string;
}

/** Header fields can be read until AcceptStream has returned; then they are gone. */
export interface ServerStream {
  readonly connection: ServerConnection;
  readonly method: string;
  readonly path: string;
  readonly headerFieldCount: number;
  /**
   * Size of the header list as RFC 9113 section 6.5.2 counts it: names, values, and 32 bytes for
   * each field.
   */
  readonly headerListSizeBytes: number;
  /** Of request bodies, on the whole connection so far: its streams share one credit. */
  readonly connectionBytes: number;
  /** Not while its connection waits for others: what does not come then is not the client's fault. */
  readonly isRead: boolean;
  /** Value of a request header by lower-case name; repeated ones are joined with ", ". */
  header(name: string): string | undefined;
  /**
   * Said inside data(), of bytes that were just delivered: they stay with the handler, outside of
   * any reservation, and the peer gets no credit for them. More may come, as far as the credit that
   * the peer has already reaches. False: its connection holds too much already, and the handler has
   * to let them go.
   */
  hold(sizeBytes: number): boolean;
  /**
   * The handler has memory for this many bytes of the body beyond those delivered: the peer gets
   * credit for all of them, and nothing is held any more. Replaces what was said before. Also with
   * 0: a message that has memory is read up to its end, however little memory is left for others.
   */
  expect(sizeBytes: number): void;
  /** The whole answer. Without `body` the headers end the stream (gRPC: "Trailers-Only"). */
  respond(headers: FieldBlock, body?: Uint8Array, trailers?: FieldBlock): void;
  /** RST_STREAM with this RFC 9113 section 7 code. */
  reset(errorCode: number): void;
}

/**
 * What the ingester does with one stream; every method is called by the transport, never after
 * closed(). After an answer or a reset nothing but closed() comes: what the peer still sends is
 * discarded.
 */
export interface StreamHandler {
  /**
   * source[fromBytes..toBytes) is the next part of the body, never empty, and valid only during the
   * call: copy what you keep.
   */
  data(source: Uint8Array, fromBytes: number, toBytes: number): void;
  /** The request is complete. */
  end(): void;
  /** The stream is gone, whichever way; called exactly once, last. */
  closed(): void;
}

export type AcceptStream = (stream: ServerStream) => StreamHandler;
