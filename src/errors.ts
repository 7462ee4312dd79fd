// The one table of error codes. A code is API: codes are added, never renamed or reused, and people
// match on the code, not on the text. docs/OPERATIONS.md has a paragraph for each one
// (tools/tidy.ts checks that).

/** gRPC status codes (grpc/grpc doc/statuscodes.md); the numbers are the wire values. */
export const Status = {
  Ok: 0,
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

/** Who has to do something for the error to go away. */
export type Acts = 'producer' | 'operator' | 'gophership';

export interface ErrorRow {
  readonly grpc: Status;
  readonly http: number;
  /**
   * True: the answer carries RetryInfo (gRPC) or Retry-After (HTTP), and the producer keeps the
   * batch.
   */
  readonly retryable: boolean;
  readonly acts: Acts;
}

// Load and faults of ours are always UNAVAILABLE: OTLP clients drop what is answered with INTERNAL,
// UNKNOWN or a bare RESOURCE_EXHAUSTED (OTLP 1.11, "Failures").
export const errorTable = {
  OTLP_MALFORMED: { grpc: Status.InvalidArgument, http: 400, retryable: false, acts: 'producer' },
  BODY_CORRUPT: { grpc: Status.InvalidArgument, http: 400, retryable: false, acts: 'producer' },
  BAD_TIMEOUT: { grpc: Status.InvalidArgument, http: 400, retryable: false, acts: 'producer' },
  COMPRESSED_FLAG: { grpc: Status.Internal, http: 400, retryable: false, acts: 'producer' },
  ENCODING_UNKNOWN: { grpc: Status.Unimplemented, http: 415, retryable: false, acts: 'producer' },
  MESSAGE_TOO_LARGE: {
    grpc: Status.ResourceExhausted,
    http: 413,
    retryable: false,
    acts: 'producer',
  },
  HEADERS_TOO_LARGE: {
    grpc: Status.ResourceExhausted,
    http: 431,
    retryable: false,
    acts: 'producer',
  },
  METHOD_UNKNOWN: { grpc: Status.Unimplemented, http: 404, retryable: false, acts: 'producer' },
  VERB: { grpc: Status.Internal, http: 405, retryable: false, acts: 'producer' },
  CONTENT_TYPE: { grpc: Status.Internal, http: 415, retryable: false, acts: 'producer' },
  QUEUE_FULL: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  DESTINATION_DOWN: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  EXPORT_FAILED: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  EXPORT_REJECTED: { grpc: Status.Unavailable, http: 503, retryable: false, acts: 'operator' },
  ADMISSION_TIMEOUT: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  INTERNAL_FAULT: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'gophership' },
  DRAINING: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'gophership' },
  PRODUCER_STALLED: { grpc: Status.DeadlineExceeded, http: 503, retryable: true, acts: 'producer' },
  DEADLINE: { grpc: Status.DeadlineExceeded, http: 503, retryable: true, acts: 'operator' },
  TLS_PEER: { grpc: Status.Unauthenticated, http: 401, retryable: false, acts: 'producer' },
  CONFIG: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  TLS_MATERIAL: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  MEMORY_LIMIT: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  PORT_TAKEN: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  THREAD_DIED: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'gophership' },
  HTTP_SYNTAX: { grpc: Status.InvalidArgument, http: 400, retryable: false, acts: 'producer' },
  VAULT_FULL: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  VAULT_FAILED: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'operator' },
  VAULT_LOCKED: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  VAULT_REFUSED: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  VAULT_DIRECTORY: {
    grpc: Status.FailedPrecondition,
    http: 500,
    retryable: false,
    acts: 'operator',
  },
  VAULT_MEDIUM: { grpc: Status.FailedPrecondition, http: 500, retryable: false, acts: 'operator' },
  VAULT_DAMAGED: { grpc: Status.DataLoss, http: 500, retryable: false, acts: 'operator' },
  CONTROL_DENIED: { grpc: Status.PermissionDenied, http: 403, retryable: false, acts: 'operator' },
  CONTROL_BUSY: { grpc: Status.ResourceExhausted, http: 429, retryable: true, acts: 'operator' },
  CONTROL_INVALID: { grpc: Status.InvalidArgument, http: 400, retryable: false, acts: 'operator' },
  CONTROL_STARTING: { grpc: Status.Unavailable, http: 503, retryable: true, acts: 'gophership' },
  CONTROL_TAP_PAUSED: {
    grpc: Status.FailedPrecondition,
    http: 400,
    retryable: false,
    acts: 'operator',
  },
  CONTROL_NOT_FOUND: { grpc: Status.NotFound, http: 404, retryable: false, acts: 'operator' },
  CONTROL_READS_PAUSED: {
    grpc: Status.FailedPrecondition,
    http: 400,
    retryable: false,
    acts: 'operator',
  },
  CONTROL_CONFLICT: {
    grpc: Status.FailedPrecondition,
    http: 400,
    retryable: false,
    acts: 'operator',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table. Messages say what, which one, and the limit. */
export class GopherShipError extends Error {
  override readonly name = 'GopherShipError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Process exit codes (sysexits.h where it has one). */
export const ExitCode = {
  Ok: 0,
  Failure: 1,
  Usage: 64,
  PortTaken: 69,
  AssertionFailed: 70,
  VaultLocked: 73,
  VaultUnreadable: 74,
  KeyNotReadable: 77,
  BadConfig: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
