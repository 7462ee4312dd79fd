// Scenario: among what is in the vault are batches that the destination refuses for good, and some
// that are no OTLP at all, taken in Red, where nobody looks into them.
// Guarantees: those end in the dead letter, each once, with the reason, also when the engine is
// killed on the way, and can be looked at; everything else is delivered, and its space given back.
//
// Field reports: J7 with a vault, C3 for entries.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http2 from 'node:http2';
import { test } from 'node:test';
import type { ExportLogsServiceRequest } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { testCertificates } from '../support/certificates.ts';
import { call } from '../support/listener-harness.ts';
import { EngineRig, pause, until } from './engine-rig.ts';
import { readCursors, segmentCount } from './vault-state.ts';

const poisoned = ['life0-5', 'life0-11'] as const;
const malformedCount = 3;
const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;

function isPoisoned({ resourceLogs }: ExportLogsServiceRequest): boolean {
  const records = resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords),
  );
  return records.some(({ eventName }) => poisoned.some((id) => eventName.startsWith(`${id}/`)));
}

test('J7 V19 batches that nobody takes end in the dead letter, and everything else is delivered', async (context) => {
  const rig = await EngineRig.create(context);
  const first = await rig.start({ force: 'red' });
  await sendMalformed(first.port);
  const producer = rig.load(first);
  await rig.oracle.untilAcked(60);
  await first.kill();
  await producer.exited;

  const notWanted = { kind: 'grpc', status: 3, message: 'not wanted' } as const;
  rig.sink.decide = (request) => (isPoisoned(request) ? notWanted : undefined);
  // Killed when the first of them may be on its way into the dead letter.
  const second = await rig.start();
  await rig.sink.until(() => rig.sink.arrivals.some(({ request }) => isPoisoned(request)));
  await pause(30);
  await second.kill();

  const third = await rig.start();
  const others = [...rig.oracle.notes().acked].filter((id) => !isOneOf(poisoned, id));
  await until(() => {
    rig.collect();
    return rig.arrivals.missingOf(others).length === 0;
  }, 'everything else is delivered');
  await until(() => segmentCount(rig.vaultPath) <= 1, 'the segments are deleted', 10_000);
  assert.equal(await third.stop(), 0);
  rig.collect();
  const { lost, invented, altered } = rig.arrivals.account(rig.oracle.notes());
  assert.deepEqual({ invented, altered }, { invented: [], altered: [] });
  assert.deepEqual(lost.toSorted(), poisoned.toSorted());
  const cursor = readCursors(rig.vaultPath).get('otlp_grpc');
  assert.equal(cursor?.deadLettered, poisoned.length + malformedCount);
  assert.equal(cursor?.lost, 0);

  const reasons = deadLetterReasons(rig.vaultPath);
  // At least once: a kill between the dead letter and the cursor sets one aside again.
  assert.ok(count(reasons, 'Malformed') >= malformedCount, reasons.join(', '));
  assert.ok(count(reasons, 'Rejected') >= poisoned.length, reasons.join(', '));
  assert.equal(count(reasons, 'Malformed') + count(reasons, 'Rejected'), reasons.length);
});

function isOneOf(ids: readonly string[], id: string): boolean {
  return ids.includes(id);
}

function count(reasons: readonly string[], reason: string): number {
  return reasons.filter((one) => one === reason).length;
}

async function sendMalformed(port: number): Promise<void> {
  const { caPem, client } = await testCertificates();
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    ...{ ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' },
  });
  for (let index = 0; index < malformedCount; index += 1) {
    const { outcome } = await call(session, frameMessage(Buffer.alloc(100 + index, 0xff)));
    assert.equal(outcome, '0', 'in Red nobody looks into it');
  }
  session.destroy();
}

/** What an operator sees. */
function deadLetterReasons(vaultPath: string): string[] {
  const args = ['vault', 'dead-letter', 'ls', vaultPath, '--output-format', 'json'];
  const { status, stdout, stderr } = spawnSync(launcherPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  // What the command promises; anything else fails below.
  const { deadLetters } = JSON.parse(stdout) as { deadLetters: { reason: string }[] };
  return deadLetters.map(({ reason }) => reason);
}
