// Scenario: a real downstream over TLS fails in every way that the sink knows, then recovers.
// Guarantees: each batch that was reported delivered is there, none twice unless the outcome was
// unknown, which is counted; what is refused for good is reported as such; nothing is left waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { type OtlpSink, type SinkMode, startSink } from '../support/otlp-sink.ts';
import { ExporterRig, grpcConfig, httpConfig, idRange, idsOf } from './exporter-rig.ts';

type Transport = 'grpc' | 'http';
const transports: readonly Transport[] = ['grpc', 'http'];

interface Case {
  readonly name: string;
  readonly mode: SinkMode;
  readonly timeoutMs?: number;
  /** Requests whose outcome nobody knows must have been counted. */
  readonly unknown: boolean;
  /** The sink keeps what it answers badly: a resend is a duplicate. */
  readonly duplicates: boolean;
}

const recoverable: readonly Case[] = [
  { name: 'UNAVAILABLE', mode: { kind: 'unavailable' }, unknown: false, duplicates: false },
  {
    name: 'UNAVAILABLE with a delay',
    mode: { kind: 'unavailable', retryDelayMs: 1 },
    unknown: false,
    duplicates: false,
  },
  {
    name: 'RESOURCE_EXHAUSTED with a delay',
    mode: { kind: 'exhausted', retryDelayMs: 1 },
    unknown: false,
    duplicates: false,
  },
  {
    name: 'RESOURCE_EXHAUSTED, small and bare',
    mode: { kind: 'exhausted' },
    unknown: false,
    duplicates: false,
  },
  {
    name: 'black hole',
    mode: { kind: 'blackhole' },
    timeoutMs: 100,
    unknown: true,
    duplicates: false,
  },
  {
    name: 'stored, answered too late',
    mode: { kind: 'late', answerAfterMs: 150 },
    timeoutMs: 100,
    unknown: true,
    duplicates: true,
  },
  { name: 'reset', mode: { kind: 'reset' }, unknown: true, duplicates: false },
  {
    name: 'stored, then reset',
    mode: { kind: 'reset', stored: true },
    unknown: true,
    duplicates: true,
  },
  { name: 'disconnect', mode: { kind: 'disconnect' }, unknown: true, duplicates: false },
  {
    name: 'wrong credentials',
    mode: { kind: 'http', status: 401 },
    unknown: false,
    duplicates: false,
  },
];

