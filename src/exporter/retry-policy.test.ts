import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Status } from '../errors.ts';
import { MiB } from '../limits.ts';
import {
  grpcVerdict,
  httpVerdict,
  isGrpcOutcomeUnknown,
  isHttpOutcomeUnknown,
  parseRetryAfterMs,
  retryDelayMs,
  statusName,
  Verdict,
} from './retry-policy.ts';

const { Delivered, Retry, Bisect, Split, Hold, Permanent } = Verdict;

// code, name, verdict without RetryInfo, verdict with RetryInfo; requests of 2 MiB
const grpcTable: readonly [Status, string, Verdict, Verdict][] = [
  [0, 'OK', Delivered, Delivered],
  [1, 'CANCELLED', Retry, Retry],
  [2, 'UNKNOWN', Permanent, Permanent],
  [3, 'INVALID_ARGUMENT', Bisect, Bisect],
  [4, 'DEADLINE_EXCEEDED', Retry, Retry],
  [5, 'NOT_FOUND', Permanent, Permanent],
  [6, 'ALREADY_EXISTS', Permanent, Permanent],
  [7, 'PERMISSION_DENIED', Hold, Hold],
  [8, 'RESOURCE_EXHAUSTED', Split, Retry],
  [9, 'FAILED_PRECONDITION', Permanent, Permanent],
  [10, 'ABORTED', Retry, Retry],
  [11, 'OUT_OF_RANGE', Retry, Retry],
  [12, 'UNIMPLEMENTED', Hold, Hold],
  [13, 'INTERNAL', Permanent, Permanent],
  [14, 'UNAVAILABLE', Retry, Retry],
  [15, 'DATA_LOSS', Retry, Retry],
  [16, 'UNAUTHENTICATED', Hold, Hold],
];

test('grpcVerdict() and statusName() know all 17 codes, with and without RetryInfo', () => {
  assert.equal(grpcTable.length, Object.keys(Status).length);
  for (const [status, name, bare, withRetryInfo] of grpcTable) {
    assert.equal(statusName(status), name);
    assert.equal(grpcVerdict(status, false, 2 * MiB, {}), bare, name);
    assert.equal(grpcVerdict(status, true, 2 * MiB, {}), withRetryInfo, name);
  }
});

test('grpcVerdict() takes a bare RESOURCE_EXHAUSTED of up to 1 MiB for overload', () => {
  assert.equal(grpcVerdict(Status.ResourceExhausted, false, MiB, {}), Retry);
  assert.equal(grpcVerdict(Status.ResourceExhausted, false, MiB + 1, {}), Split);
});

test('httpVerdict() knows every status from 200 to 599', () => {
  const special = new Map<number, Verdict>([
    [400, Bisect],
    [422, Bisect],
    [413, Split],
    [401, Hold],
    [403, Hold],
    [404, Hold],
    [429, Retry],
    [502, Retry],
    [503, Retry],
    [504, Retry],
  ]);
  const byClass = new Map([
    [2, Delivered],
    [3, Hold],
    [4, Permanent],
    [5, Permanent],
  ] as const);
  for (let status = 200; status <= 599; status += 1) {
    const expected = special.get(status) ?? byClass.get(Math.floor(status / 100) as 2 | 3 | 4 | 5);
    assert.equal(httpVerdict(status, {}), expected, String(status));
  }
});

test('outcome_overrides change single rows, never a success', () => {
  const overrides = {
    '429': 'permanent',
    '500': 'retry',
    '200': 'retry',
    UNKNOWN: 'hold',
  } as const;
  assert.equal(httpVerdict(429, overrides), Permanent);
  assert.equal(httpVerdict(500, overrides), Retry);
  assert.equal(httpVerdict(501, overrides), Permanent);
  assert.equal(httpVerdict(200, overrides), Delivered);
  assert.equal(grpcVerdict(Status.Unknown, false, 1, overrides), Hold);
  assert.equal(grpcVerdict(Status.Ok, false, 1, { OK: 'retry' }), Delivered);
});

test('only answers of somebody who gave up leave the outcome unknown', () => {
  const unknownCodes = grpcTable.map(([status]) => status).filter(isGrpcOutcomeUnknown);
  assert.deepEqual(unknownCodes, [Status.Cancelled, Status.DeadlineExceeded]);
  const statuses = Array.from({ length: 200 }, (_, index) => 400 + index);
  assert.deepEqual(statuses.filter(isHttpOutcomeUnknown), [502, 504]);
});

test('retryDelayMs() grows to the maximum and is spread by the randomization factor', () => {
  const config = {
    initialIntervalMs: 5_000,
    multiplier: 1.5,
    randomizationFactor: 0.5,
    intervalMsMax: 30_000,
  };
  const middle = [1, 2, 3, 4, 5, 6, 50].map((attempt) =>
    retryDelayMs(config, attempt, 0.5, undefined),
  );
  assert.deepEqual(middle, [5_000, 7_500, 11_250, 16_875, 25_312.5, 30_000, 30_000]);
  assert.equal(retryDelayMs(config, 1, 0, undefined), 2_500);
  assert.equal(retryDelayMs(config, 1, 0.999999, undefined) < 7_500, true);
});

test('retryDelayMs() honours what the server asks for, up to 24 h', () => {
  const config = {
    initialIntervalMs: 5_000,
    multiplier: 1.5,
    randomizationFactor: 0.5,
    intervalMsMax: 30_000,
  };
  const cases: [number, number][] = [
    [0, 100],
    [52 * 60_000, 52 * 60_000],
    [3_600_000, 3_600_000],
    [25 * 3_600_000, 24 * 3_600_000],
  ];
  for (const [asked, delay] of cases) assert.equal(retryDelayMs(config, 3, 0.9, asked), delay);
});

test('parseRetryAfterMs() reads seconds and dates and nothing else', () => {
  const wallMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const cases: [string, number | undefined][] = [
    ['120', 120_000],
    [' 0 ', 0],
    ['99999999999999', 86_400_000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Sat, 03 Jan 2026 12:00:00 GMT', 86_400_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026-01-01', undefined],
    ['soon', undefined],
    ['', undefined],
  ];
  for (const [header, delay] of cases)
    assert.equal(parseRetryAfterMs(header, wallMs), delay, header);
});
