// Scenario: h2spec plays every one of its cases, well-formed and broken, against each receiver of
// the engine. Guarantees: all 145 run, none is skipped and none fails: the engine speaks HTTP/2 and
// HPACK as RFC 9113 and RFC 7541 say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { h2specCaseCount, runH2spec } from '../support/peers/h2spec.ts';
import { readClientPem } from '../support/peers/loopback-bridge.ts';
import { type InteropPipeline, type ReceiverName, startBothReceivers } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

// Paths that the receivers serve, so that the requests get as far as they can.
for (const [receiver, path] of [
  ['grpc', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  ['http', '/v1/logs'],
] as const) {
  test(`${receiver} receiver passes all of h2spec`, () => check(receiver, path));
}

async function check(receiver: ReceiverName, path: string): Promise<void> {
  const { files, ports } = pipeline;
  const report = await runH2spec({ port: ports[receiver], pem: readClientPem(files), path });
  assert.deepEqual(report.failures, []);
  assert.equal(report.skippedCount, 0, 'cases skipped');
  assert.equal(report.caseCount, h2specCaseCount, 'cases that ran');
}
