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
 * events (control/event-watch.ts) and one status message a second. A dashboard takes one, whatever
 * the number of its tabs.
 */
export const watchStreamsMax = 16;

/** Apart from these, so that callers without a role cannot take their places. */
export const healthWatchStreamsMax = 16;

/**
 * Taps of the control port, all callers together, and what they may cost while there is one: bodies
 * that all shards copy in a second; first bytes of each; copies of one shard that the main thread
 * has not read yet; records decoded in a second, which is below 1 % of a core.
 */
export const tapStreamsMax = 4;
export const tapCopiesPerSecondMax = 10;
export const tapCopySizeBytesMax = 64 * KiB;
export const tapCopiesUnreadMax = 4;
export const tapSampledPerSecondMax = 500;

/**
 * Of one tap: records that it shows in a second, which is more than anybody reads, and those that
 * wait for a client that is slow, some 17 KiB each at most.
 */
export const tapShownPerSecondMax = 20;
export const tapUnreadMax = 40;
export const tapMatchesMax = 8;

/**
 * Samples of the history, one a second: 15 minutes, which show what led to most incidents, in 0.13
 * MiB of arrays that are there from the start.
 */
export const historySamplesMax = 900;

/**
 * What the control port takes beside memory.limit_mib once somebody has called: code, heap and
 * connections. Measured: 9 MiB for a probe, 12 with metrics, 19 with a dashboard of three tabs, a
 * tap and a terminal (built, Node 26.10, 2026-11-26).
 */
export const controlSizeBytes = 20 * MiB;

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

/** Questions of operators that wait for the replay thread, which has 3 s for each. */
export const replayQuestionsMax = 32;

/** A connection of the control port that nothing goes over ends after this. */
export const controlIdleMsMax = 5 * 60 * 1000;
export const controlIdleWithoutRoleMsMax = 10_000;

/**
 * The loopback server of `gs-ctl dashboard`. A browser opens six connections to it; a few more are
 * for a second browser, and what a hostile program of this host takes of them is cut after seconds.
 */
export const dashboardConnectionsMax = 32;

/** Tabs that are open at the same time; each is a bearer of 128 bits. */
export const dashboardSessionsMax = 8;

/** Streams that a tab has for itself, of all tabs together: those that look at records. */
export const dashboardStreamsMax = 4;

/**
 * Watches of the status, which cost the engine nothing but the first: one for each session, and a
 * few of pages that were loaded again and are not seen to be gone yet. With streams and calls there
 * are as many as dashboardConnectionsMax.
 */
export const dashboardWatchesMax = 12;

/** Calls under way: with the streams fewer than controlStreamsMax, which the engine allows. */
export const dashboardCallsMax = 16;

/** One-time links that nobody has used yet. */
export const dashboardLinksMax = 4;

/** One answer of an engine, or one message of a stream: the full history is 0.3 MB. */
export const dashboardAnswerSizeBytesMax = 4 * MiB;

/** All files of the page, which are held in memory. */
export const dashboardFilesSizeBytesMax = 2 * MiB;

/** A session that asks nothing for so long ends, and so does a dashboard without sessions. */
export const dashboardIdleMsMax = 30 * 60 * 1000;

/**
 * What the thread that reads the vault for operators takes while it does: 10 MiB measured, most of
 * it given back. It is started where that is free of what the process may have.
 */
export const vaultReadingSizeBytes = 10 * MiB;

/**
 * Answers of the thread that reads the vault for operators (engine/vault-files.ts). Parts on their
 * way to a caller, four at a time; the rest waits in the thread. Each leaves copies behind that
 * only a scavenge frees, and a scavenge comes after so many objects, whatever they hold: an export
 * of 24 MB in parts of 64 KiB took more than 20 MiB for a while, in parts of 16 KiB less than 10.
 */
export const vaultPartSizeBytes = 16 * KiB;
export const vaultPartsAheadMax = 4;

/** Questions that wait behind short ones: tabs of a dashboard, and somebody at a terminal. */
export const vaultQuestionsWaitingMax = 4;

/** Segments of a list, 150 bytes each: 128 GiB of the usual size. */
export const vaultAnswerSegmentsMax = 2_000;

/** Dead letters of a list, 80 bytes each. */
export const vaultAnswerLettersMax = 1_000;

/** Blocks of a segment in one part, some 20 fields each. */
export const vaultAnswerBlocksMax = 100;

/** Findings of a check, and batches that an export could not write: whoever has more has enough. */
export const vaultAnswerFindingsMax = 1_000;
export const vaultAnswerFailuresMax = 100;

/**
 * One batch on its way to an operator, received and inflated, and as JSON: what gRPC clients accept
 * unless told otherwise. With copies it is 24 MiB at worst, which the engine's memory has to spare
 * outside of Red; larger batches are for `gophership vault export`.
 */
export const vaultAnswerBodySizeBytesMax = 4 * MiB;
export const vaultAnswerJsonSizeBytesMax = 8 * MiB;

/** One dead letter as JSON, and as it was received: an answer has 1 MiB at most. */
export const vaultAnswerLetterSizeBytesMax = MiB;
export const vaultAnswerRawLetterSizeBytesMax = 512 * KiB;

/** What is read of a vault in a second for operators: the disk is there for producers. */
export const vaultReadBytesPerSecondMax = 64 * MiB;

/** Between two messages that say how far a check is. */
export const vaultProgressIntervalMs = 250;

/** A caller that takes no part for so long has lost the thread to the next one. */
export const vaultPartMsMax = 30_000;

/** An answer that is not out by then: 1 TiB at the pace above takes 5 hours. */
export const vaultAnswerMsMax = 6 * 60 * 60 * 1000;
