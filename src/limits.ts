// Bounds that are not configuration. Each says what it protects and where the number comes from;
// configurable bounds live in config/schema.ts with their defaults.

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/**
 * gRPC message prefix: 1 byte compressed flag, 4 bytes big-endian length (gRPC over HTTP/2,
 * "Length-Prefixed-Message").
 */
export const grpcPrefixSizeBytes = 5;

/** Largest message that any configuration may accept: what OTLP 1.11 recommends as a limit. */
export const messageSizeBytesLimit = 64 * MiB;

/**
 * Largest request to a destination, by what a limit leaves for batches. Many servers stop at 4 MiB;
 * where memory is small, twice that for each destination at each shard is more than its batches
 * have.
 */
export function requestSizeBytesDefault(batchesSizeBytes: number): number {
  return batchesSizeBytes < 32 * MiB ? 2_200_000 : 4_000_000;
}

/** Header list of one request, 32 bytes counted per field (RFC 9113 section 6.5.2). */
export const headerListSizeBytesMax = 16 * KiB;
export const headerFieldOverheadSizeBytes = 32;

/** Fields of one request; gRPC clients send about ten. */
export const headerFieldsMax = 100;

/**
 * Concurrent inflations per shard, where the memory limit allows them (memory/arena-needs.ts): more
 * would not be faster, because Node inflates in four threads.
 */
export const inflationsPerShardMax = 4;

/**
 * AnyValue nesting that the scan follows before it calls a message malformed; protobuf readers stop
 * at 100 too.
 */
export const messageDepthMax = 100;

/** Largest answer to a producer, status details included. */
export const answerSizeBytesMax = 4 * KiB;

/** Largest answer read from a downstream. */
export const downstreamAnswerSizeBytesMax = 4 * MiB;

/** RetryInfo and Retry-After of a downstream are honoured up to this. */
export const serverDelayMsMax = 24 * 60 * 60 * 1000;

/** Delay that we ask of producers, before jitter. */
export const retryDelayMsMin = 500;
export const retryDelayMsMax = 5_000;
export const drainRetryDelayMs = 1_000;

/** Requests that may be spent on one batch while the refused record is searched by bisecting. */
export const bisectRequestsPerBatchMax = 64;

/**
 * Status and event watches of the control port, all callers together: a watch costs up to 400
 * events (control/event-watch.ts) and one status message a second. Three operators with a dashboard
 * of three tabs each, and some to spare.
 */
export const watchStreamsMax = 16;

/** Apart from these, so that callers without a role cannot take their places. */
export const healthWatchStreamsMax = 16;

/**
 * Connections of the control port, about 0.1 MiB each while they are used. People, scrapers and
 * probes of one host are a dozen; a crowd beyond that waits unread, 8 KB each, and then is closed.
 * So many may wait that a few hundred who never say anything do not keep an operator out: each has
 * a second then (tls/handshake.ts).
 */
export const controlConnectionsMax = 64;
export const controlConnectionsParkedMax = 512;

/** Of those: callers without a role, who can ask for health only, leave the others theirs. */
export const controlConnectionsWithoutRoleMax = 32;

/** Concurrent streams of one connection of the control port. */
export const controlStreamsMax = 32;

/**
 * Requests of callers of one role that are not sent whole, or whose answers are not taken yet,
 * watches and probes apart: answers have 50 KB at most usually.
 */
export const controlAnswersMax = 128;
export const controlAnswersWithoutRoleMax = 32;

/** Request of the control port; the largest real one is a reason of 512 characters. */
export const controlBodySizeBytesMax = 64 * KiB;

/** From a request to the control port to its answer being taken, watches apart. */
export const controlAnswerMsMax = 10_000;

/** A connection of the control port that nothing goes over ends after this. */
export const controlIdleMsMax = 5 * 60 * 1000;
export const controlIdleWithoutRoleMsMax = 10_000;
