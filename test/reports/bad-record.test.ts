// Scenario: field report B7: one batch of 100 cannot be read by the enrichment, and one record of
// 100 is refused by the downstream; in Green, where the producer waits, and in Red, where nobody
// looks into a batch.
// Guarantees: what is bad is refused or set aside alone, counted, and the other 99 are delivered
// (I1, I5).

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { testCertificates } from '../support/certificates.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import { call } from '../support/listener-harness.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { EngineRig, until } from '../vault-engine/engine-rig.ts';
import { readCursors } from '../vault-engine/vault-state.ts';

const others = 99;

test('B7 a batch that cannot be read is refused alone, and the other 99 are delivered', async (context) => {
  const rig = await EngineRig.create(context);
  const engine = await rig.start();
  const [answers] = await Promise.all([sendGarbage(engine.port, 1), sendOthers(engine)]);
  assert.deepEqual(answers, ['3 OTLP_MALFORMED']);
  assert.equal(arrivalsByBatch(rig.sink.requests).size, others);
  const stopped = await lastLine(engine);
  assert.deepEqual([stopped.acked_batches, stopped.refused_batches], [others, 1]);
});

test('B7 a batch that cannot be read and came in Red is set aside, and the other 99 are delivered', async (context) => {
  const rig = await EngineRig.create(context);
  const red = await rig.start({ force: 'red' });
  const [answers] = await Promise.all([sendGarbage(red.port, 1), sendOthers(red)]);
  assert.deepEqual(answers, ['0'], 'nobody has looked');
  assert.equal(await red.stop(), 0);
  const green = await rig.start();
  const isThere = () => arrivalsByBatch(rig.sink.requests).size === others;
  await until(isThere, 'the others arrive');
  const isSettled = () => readCursors(rig.vaultPath).get('otlp_grpc')?.delivered === others;
  await until(isSettled, 'the cursor says so');
  const stopped = await lastLine(green);
  assert.equal(stopped.dead_letter_batches, 1);
  assert.equal(stopped.in_vault_batches, 0);
});

test('B7 a record that is refused is counted, and the other 99 of its batch are delivered', async (context) => {
  const rig = await EngineRig.create(context);
  const engine = await rig.start();
  const refuses = { kind: 'grpc', status: 3, message: 'not this one' } as const;
  rig.sink.decide = ({ resourceLogs }) => {
    const scopes = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs);
    const names = scopes.flatMap((scope) => scope.logRecords.map(({ eventName }) => eventName));
    return names.includes('batch-0/37') ? refuses : undefined;
  };
  const producer = await OracleProducer.connect({ port: engine.port, recordsPerBatch: 100 });
  await producer.send(1);
  producer.close();
  assert.equal(producer.acked.size, 1);
  assert.equal(arrivalsByBatch(rig.sink.requests).get('batch-0')?.recordCount, others);
  const stopped = await lastLine(engine);
  assert.deepEqual([stopped.delivered_records, stopped.rejected_records], [others, 1]);
});

async function sendOthers({ port }: EngineProcess): Promise<void> {
  const producer = await OracleProducer.connect({ port, attemptsMax: 1 });
  await producer.send(others, 16);
  producer.close();
  assert.equal(producer.acked.size, others);
}

async function sendGarbage(port: number, count: number): Promise<string[]> {
  const { caPem, client } = await testCertificates();
  const tls = { ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' };
  const session = http2.connect(`https://127.0.0.1:${port}`, tls);
  const garbage = frameMessage(Buffer.alloc(100, 0xff));
  const answers = await Promise.all(Array.from({ length: count }, () => call(session, garbage)));
  session.destroy();
  return answers.map(({ outcome }) => outcome);
}

async function lastLine(engine: EngineProcess) {
  assert.equal(await engine.stop(), 0);
  const line = engine.logs().findLast(({ msg }) => msg === 'stopped');
  assert.ok(line);
  return line;
}
