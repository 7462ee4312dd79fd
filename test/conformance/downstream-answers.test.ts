// Scenario: a real downstream answers one request in every way there is: each gRPC code with and
// without RetryInfo and partial success, each HTTP status from 400 to 599 and some others; then it
// takes everything. src/exporter/retry-policy.test.ts has the same tables without a wire.
// Guarantees: sent again exactly when the tables of protocol.md sections 1 and 3 say so; the
// producer hears of what is refused for good, and of nothing else, on a connection that stays.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import type { SinkMode } from '../support/otlp-sink.ts';
import {
  type ConformanceRig,
  isOk,
  quickExporter,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import type { Reply } from './reply.ts';

/** What becomes of a batch of two records, `bad` and `good`. */
type Fate =
  /** Sent again as it is, then taken. */
  | 'again'
  /** Held; a probe without records finds out that all is well. */
  | 'held'
  /** Cut in halves until `bad` stands alone and is refused. */
  | 'halved'
  /** Cut in halves, which are taken. */
  | 'split'
  | 'refused'
  /** Taken at once, apart from what the answer names. */
  | 'taken';

const quick = { initial_interval: '100ms', max_interval: '100ms', randomization_factor: 0 };

async function check(
  rig: ConformanceRig,
  title: string,
  mode: SinkMode,
  fate: Fate,
  bodySizeBytes = 0,
): Promise<void> {
  const { sink } = rig;
  const before = sink.arrivals.length;
  let answers = 0;
  sink.decide = (request) => {
    const names = request.resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ eventName }) => eventName)),
    );
    if (!names.includes(`${title} bad`)) return undefined;
    answers += 1;
    return answers === 1 || fate === 'halved' ? mode : undefined;
  };
  const body = { value: { case: 'stringValue', value: 'x'.repeat(bodySizeBytes) } } as const;
  const records = ['bad', 'good'].map((name) => ({ eventName: `${title} ${name}`, body }));
  const message = recordsMessage(...records);
  const reply = await rig.send('gRPC', requestOf('gRPC', message));
  const sizes = sink.arrivals.slice(before).map(({ recordCount }) => recordCount);
  assert.ok(isOk(reply), `${title}: ${reply.code} ${reply.message}`);
  assert.deepEqual([sizes, rejectedOf(reply)], expectedOf(mode)[fate], title);
  sink.decide = undefined;
  // Many refusals running would be taken for a fault of the destination.
  await rig.stillGood('gRPC');
}

const rejectedOf = ({ partial }: Reply) => partial && Number(partial.rejected);

/** Records of the requests that the downstream saw, and how many the producer hears of. */
function expectedOf(mode: SinkMode): Record<Fate, [number[], number | undefined]> {
  const named = mode.kind === 'grpc' ? mode.rejected : undefined;
  return {
    again: [[2, 2], undefined],
    held: [[2, 0, 2], undefined],
    halved: [[2, 1, 1], 1],
    split: [[2, 1, 1], undefined],
    refused: [[2], 2],
    // A warning (nothing rejected) is a line in our log.
    taken: [[2], named || undefined],
  };
}

describe('answers of a downstream', { concurrency: 2 }, () => {
  describe('otlp_grpc', { concurrency: 1 }, () => {
    let rig: ConformanceRig;
    before(async () => {
      rig = await startRig({ exporters: quickExporter('grpc', quick) });
      await rig.send('gRPC', requestOf('gRPC', recordsMessage({})));
    });
    after(() => rig.close());

    const fates: readonly Fate[] = [
      ...(['taken', 'again', 'refused', 'halved', 'again', 'refused', 'refused', 'held'] as const),
      // 8, RESOURCE_EXHAUSTED: a bare one for a small request is overload too.
      ...(['again', 'refused', 'again', 'again', 'held', 'refused', 'again', 'again'] as const),
      'held',
    ];
    for (const [status, fate] of fates.entries()) {
      for (const retryDelayMs of [undefined, 20]) {
        for (const rejected of [undefined, 1]) {
          const delay = retryDelayMs === undefined ? 'bare' : 'with RetryInfo';
          const partial = rejected === undefined ? '' : ' after a partial success';
          test(`code ${status} ${delay}${partial}: ${fate}`, () => {
            const more = { ...(retryDelayMs && { retryDelayMs }), ...(rejected && { rejected }) };
            const mode: SinkMode = { kind: 'grpc', status, message: 'why', ...more };
            return check(rig, `${status} ${delay}${partial}`, mode, fate);
          });
        }
      }
    }

    test('a number that is no code is refused for good', () =>
      check(rig, '17', { kind: 'grpc', status: 17 }, 'refused'));

    test('a warning is a success, for the producer too', () =>
      check(
        rig,
        'warning',
        { kind: 'grpc', status: 0, message: 'slow down', rejected: 0 },
        'taken',
      ));

    test('a success that cannot be read is refused for good', () =>
      check(rig, 'garbage', { kind: 'garbage' }, 'refused'));

    // Last, because the size is remembered.
    test('RESOURCE_EXHAUSTED of a large request: again with RetryInfo, split without', async () => {
      const mode = { kind: 'grpc', status: 8 } as const;
      await check(rig, 'large 8', { ...mode, retryDelayMs: 20 }, 'again', MiB);
      await check(rig, 'large bare 8', mode, 'split', MiB);
    });
  });

  describe('otlp_http', { concurrency: 1 }, () => {
    let rig: ConformanceRig;
    before(async () => {
      rig = await startRig({
        sink: { transport: 'http' },
        exporters: quickExporter('http', quick),
      });
      await rig.send('gRPC', requestOf('gRPC', recordsMessage({})));
    });
    after(() => rig.close());

    function fateOf(status: number): Fate {
      if ([429, 502, 503, 504].includes(status)) return 'again';
      if ([401, 403, 404].includes(status) || status < 400) return 'held';
      return [400, 422].includes(status) ? 'halved' : 'refused';
    }

    test('every status from 400 to 599 but 413, and redirections', async () => {
      const statuses = [301, 302, 303, 307, 308];
      for (let status = 400; status <= 599; status += 1) if (status !== 413) statuses.push(status);
      for (const status of statuses) {
        await check(rig, String(status), { kind: 'http', status, body: 'why' }, fateOf(status));
      }
    });

    test('Retry-After changes when, and not what', async () => {
      for (const status of [400, 408, 429, 500, 502, 503, 504]) {
        for (const after of ['0', new Date(Date.now() - 60_000).toUTCString()]) {
          const mode = { kind: 'http', status, headers: { 'retry-after': after } } as const;
          await check(rig, `${status} ${after}`, mode, fateOf(status));
        }
      }
    });

    test('partial success and warning', async () => {
      await check(rig, 'warning', { kind: 'ok', message: 'slow down' }, 'taken');
      const before = rig.sink.arrivals.length;
      rig.sink.decide = () => ({ kind: 'partial', rejected: 1, message: 'too old' });
      const reply = await rig.send('HTTP/2 JSON', requestOf('HTTP/2 JSON', recordsMessage({}, {})));
      assert.deepEqual(reply.partial, { rejected: 1n, message: 'otlp_http: too old' });
      assert.equal(rig.sink.arrivals.length, before + 1);
      rig.sink.decide = undefined;
    });

    // Last, because the size is remembered.
    test('413 is cut in halves, and a lone record that is too large is refused', () =>
      check(rig, '413', { kind: 'http', status: 413 }, 'halved'));
  });
});
