// Scenario: the connections of the gRPC exporter to real servers that die, move, reset and cannot
// be trusted. Guarantees: each is noticed, backed off from and replaced, and no batch is lost by
// it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { OtlpGrpcExporter } from '../../src/exporter/otlp-grpc-exporter.ts';
import { silentLog } from '../../src/log.ts';
import { testCertificates } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { clientTls, ExporterRig, grpcConfig, idsOf } from './exporter-rig.ts';

const delivered = { kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' };

test('a peer that goes silent is found out by a PING and replaced, without FIN or RST', async (t) => {
  const sink = await startSink();
  // Between us and the sink a relay that can stop relaying.
  let silent = false;
  let relayed = 0;
  const relay = net.createServer((socket) => {
    relayed += 1;
    const through = net.connect(sink.port, '127.0.0.1');
    const isFirst = relayed === 1;
    socket.on('data', (chunk) => (isFirst && silent) || through.write(chunk));
    through.on('data', (chunk) => (isFirst && silent) || socket.write(chunk));
    for (const end of [socket, through]) end.on('error', () => {});
    socket.on('close', () => through.destroy());
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as AddressInfo; // a TCP server's address is no string
  const clock = new FakeClock();
  const rig = new ExporterRig(await grpcConfig({ port }, { timeoutMs: 5_000 }), clock);
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
    relay.close();
  });
  assert.deepEqual(await rig.send(['before']).outcome, delivered);
  silent = true;
  const { outcome } = rig.send(['after']);
  const startedMs = clock.nowMs();
  await pace(clock, outcome);
  assert.deepEqual(await outcome, delivered);
  assert.ok(relayed >= 2);
  assert.ok(clock.nowMs() - startedMs < 30_000, `${clock.nowMs() - startedMs} ms`);
});

test('a server that accepts and resets is tried a few times, not in a loop', async (t) => {
  const sink = await startSink({ resetAtAccept: true });
  const clock = new FakeClock();
  const rig = new ExporterRig(await grpcConfig(sink), clock);
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  const { outcome } = rig.send(['a']);
  for (let step = 0; step < 600; step += 1) {
    clock.advance(100);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sink.connectionCount >= 3 && sink.connectionCount <= 9, `${sink.connectionCount}`);
  sink.resetAtAccept = false;
  await pace(clock, outcome);
  assert.deepEqual(await outcome, delivered);
});

test('round_robin serves with the addresses that work', async (t) => {
  const port = 0;
  const first = await startSink({ port });
  const addresses = ['127.0.0.1', '127.0.0.2'];
  const lookup = async () => addresses;
  const config = await grpcConfig(first, { host: 'localhost', timeoutMs: 300 });
  const deps = { clock: systemClock, log: silentLog, random: Math.random, version: '1', lookup };
  const rig = new ExporterRig(config, systemClock, new OtlpGrpcExporter(config, deps));
  t.after(async () => {
    await rig.destination.close();
    await first.close();
  });
  // Nobody listens at the second address: the first one serves alone.
  for (let batch = 0; batch < 4; batch += 1) {
    assert.deepEqual(await rig.send([`a-${batch}`]).outcome, delivered);
  }
  assert.equal(first.connectionCount, 1);
  assert.equal(idsOf(first.requests).length, 4);
});

test('pick_first goes on to the next address at once', async (t) => {
  const sink = await startSink();
  const lookup = async () => ['127.0.0.2', '127.0.0.1'];
  const config = await grpcConfig(sink, { host: 'localhost', balancer: 'pick_first' });
  const deps = { clock: systemClock, log: silentLog, random: Math.random, version: '1', lookup };
  const rig = new ExporterRig(config, systemClock, new OtlpGrpcExporter(config, deps));
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  const startedMs = systemClock.nowMs();
  assert.deepEqual(await rig.send(['a']).outcome, delivered);
  assert.ok(systemClock.nowMs() - startedMs < 700);
});

test('a server that our authority did not sign gets nothing', async (t) => {
  const { otherServer, otherCaPem } = await testCertificates();
  const sink = await startSink({ server: otherServer });
  const rig = new ExporterRig(await grpcConfig(sink, { timeoutMs: 300 }));
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  const refused = rig.send(['a']);
  while (rig.count('FailedRequests') === 0) await new Promise((resolve) => setImmediate(resolve));
  refused.abandon();
  assert.equal((await refused.outcome).kind, OutcomeKind.Abandoned);
  assert.equal(sink.arrivals.length, 0);
  assert.equal(rig.count('UnknownOutcomes'), 0);

  const tls = { ...(await clientTls()), ca: { pem: otherCaPem } };
  const trusting = new ExporterRig(await grpcConfig(sink, { tls }));
  t.after(() => trusting.destination.close());
  assert.deepEqual(await trusting.send(['b']).outcome, delivered);
});

test('a client certificate is presented to a server that demands one', async (t) => {
  const sink = await startSink({ clientCertificate: true });
  t.after(() => sink.close());
  assert.deepEqual(await sendOne(t, sink, await clientTls()), delivered);
});

test('old connections are replaced before they are closed', async (t) => {
  const sink = await startSink();
  const clock = new FakeClock();
  const rig = new ExporterRig(await grpcConfig(sink), clock);
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  assert.deepEqual(await rig.send(['a']).outcome, delivered);
  clock.advance(34 * 60_000);
  while (sink.connectionCount < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await rig.send(['b']).outcome, delivered);
  assert.equal(rig.count('FailedRequests'), 0);
});

/**
 * Until `outcome`, time goes fast, but slowly enough for a real handshake to be a small part of a
 * timeout.
 */
async function pace(clock: FakeClock, outcome: Promise<unknown>): Promise<void> {
  const done = { value: false };
  void outcome.then(() => {
    done.value = true;
  });
  while (!done.value) {
    clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function sendOne(
  t: { after(close: () => Promise<void>): void },
  sink: OtlpSink,
  tls: Awaited<ReturnType<typeof clientTls>>,
) {
  const rig = new ExporterRig(await grpcConfig(sink, { tls }));
  t.after(() => rig.destination.close());
  return rig.send(['a']).outcome;
}
