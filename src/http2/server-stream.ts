// The seam between who parses HTTP/2 frames and who understands requests: the ingester is written
// against this interface, so that the parser can be exchanged without touching it.

export interface ServerConnection {
  /** The verified client certificate's subject, as one readable line. */
  readonly peerSubject: string;
  readonly remoteAddress: string;
}

export type HeaderFields = readonly (readonly [name: string, value: string])[];

export interface ServerStream {
  readonly connection: ServerConnection;
  readonly method: string;
  readonly path: string;
  /** Undefined: the transport bounds it itself. */
  readonly headerFieldCount?: number;
  /**
   * Size of the header list as RFC 9113 section 6.5.2 counts it: names, values, and 32 bytes for
   * each field.
   */
  readonly headerListSizeBytes: number;
  /** Value of a request header by lower-case name; repeated ones are joined with ", ". */
  header(name: string): string | undefined;
  /**
   * Stops delivering DATA and giving the peer credit, until resume(). May deliver what was read
   * already.
   */
  pause(): void;
  resume(): void;
  /** HEADERS with END_STREAM: a gRPC trailers-only answer, or an HTTP answer without body. */
  respondHeadersOnly(fields: HeaderFields): void;
  /** HEADERS, DATA, and trailers when given. */
  respond(fields: HeaderFields, body: Uint8Array, trailers?: HeaderFields): void;
  /** RST_STREAM with this RFC 9113 section 7 code. */
  reset(errorCode: number): void;
}

/**
 * What the ingester does with one stream; every method is called by the transport, never after
 * closed(). After an answer or a reset nothing but closed() comes: what the peer still sends is
 * discarded.
 */
export interface StreamHandler {
  /** The chunk is valid only during the call: copy what you keep. */
  data(chunk: Uint8Array): void;
  /** END_STREAM was received. */
  end(): void;
  /** The stream is gone, whichever way; called exactly once, last. */
  closed(): void;
}

export type AcceptStream = (stream: ServerStream) => StreamHandler;
