// Scenario: field reports B2 and B3: an engine in Red whose vault is full and whose downstream
// is unavailable can take nothing; producers come in every form of OTLP, and one with 1,000
// batches at once. Then the downstream returns. test/vault-engine/full.test.ts has B1 and the
// way into this state.
// Guarantees: every answer is a success that holds or one that every client retries, with a
// delay; none is silence, none says that it was the producer's fault; connections stay (I1, I3).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../../src/limits.ts';
import { recordsMessage, requestOf } from '../conformance/conformance-rig.ts';
import { forms, OtlpClient } from '../conformance/otlp-client.ts';
import { readReply } from '../conformance/reply.ts';
import { ReportRig } from '../support/report-rig.ts';

const smallVault = { limit: '64MiB', ack_deadline: '50ms' } as const;

test('B2 B3 who can take nothing says so, each time, in words that every client retries', async (context) => {
  const rig = await ReportRig.create(context, { sinkMode: { kind: 'unavailable' } });
  const engine = await rig.start(context, { vault: smallVault, force: 'red', http: {} });
  // Those that went the other way wait for the downstream as long as their producer does.
  const filler = await rig.load({ port: engine.port, sizeBytes: MiB, timeoutMs: 2_000 });
  for (let acked = -1; filler.acked.size > acked; ) {
    acked = filler.acked.size;
    await filler.run({ durationMs: 700 });
  }
  assert.ok(filler.acked.size > 10, `${filler.acked.size} batches in the vault`);

  const client = await OtlpClient.create({ grpc: engine.port, http: engine.httpPort });
  context.after(() => client.close());
  for (let round = 0; round < 2; round += 1) {
    for (const form of forms) {
      const request = requestOf(form, recordsMessage({ body: textOf(300 * KiB) }));
      const reply = readReply(form, await client.exchange(form, request));
      assert.equal(reply.code, 'VAULT_FULL', form);
      assert.equal(reply.status, form === 'gRPC' ? 14 : 503);
      assert.ok((reply.retryDelayMs ?? 0) >= 400, form);
    }
  }
  assert.equal(client.connectionCount, 3, 'all of it on the first connections');

  const impatient = { retryDelayMs: Infinity, inFlight: 250, sizeBytes: 256 * KiB };
  const load = await rig.load({ port: engine.port, firstId: 100_000, ...impatient });
  await load.run({ count: 1_000 });
  assert.equal(load.acked.size + load.refusalCount, 1_000, 'an answer for each');
  assert.deepEqual([...load.refusals.keys()], ['14 VAULT_FULL']);

  rig.sink.mode = { kind: 'ok' };
  const acked = load.acked.size;
  await rig.delivered();
  while (load.acked.size < acked + 100) await load.run({ count: 100 });
  await rig.delivered();
  rig.checkInvariants(context, engine);
  await load.close();
  await filler.close();
  assert.equal(await engine.stop(), 0);
});

function textOf(sizeBytes: number) {
  return { value: { case: 'stringValue', value: 'x'.repeat(sizeBytes) } } as const;
}
