// Scenario: field report B5: OTLP 1.11 ("Failures" of gRPC and of HTTP) says which codes a sender
// may retry; we answer with codes, and we hear them. downstream-answers.test.ts and
// answer-forms.test.ts play the same on the wire.
// Guarantees: what a producer should send again has a code of that set, nothing else has, and of
// what a downstream says exactly that set is sent again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorRow, errorTable, Status } from '../../src/errors.ts';
import { grpcVerdict, httpVerdict, Verdict } from '../../src/exporter/retry-policy.ts';
import { MiB } from '../../src/limits.ts';

/** RESOURCE_EXHAUSTED is one only with RetryInfo. */
const retryableGrpc: readonly Status[] = [
  ...[Status.Cancelled, Status.DeadlineExceeded, Status.Aborted, Status.OutOfRange],
  ...[Status.Unavailable, Status.DataLoss],
];
const retryableHttp = [429, 502, 503, 504];

/** Of data that producers send, and of what ends a start or a connection. */
const rows = (Object.entries(errorTable) as [string, ErrorRow][]) // keys of a const object
  .filter(([code]) => !code.startsWith('CONTROL_'));

test('B5 what producers should send again has a code that OTLP lets them, and a delay', () => {
  for (const [code, { grpc, http, retryable }] of rows) {
    if (!retryable) continue;
    assert.ok(retryableGrpc.includes(grpc), code);
    assert.ok(retryableHttp.includes(http), code);
  }
  const faultsOfProducers = rows.filter(
    ([, { acts, retryable }]) => acts === 'producer' && !retryable,
  );
  for (const [code, { grpc, http }] of faultsOfProducers) {
    assert.ok(!retryableGrpc.includes(grpc), code);
    assert.ok(!retryableHttp.includes(http), code);
  }
});

test('B5 of what a downstream says, exactly the retryable set of OTLP is sent again', () => {
  const sentAgain = (hasRetryInfo: boolean) =>
    Object.values(Status).filter(
      (status) => grpcVerdict(status, hasRetryInfo, 2 * MiB, {}) === Verdict.Retry,
    );
  assert.deepEqual(sentAgain(false), retryableGrpc);
  const withExhausted = [...retryableGrpc, Status.ResourceExhausted].sort((a, b) => a - b);
  assert.deepEqual(sentAgain(true), withExhausted);
  const statuses = Array.from({ length: 200 }, (_, index) => 400 + index);
  const again = statuses.filter((status) => httpVerdict(status, {}) === Verdict.Retry);
  assert.deepEqual(again, retryableHttp);
});
