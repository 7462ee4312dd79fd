// What an answer of a downstream means for the request, and how long to wait after a failure. Pure;
// the tables are protocol.md's, sections 1 and 3.

import type { OutcomeOverride, RetryConfig } from '../config/config.ts';
import { Status } from '../errors.ts';
import { MiB, serverDelayMsMax } from '../limits.ts';

export const Verdict = {
  /** It has the request, apart from what a partial success names. */
  Delivered: 1,
  /** The same request may succeed later. */
  Retry: 2,
  /** Something in the request is refused for good; the rest may be fine. */
  Bisect: 3,
  /** The request is too large. */
  Split: 4,
  /** The destination is set up wrongly (credentials, path): keep everything until it is mended. */
  Hold: 5,
  /** Refused for good; sending again would not help. */
  Permanent: 6,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export type OutcomeOverrides = Readonly<Record<string, OutcomeOverride>>;

/** `requestSizeBytes` is the uncompressed size: servers limit what they decompress. */
export function grpcVerdict(
  status: Status,
  hasRetryInfo: boolean,
  requestSizeBytes: number,
  overrides: OutcomeOverrides,
): Verdict {
  if (status === Status.Ok) return Verdict.Delivered;
  const override = overrides[statusName(status)];
  if (override !== undefined) return overrideVerdict[override];
  switch (status) {
    case Status.Cancelled:
    case Status.DeadlineExceeded:
    case Status.Aborted:
    case Status.OutOfRange:
    case Status.Unavailable:
    case Status.DataLoss:
      return Verdict.Retry;
    case Status.ResourceExhausted:
      // Bare it means "too large" or "too busy"; small requests are hardly too large.
      return hasRetryInfo || requestSizeBytes <= bareExhaustedSizeBytesMax
        ? Verdict.Retry
        : Verdict.Split;
    case Status.InvalidArgument:
      return Verdict.Bisect;
    case Status.Unauthenticated:
    case Status.PermissionDenied:
    case Status.Unimplemented:
      return Verdict.Hold;
    default:
      return Verdict.Permanent;
  }
}

export function httpVerdict(httpStatus: number, overrides: OutcomeOverrides): Verdict {
  if (httpStatus >= 200 && httpStatus < 300) return Verdict.Delivered;
  const override = overrides[String(httpStatus)];
  if (override !== undefined) return overrideVerdict[override];
  if (httpStatus >= 300 && httpStatus < 400) return Verdict.Hold;
  switch (httpStatus) {
    case 429:
    case 502:
    case 503:
    case 504:
      return Verdict.Retry;
    case 400:
    case 422:
      return Verdict.Bisect;
    case 413:
      return Verdict.Split;
    case 401:
    case 403:
    case 404:
      return Verdict.Hold;
    default:
      return Verdict.Permanent;
  }
}

/** True: the answer does not rule out that the request was processed all the same. */
export function isGrpcOutcomeUnknown(status: Status): boolean {
  return status === Status.Cancelled || status === Status.DeadlineExceeded;
}

/** True for gateways that gave up on, or lost, the server behind them. */
export function isHttpOutcomeUnknown(httpStatus: number): boolean {
  return httpStatus === 502 || httpStatus === 504;
}

/** "UNAVAILABLE" for 14: the names that `outcome_overrides` uses. */
export function statusName(status: Status): string {
  return statusNames[status]!; // one name for each of the closed set
}

/**
 * Wait after the `attempt`-th failure in a row, from 1. `random` is in [0, 1). A delay that the
 * server asked for replaces ours, up to 24 h.
 */
export function retryDelayMs(
  config: RetryConfig,
  attempt: number,
  random: number,
  serverDelayMs: number | undefined,
): number {
  if (serverDelayMs !== undefined) {
    return Math.min(Math.max(serverDelayMs, serverDelayMsMin), serverDelayMsMax);
  }
  const growth = config.multiplier ** (attempt - 1);
  const intervalMs = Math.min(config.initialIntervalMs * growth, config.intervalMsMax);
  return intervalMs * (1 + config.randomizationFactor * (2 * random - 1));
}

/**
 * `Retry-After` in seconds or as a date; undefined when it is neither. A date in the past means
 * now.
 */
export function parseRetryAfterMs(header: string, wallMs: number): number | undefined {
  const text = header.trim();
  if (/^[0-9]+$/.test(text)) return Math.min(Number(text) * 1000, serverDelayMsMax);
  // Only the date forms of RFC 9110 start with a letter; Date.parse() takes much else.
  const atMs = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) return undefined;
  return Math.min(Math.max(0, atMs - wallMs), serverDelayMsMax);
}

const bareExhaustedSizeBytesMax = MiB;

// A server that says "again, now" to every request must not make us send without a pause.
const serverDelayMsMin = 100;

const overrideVerdict = {
  retry: Verdict.Retry,
  permanent: Verdict.Permanent,
  hold: Verdict.Hold,
} as const satisfies Record<OutcomeOverride, Verdict>;

const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
