// What judges the vault must be able to condemn it: every kind of fault is shown to it once, and
// its producer sends to a sink directly, where nothing can be lost but what a kill cuts off.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { writeTo } from './certificates.ts';
import { oracleRequest } from './oracle-batch.ts';
import { startSink } from './otlp-sink.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { accountOf, VaultOracle } from './vault-oracle.ts';

const temporary = temporaryDirectory('vault-oracle');
after(() => temporary.remove());

const requestOf = (id: string) => fromBinary(ExportLogsServiceRequestSchema, oracleRequest(id));
const ids = ['life0-0', 'life0-22', 'life1-96'];
const notesOf = (...acked: string[]) => ({
  ...{ sent: new Set(ids), acked: new Set(acked), refused: new Set<string>() },
});
const clean = { lost: [], invented: [], altered: [], unacked: [], duplicateRecords: 0 };

test('accountOf() finds nothing where all is well, in pieces and in any order', () => {
  const [first, second, third] = ids.map(requestOf);
  assert.ok(first && second && third);
  assert.deepEqual(accountOf(notesOf(...ids), [third, first, second]), { ...clean, ackedCount: 3 });
  const records = first.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  const pieces = records.map((record) => {
    const piece = requestOf('life0-0');
    piece.resourceLogs[0]?.scopeLogs[0]?.logRecords.splice(0, 9, record);
    return piece;
  });
  assert.deepEqual(accountOf(notesOf('life0-0'), pieces), { ...clean, ackedCount: 1 });
});

test('accountOf() finds what is lost, torn, altered, invented or there twice', () => {
  const acked = notesOf(...ids);
  const all = ids.map(requestOf);
  const check = (requests: typeof all, expected: object, notes = acked) => {
    const base = { ...clean, ackedCount: notes.acked.size };
    assert.deepEqual(accountOf(notes, requests), { ...base, ...expected });
  };
  check(all.slice(1), { lost: ['life0-0'] });
  check(all, { unacked: ['life0-0', 'life1-96'] }, notesOf('life0-22'));
  check([...all, requestOf('life0-22')], { duplicateRecords: 3 });
  check([...all, requestOf('life0-1')], { invented: [0, 1, 2].map((n) => `life0-1/${n}`) });
  const torn = ids.map(requestOf);
  torn[2]?.resourceLogs[0]?.scopeLogs[0]?.logRecords.pop();
  check(torn, { lost: ['life1-96'] });
  const changed = ids.map(requestOf);
  const record = changed[1]?.resourceLogs[0]?.scopeLogs[0]?.logRecords[1];
  assert.ok(record?.body !== undefined);
  record.body.value = { case: 'stringValue', value: `${record.body.value.value}x` };
  check(changed, { lost: ['life0-22'], altered: ['life0-22/1'] });
});

test('VaultOracle accounts for what a producer sent that was killed under load', async () => {
  await writeTo(temporary.path);
  const sink = await startSink({ clientCertificate: true });
  let requestCount = 0;
  sink.decide = () => (++requestCount % 10 === 0 ? { kind: 'reset', stored: true } : undefined);
  try {
    const oracle = new VaultOracle(temporary.path);
    for (const ackedCount of [100, 200]) {
      const producer = oracle.startProducer(sink.port);
      await oracle.untilAcked(ackedCount);
      await producer.kill();
    }
    const last = oracle.startProducer(sink.port);
    await oracle.untilAcked(250);
    sink.dropConnections();
    assert.equal(await last.exited, 0, 'it ends with its connection');
    const { lost, invented, altered, ackedCount, duplicateRecords } = oracle.account(sink.requests);
    assert.deepEqual({ lost, invented, altered }, { lost: [], invented: [], altered: [] });
    assert.ok(ackedCount >= 250 && duplicateRecords > 0);
    assert.ok(oracle.account(sink.requests.slice(20)).lost.length > 0, 'it would have seen a loss');
  } finally {
    await sink.close();
  }
});
