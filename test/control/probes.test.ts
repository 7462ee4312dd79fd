// Scenario: kubelets, load balancers and Prometheus ask a running engine for /livez, /readyz and
// /metrics, over HTTP/1.1 and over HTTP/2, politely and not.
// Guarantees: the answers that they expect, nothing that a cache or a browser could keep or read
// from elsewhere, counters that follow what producers send, and 404 or 405 for everything else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { controlCertificates } from './control-certificates.ts';
import {
  ControlClient,
  type PlainReply,
  type PlainRequest,
  requestHttp1,
} from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';

let control: ControlEngine;
let viewer: PemPair;
before(async () => {
  control = await startControlEngine();
  viewer = (await controlCertificates()).viewer;
});
after(() => control.close());

/** The same answer over both versions of HTTP. */
async function check(request: PlainRequest, status: number): Promise<PlainReply> {
  const client = await ControlClient.connect(control.port, viewer);
  const over2 = await client.request(request);
  client.close();
  const over1 = await requestHttp1(control.port, viewer, request);
  const what = `${request.method ?? 'GET'} ${request.path}`;
  assert.equal(over2.status, status, `${what} over HTTP/2: ${over2.body}`);
  assert.equal(over1.status, status, `${what} over HTTP/1.1: ${over1.body}`);
  assert.equal(over1.headers['content-type'], over2.headers['content-type'], what);
  return over1;
}

/** Of samples without labels, or with exactly these. */
function sample(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  assert.ok(line !== undefined, `${name} is there`);
  return Number(line.slice(name.length).trim().split(' ')[0]);
}

test('/livez and /readyz say 200 in plain text', async () => {
  for (const path of ['/livez', '/readyz']) {
    const { headers } = await check({ path }, 200);
    assert.match(headers['content-type'] ?? '', /^text\/plain/);
  }
});

test('/livez?verbose and /readyz?verbose list what was looked at', async () => {
  for (const path of ['/livez?verbose', '/readyz?verbose']) {
    const { body } = await check({ path }, 200);
    assert.match(body, /^\[\+\]\S+ .*ok/m, path);
    assert.doesNotMatch(body, /^\[-\]/m, path);
  }
});

test('HEAD is GET without a body', async () => {
  const { body } = await check({ method: 'HEAD', path: '/livez' }, 200);
  assert.equal(body, '');
});

test('what is not there is 404, and what cannot be done is 405', async () => {
  for (const path of ['/', '/metrics/', '/livez/../metrics', '//metrics', '/index.html']) {
    await check({ path }, 404);
  }
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    const { headers } = await check({ method, path: '/metrics' }, 405);
    assert.match(headers.allow ?? '', /GET/);
  }
});

test('no answer may be kept by a cache or read by a page of another origin', async () => {
  const headers = { origin: 'https://evil.example' };
  for (const path of ['/livez', '/metrics']) {
    const reply = await check({ path, headers }, 200);
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
    assert.match(reply.headers['cache-control'] ?? '', /no-store/);
  }
});

test('/metrics is text 0.0.4, and OpenMetrics 1.0 for who asks for it', async () => {
  const plain = await check({ path: '/metrics' }, 200);
  assert.match(plain.headers['content-type'] ?? '', /^text\/plain; *version=0\.0\.4/);
  assert.doesNotMatch(plain.body, /# EOF/);
  // As Prometheus 3 asks.
  const accept =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.3';
  const open = await check({ path: '/metrics', headers: { accept } }, 200);
  assert.match(
    open.headers['content-type'] ?? '',
    /^application\/openmetrics-text; *version=1\.0\.0/,
  );
  assert.match(open.body, /\n# EOF\n$/);
  for (const { body } of [plain, open]) checkExposition(body);
});

/** Every sample has a type, comes in one block with its family, and is a number. */
function checkExposition(text: string): void {
  assert.ok(text.endsWith('\n'), 'it ends with a line feed');
  const seen = new Set<string>();
  let family = '';
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [, typed] = /^# TYPE (\S+) /.exec(line) ?? [];
    if (typed !== undefined) {
      assert.ok(!seen.has(typed), `${typed} comes twice`);
      seen.add(typed);
      family = typed;
    }
    if (line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*)(\{.*\})? (-?[\d.e+-]+|NaN|[+-]Inf)$/.exec(line);
    assert.ok(match !== null, `no sample: ${line}`);
    assert.ok(match[1]?.startsWith(family) && family !== '', `${line} is of ${family}`);
  }
  assert.ok(seen.size > 10, `${seen.size} families`);
}

test('/metrics names the zone, the version and what the process uses', async () => {
  const { body } = await check({ path: '/metrics' }, 200);
  assert.match(body, /^gophership_build_info\{.*version="\d+\.\d+\.\d+".*\} 1$/m);
  assert.match(body, /^gophership_zone\{.*zone="green".*\} 1$/m);
  assert.match(body, /^gophership_zone\{.*zone="red".*\} 0$/m);
  assert.match(body, /^gophership_pressure_ratio\{signal="\w+"\} \S+$/m);
  assert.ok(sample(body, 'process_resident_memory_bytes') > 10 * 1024 * 1024);
  assert.ok(sample(body, 'process_cpu_seconds_total') > 0);
});

test('/metrics counts what producers send, under our names and the Collector’s', async () => {
  const producer = await OracleProducer.connect({ port: control.engine.port, recordsPerBatch: 3 });
  await producer.send(7, 1);
  producer.close();
  assert.equal(producer.acked.size, 7);
  const { body } = await check({ path: '/metrics' }, 200);
  const received = 'gophership_ingester_received';
  assert.equal(sample(body, `${received}_batches_total{transport="grpc"}`), 7);
  assert.equal(sample(body, `${received}_records_total{transport="grpc"}`), 21);
  assert.match(body, /^otelcol_receiver_accepted_log_records\{.*receiver="otlp".*\} 21$/m);
  assert.match(body, /^otelcol_exporter_sent_log_records\{.*exporter="otlp_grpc".*\} 21$/m);
});
