// Scenario: a producer sends to a running engine with a vault; somebody reads /metrics, the status
// and the ledger by source.
// Guarantees: what is measured on the way of a batch arrives there, in the sums that the books
// have: each acknowledgement has a time, each batch a port and a producer, each moment a zone.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { samplesOf } from '../support/exposition-parser.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { controlCertificates } from './control-certificates.ts';
import { requestHttp1 } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

const directory = temporaryDirectory('measures');
let control: ControlEngine;
let home: CtlHome;
before(async () => {
  const vault = { directory: join(directory.path, 'vault'), limit: '1GiB', min_free: 0 };
  control = await startControlEngine({ sections: { vault: { ...vault, allow_volatile: true } } });
  home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
  const producer = await OracleProducer.connect({ port: control.engine.port, recordsPerBatch: 3 });
  await producer.send(9, 1);
  producer.close();
  assert.equal(producer.acked.size, 9);
});
after(async () => {
  await control.close();
  directory.remove();
});

async function scrape(): Promise<Map<string, number>> {
  const { viewer } = await controlCertificates();
  const { status, body } = await requestHttp1(control.port, viewer, { path: '/metrics' });
  assert.equal(status, 200);
  return samplesOf(body);
}

test('each acknowledgement has its time, in metrics and in the status', async () => {
  const found = await scrape();
  assert.equal(found.get('gophership_ack_seconds_count'), 9);
  assert.equal(found.get('gophership_ack_seconds_bucket{le="+Inf"}'), 9);
  const sum = found.get('gophership_ack_seconds_sum') ?? 0;
  assert.ok(sum > 0 && sum < 9 * 30, `${sum} s`);
  const { out } = await home.run(0, ['status', '-o', 'json']);
  const { ackP50Ms, ackP99Ms } = JSON.parse(out).flow;
  assert.ok(ackP50Ms > 0 && ackP99Ms >= ackP50Ms, `${ackP50Ms} and ${ackP99Ms} ms`);
  assert.match((await home.run(0, ['status'])).out, /^acked within: .* \(p50\), .* \(p99\)/m);
});

test('each batch has a port, each request an outcome, each moment a zone', async () => {
  const found = await scrape();
  assert.equal(found.get('gophership_ingester_received_batches_total{transport="grpc"}'), 9);
  assert.equal(found.get('gophership_ingester_received_records_total{transport="grpc"}'), 27);
  assert.equal(found.get('gophership_ingester_received_batches_total{transport="http"}'), 0);
  const requests = 'gophership_export_requests_total{exporter="otlp_grpc",outcome=';
  assert.ok((found.get(`${requests}"delivered"}`) ?? 0) > 0);
  assert.equal(found.get(`${requests}"refused"}`), 0);
  assert.equal(found.get(`${requests}"unanswered"}`), 0);
  const zoneSeconds = (zone: string) => found.get(`gophership_zone_seconds_total{zone="${zone}"}`);
  assert.ok((zoneSeconds('green') ?? 0) > 0);
  assert.equal(zoneSeconds('red'), 0);
});

test('each batch has a decision of the pivot', async () => {
  let count = 0;
  for (const [name, value] of await scrape()) {
    const [, to, reason = ''] =
      /^gophership_pivots_total{to="(\w+)",reason="(\w+)"}$/.exec(name) ?? [];
    if (to === undefined) continue;
    if (to === 'refuse') assert.equal(value, 0, reason);
    else if (reason !== 'hedged') count += value;
  }
  assert.equal(count, 9);
});

test('each certificate file has its end: of the receiver, the control port and the exporter', async () => {
  const dates = /^gophership_tls_certificate_expiry_timestamp_seconds{file="(.*)"}$/;
  const found = new Map<string, number>();
  for (const [name, seconds] of await scrape()) {
    const file = dates.exec(name)?.[1];
    if (file !== undefined) found.set(relative(control.directory, file), seconds * 1_000);
  }
  const files = ['receiver/ca.pem', 'receiver/server.pem', 'receiver/client.pem'];
  const expected = [...files, 'control/ca.pem', 'control/server.pem'].sort();
  assert.deepEqual([...found.keys()].sort(), expected);
  for (const [file, ms] of found) {
    const { validToDate } = new X509Certificate(readFileSync(join(control.directory, file)));
    assert.equal(ms, validToDate.getTime(), file);
  }
});

test('the vault says what is free on its disk, and that nothing waits', async () => {
  const found = await scrape();
  assert.ok((found.get('gophership_vault_disk_free_bytes') ?? 0) > 0);
  assert.equal(found.get('gophership_vault_oldest_entry_timestamp_seconds'), undefined);
  assert.ok(found.has('gophership_vault_sync_seconds_count'));
});

test('ledger --by source has a row for the producer, and its sums are those of the intake', async () => {
  const { out } = await home.run(0, ['ledger', '--by', 'source', '-o', 'json']);
  const { intake, sources } = JSON.parse(out);
  assert.equal(sources.length, 1);
  const [{ source, received, acked, refused, gone, inFlight, ackedRecords }] = sources;
  assert.match(source, /CN=test-producer/);
  assert.deepEqual([received, acked, refused, gone, inFlight], [9, 9, 0, 0, 0]);
  assert.equal(ackedRecords, 27);
  assert.deepEqual([intake.received, intake.acked], [9, 9]);
  assert.match((await home.run(0, ['ledger', '--by', 'source'])).out, /^SOURCE .*\n.*CN=test/m);
  await home.run(64, ['ledger', '--by', 'service'], /^error: USAGE: /);
});
