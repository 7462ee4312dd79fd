// Scenario: field reports J3, J4, J5 and J10: several destinations of which one fails, hangs,
// cannot be reached from the start on, or has a table of outcomes of its own.
// Guarantees: the others get each record once and at once; the engine listens, answers and ends
// whatever its destinations do; one destination's table is not the other's.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientTls } from '../interop/interop-pipeline.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import {
  type ConformanceRig,
  goodMessage,
  isOk,
  quickRetry,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import { forms } from './otlp-client.ts';

const names = ['a', 'b', 'c'] as const;
const settings = {
  a: {},
  b: { outcome_overrides: { '429': 'permanent', '500': 'retry' } },
  // What there is until the vault keeps what a destination has not got.
  c: { required: false },
} as const;

let sinks: Record<(typeof names)[number], OtlpSink>;
let rig: ConformanceRig;
before(async () => {
  const options = { transport: 'http', clientCertificate: true } as const;
  const [a, b, c] = await Promise.all(names.map(() => startSink(options)));
  sinks = { a: a!, b: b!, c: c! }; // one for each name
  rig = await startRig({
    exporters: (files) => {
      const common = { tls: clientTls(files), compression: 'none', retry_on_failure: quickRetry };
      const entries = names.map((name) => {
        const endpoint = `https://localhost:${sinks[name].port}`;
        return [`otlp_http/${name}`, { endpoint, ...common, ...settings[name] }];
      });
      return Object.fromEntries(entries);
    },
  });
});
after(async () => {
  await rig.close();
  await Promise.all(names.map((name) => sinks[name].close()));
});

function forget(): void {
  for (const name of names) {
    sinks[name].decide = undefined;
    sinks[name].requests.length = 0;
    sinks[name].arrivals.length = 0;
  }
}

async function producerOf(batchCount: number): Promise<OracleProducer> {
  const producer = await OracleProducer.connect({ port: rig.engine.port, attemptsMax: 1 });
  await producer.send(batchCount, 4);
  producer.close();
  return producer;
}

// J3
test('one of three destinations fails five times, and the others get each record once', async () => {
  let failures = 0;
  sinks.b.decide = () => (++failures <= 5 ? { kind: 'unavailable' } : undefined);
  const producer = await producerOf(1);
  assert.equal(producer.acked.size, 1, 'the engine has tried again, not the producer');
  await sinks.c.until(() => sinks.c.arrivals.length > 0); // it holds no answer back
  const counts = names.map((name) => sinks[name].arrivals.length);
  assert.deepEqual(counts, [1, 6, 1]);
  for (const name of names) assert.equal(arrivalsByBatch(sinks[name].requests).size, 1);
  forget();
});

// J10
test('a status is refused for good at one destination and sent again at the other', async () => {
  for (const status of [429, 500]) {
    const { a, b } = sinks;
    for (const sink of [a, b]) {
      const before = sink.arrivals.length;
      sink.decide = () => (sink.arrivals.length === before ? { kind: 'http', status } : undefined);
    }
    const reply = await rig.send('gRPC', requestOf('gRPC', goodMessage));
    const refusing = status === 429 ? 'b' : 'a';
    assert.equal(reply.partial?.rejected, 1n);
    assert.match(reply.partial.message, new RegExp(`^otlp_http/${refusing}: HTTP ${status}`));
    const counts = [a, b].map((sink) => sink.arrivals.length);
    assert.deepEqual(counts, status === 429 ? [2, 1] : [1, 2]);
    forget();
  }
});

// J4
test('a destination that hangs and is not required holds nobody up', async () => {
  const { a, c } = sinks;
  const batchCount = 100;
  c.mode = { kind: 'blackhole' };
  const producer = await producerOf(batchCount);
  assert.equal(producer.acked.size, batchCount);
  const arrived = arrivalsByBatch(a.requests);
  assert.equal(arrived.size, batchCount);
  for (const [id, { times }] of arrived) assert.equal(times, 1, id);
  c.mode = { kind: 'ok' }; // or the drain would give it its time
  c.dropConnections();
  await c.until(() => arrivalsByBatch(c.requests).size === batchCount);
});

// J5
test('an engine listens and answers though no destination can be reached, and ends at once', async () => {
  const lonely = await startRig({
    exporters: (files) => {
      const tls = clientTls(files);
      return {
        'otlp_grpc/refused': { endpoint: 'localhost:1', tls },
        'otlp_http/unknown': { endpoint: 'https://no-such-host.invalid:4318', tls },
        // The sink's certificate is not for this name.
        'otlp_grpc/stranger': {
          endpoint: 'localhost:1',
          tls: { ...tls, server_name_override: 'somebody.else' },
        },
      };
    },
  });
  try {
    // Nobody knows yet: the first batch waits, as long as its producer says.
    const first = { ...requestOf('gRPC', goodMessage), headers: { 'grpc-timeout': '500m' } };
    assert.equal((await lonely.send('gRPC', first)).code, 'DEADLINE');
    for (let round = 0; round < 2; round += 1) {
      for (const form of forms) {
        const reply = await lonely.send(form, requestOf(form, goodMessage));
        assert.equal(reply.code, 'DESTINATION_DOWN');
        assert.equal(reply.status, form === 'gRPC' ? 14 : 503);
        assert.notEqual(reply.retryDelayMs, undefined);
        const empty = await lonely.send(form, requestOf(form, recordsMessage()));
        assert.ok(isOk(empty), 'there is nothing to send');
      }
    }
    assert.equal(lonely.client.connectionCount, 3, 'all of it on the first connections');
  } finally {
    await lonely.close();
  }
});