for (const transport of transports) {
  for (const { name, mode, timeoutMs = 2_000, unknown, duplicates } of recoverable) {
    test(`${transport}: ${name}, then ok: everything arrives`, async (t) => {
      const { sink, rig } = await start(t, transport, { timeoutMs });
      sink.mode = mode;
      const sent = [rig.send(idRange('a', 3)), rig.send(idRange('b', 5))];
      await sink.until(() => sink.arrivals.length >= 2);
      sink.mode = { kind: 'ok' };
      sent.push(rig.send(idRange('c', 2)));
      for (const { outcome } of sent) assert.deepEqual(await outcome, delivered);
      const ids = idsOf(sink.requests);
      assert.deepEqual(new Set(ids), new Set(sent.flatMap((enqueued) => enqueued.ids)));
      assert.equal(ids.length > new Set(ids).size, duplicates);
      assert.equal(rig.count('UnknownOutcomes') > 0, unknown);
      assert.equal(rig.count('DeliveredBatches'), 3);
      assert.equal(rig.count('DeliveredRecords'), 10);
      assert.equal(rig.count('OpenBreaker') === 1, false);
    });
  }

  test(`${transport}: a resend of unknown outcome carries the same batch id`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'reset', stored: true };
    const { outcome } = rig.send(['a']);
    await sink.until(() => sink.arrivals.length >= 2);
    sink.mode = { kind: 'ok' };
    assert.deepEqual(await outcome, delivered);
    const batchIds = sink.arrivals.map(({ headers }) => headers['gophership-batch-id']);
    assert.equal(new Set(batchIds).size, 1);
    assert.equal(rig.count('UnknownOutcomes'), sink.arrivals.length - 1);
  });

  test(`${transport}: partial success is counted, reported to the only producer and never resent`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'partial', rejected: 2, message: 'too old' };
    const outcome = await rig.send(idRange('a', 5)).outcome;
    const kind = OutcomeKind.Delivered;
    assert.deepEqual(outcome, { kind, rejectedRecords: 2, message: 'too old' });
    assert.equal(sink.arrivals.length, 1);
    assert.equal(rig.count('RejectedRecords'), 2);
    assert.equal(rig.count('DeliveredRecords'), 3);
  });

  test(`${transport}: a success that cannot be read is refused for good and never resent`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'garbage' };
    const outcome = await rig.send(['a']).outcome;
    assert.equal(outcome.kind, OutcomeKind.Rejected);
    assert.match(outcome.message, /bad response/);
    assert.equal(sink.arrivals.length, 1);
  });

  test(`${transport}: too large is split until it is taken, and the size is remembered`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    // A bare RESOURCE_EXHAUSTED below 1 MiB means overload, so the gRPC sink takes a little more
    // than that.
    sink.mode = { kind: 'limit', sizeBytesMax: transport === 'grpc' ? 1_100_000 : 524_288 };
    const first = rig.send(idRange('a', 40), 75_000);
    assert.deepEqual(await first.outcome, delivered);
    assert.deepEqual(idsOf(sink.requests).toSorted(), first.ids.toSorted());
    const attempts = sink.arrivals.filter(({ stored }) => !stored).length;
    assert.ok(attempts >= 3 && attempts <= 8, `${attempts} refused`);

    const second = rig.send(idRange('b', 40), 75_000);
    assert.deepEqual(await second.outcome, delivered);
    assert.equal(sink.arrivals.filter(({ stored }) => !stored).length, attempts);
    assert.equal(sink.recordCount, 80);
  });

  test(`${transport}: one record that is too large is refused, its batch and the traffic behind it go on`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'limit', sizeBytesMax: 1_200_000 };
    const large = rig.send(['large'], 3_000_000);
    const small = rig.send(idRange('a', 3));
    assert.equal((await large.outcome).kind, OutcomeKind.Rejected);
    assert.deepEqual(await small.outcome, delivered);
    assert.deepEqual(idsOf(sink.requests), small.ids);
    assert.equal(rig.count('RejectedRecords'), 1);
  });

  test(`${transport}: of 30 batches only the poisoned record is refused`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    const poison: SinkMode =
      transport === 'grpc'
        ? { kind: 'grpc', status: 3, message: 'bad' }
        : { kind: 'http', status: 400 };
    sink.decide = (request) => (idsOf([request]).includes('poison') ? poison : undefined);
    const good = idRange('g', 29).map((id) => rig.send([`${id}-0`, `${id}-1`]));
    const bad = rig.send(['p-0', 'poison', 'p-2']);
    for (const { outcome } of good) assert.deepEqual(await outcome, delivered);
    const outcome = await bad.outcome;
    assert.equal(outcome.kind, OutcomeKind.Delivered);
    assert.equal(outcome.rejectedRecords, 1);
    const expected = [...good.flatMap(({ ids }) => ids), 'p-0', 'p-2'];
    assert.deepEqual(idsOf(sink.requests).toSorted(), expected.toSorted());
    assert.ok(sink.arrivals.length < 40, `${sink.arrivals.length} requests`);
  });

  test(`${transport}: GOAWAY after each answer loses and repeats nothing`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'goaway' };
    for (let round = 0; round < 5; round += 1) {
      assert.deepEqual(await rig.send([`a-${round}`]).outcome, delivered);
    }
    assert.deepEqual(idsOf(sink.requests).toSorted(), idRange('a', 5));
    assert.ok(sink.connectionCount > 1);
    assert.equal(rig.count('UnknownOutcomes'), 0);
  });

  test(`${transport}: a sink that starts late and restarts on its port gets everything`, async (t) => {
    const first = await startSink({ transport });
    const { port } = first;
    await first.close();
    const makeConfig = transport === 'grpc' ? grpcConfig : httpConfig;
    const rig = new ExporterRig(await makeConfig({ port }, {}));
    t.after(() => rig.destination.close());
    const early = rig.send(['early']);
    const sink = await startSink({ transport, port });
    t.after(() => sink.close());
    assert.deepEqual(await early.outcome, delivered);
    assert.equal(rig.count('UnknownOutcomes'), 0);
    sink.dropConnections();
    assert.deepEqual(await rig.send(['late']).outcome, delivered);
    assert.deepEqual(new Set(idsOf(sink.requests)), new Set(['early', 'late']));
  });

  test(`${transport}: close() settles what is queued and in flight as abandoned`, async (t) => {
    const { sink, rig } = await start(t, transport, {});
    sink.mode = { kind: 'blackhole' };
    const sent = [rig.send(['a'])];
    await sink.until(() => sink.arrivals.length === 1);
    for (let batch = 0; batch < 5; batch += 1) sent.push(rig.send([`b-${batch}`]));
    await rig.destination.close();
    for (const { outcome } of sent) assert.equal((await outcome).kind, OutcomeKind.Abandoned);
    await rig.destination.idle();
    assert.equal(rig.destination.refusal(1)?.code, 'DRAINING');
    assert.equal(rig.count('QueuedBytes'), 0);
    assert.equal(rig.slabs.outCount, 0);
  });

  test(`${transport}: not required and stuck: the oldest batches are lost, counted, and the newest arrive`, async (t) => {
    const queue = { ...(await grpcConfig({ port: 1 })).queue, consumersMax: 1, batchesMax: 4 };
    const { sink, rig } = await start(t, transport, { required: false, queue, timeoutMs: 300 });
    sink.mode = { kind: 'blackhole' };
    const sent = [rig.send(idRange('a', 2))];
    await sink.until(() => sink.arrivals.length === 1);
    for (const name of ['b', 'c', 'd', 'e', 'f']) {
      assert.equal(rig.destination.refusal(1), undefined);
      sent.push(rig.send(idRange(name, 2)));
    }
    assert.equal(rig.count('DroppedRecords'), 4, 'b and c made room; a is on its way');
    sink.mode = { kind: 'ok' };
    const outcomes = await Promise.all(sent.map(({ outcome }) => outcome));
    const { Abandoned, Delivered } = OutcomeKind;
    const kinds = [Delivered, Abandoned, Abandoned, Delivered, Delivered, Delivered];
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      kinds,
    );
    const arrived = sent.filter((_, index) => kinds[index] === Delivered);
    assert.deepEqual(
      idsOf(sink.requests).toSorted(),
      arrived.flatMap(({ ids }) => ids),
    );
    assert.equal(rig.count('AbandonedBatches'), 2);
    assert.equal(rig.count('DeliveredBatches'), 4);
  });

  test(`${transport}: headers name us, carry the configured ones, and say how the payload is packed`, async (t) => {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const { sink, rig } = await start(t, transport, { compression });
      assert.deepEqual(await rig.send(idRange('a', 100), 100).outcome, delivered);
      const { headers } = sink.arrivals[0]!; // one batch was delivered
      assert.match(headers['user-agent']!, /^gophership\/1\.2\.3 \(linux\/(amd64|arm64)\)$/);
      assert.equal(headers['x-tenant'], 'blue');
      const name = transport === 'grpc' ? 'grpc-encoding' : 'content-encoding';
      assert.equal(headers[name], compression === 'none' ? undefined : compression);
    }
  });
}

const delivered = { kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' };

async function start(
  t: { after(close: () => Promise<void>): void },
  transport: Transport,
  changes: Parameters<typeof grpcConfig>[1] & Parameters<typeof httpConfig>[1],
): Promise<{ sink: OtlpSink; rig: ExporterRig }> {
  const sink = await startSink({ transport });
  const makeConfig = transport === 'grpc' ? grpcConfig : httpConfig;
  const rig = new ExporterRig(await makeConfig(sink, changes));
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
  });
  return { sink, rig };
}
