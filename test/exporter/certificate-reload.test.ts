// Scenario: the certificate files of an exporter change under it while it sends. Guarantees: new
// connections use what is on disk, live ones go on with what they began with, bad files change
// nothing, and a bundle that no longer vouches for the server ends new connections, not batches.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { issue } from '../../src/tls/certificate-authority.ts';
import { testCertificates, writeTo } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { clientTls, ExporterRig, grpcConfig, httpConfig } from './exporter-rig.ts';

const reloadIntervalMs = 60_000;

for (const transport of ['grpc', 'http'] as const) {
  test(`${transport}: a new client certificate is for new connections; a bad one is not used`, async (t) => {
    const { ca } = await testCertificates();
    const { sink, files, sendAs, reload } = await start(t, transport);
    await sendAs('test-producer');

    const renewed = await issue({ ca, commonName: 'renewed', usage: 'client', daysValid: 1 });
    writeFileSync(files.clientCert, renewed.certPem);
    writeFileSync(files.clientKey, renewed.keyPem);
    await reload();
    await sendAs('test-producer');
    assert.equal(sink.connectionCount, 1, 'the live connection is left alone');
    sink.dropConnections();
    await sendAs('renewed');

    const bad = await issue({ ca, commonName: 'bad', usage: 'client', daysValid: 1 });
    for (const text of ['', 'no PEM', bad.certPem]) {
      writeFileSync(files.clientCert, text); // its key does not follow
      await reload();
      sink.dropConnections();
      await sendAs('renewed');
    }
    writeFileSync(files.clientKey, bad.keyPem);
    await reload();
    sink.dropConnections();
    await sendAs('bad');
  });

  test(`${transport}: a new CA bundle decides about new connections`, async (t) => {
    const { caPem, otherCaPem } = await testCertificates();
    const { sink, files, rig, sendAs, reload, advanceUntil } = await start(t, transport);
    await sendAs('test-producer');
    writeFileSync(files.ca, otherCaPem);
    await reload();
    await sendAs('test-producer');
    assert.equal(sink.connectionCount, 1, 'the live connection is left alone');

    sink.dropConnections();
    const arrivals = sink.arrivals.length;
    const held = rig.send(['held']);
    const refusals = rig.count('FailedRequests');
    await advanceUntil(() => rig.count('FailedRequests') >= refusals + 2);
    assert.equal(sink.arrivals.length, arrivals, 'sent to a server that nobody vouches for');

    writeFileSync(files.ca, 'no PEM');
    await reload();
    writeFileSync(files.ca, caPem + otherCaPem);
    await reload();
    let isDelivered = false;
    void held.outcome.then(({ kind }) => {
      isDelivered = kind === OutcomeKind.Delivered;
    });
    await advanceUntil(() => isDelivered);
  });
}

test('material that is bad at the start is read again for each connection', async (t) => {
  for (const transport of ['grpc', 'http'] as const) {
    const { client } = await testCertificates();
    const { files, rig, sendAs, advanceUntil } = await start(t, transport, (paths) =>
      writeFileSync(paths.clientKey, ''),
    );
    const held = rig.send(['held']);
    await advanceUntil(() => rig.count('FailedRequests') >= 1);
    writeFileSync(files.clientKey, client.keyPem);
    let isDone = false;
    void held.outcome.then(() => {
      isDone = true;
    });
    await advanceUntil(() => isDone);
    await sendAs('test-producer');
  }
});

type Files = Awaited<ReturnType<typeof writeTo>>;

async function start(
  t: TestContext,
  transport: 'grpc' | 'http',
  prepare: (files: Files) => void = () => {},
) {
  const directory = temporaryDirectory('exporter-certificates');
  const files = await writeTo(directory.path);
  prepare(files);
  const sink = await startSink({ transport, clientCertificate: true });
  const tls = {
    ...(await clientTls()),
    ca: { file: files.ca },
    cert: { file: files.clientCert },
    key: { file: files.clientKey },
    reloadIntervalMs,
  };
  const clock = new FakeClock();
  const makeConfig = transport === 'grpc' ? grpcConfig : httpConfig;
  const rig = new ExporterRig(await makeConfig(sink, { tls }), clock);
  t.after(async () => {
    await rig.destination.close();
    await sink.close();
    directory.remove();
  });

  async function advanceUntil(condition: () => boolean): Promise<void> {
    for (let ms = 0; ms < 100_000 && !condition(); ms += 20) {
      clock.advance(20);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(condition(), 'never came true');
  }

  /** Two looks: bad material is looked at again before it counts. */
  async function reload(): Promise<void> {
    for (const ms of [reloadIntervalMs, 1_000]) {
      clock.advance(ms);
      // Reading files takes as many turns as the thread pool needs; nothing tells when it is done.
      for (let turn = 0; turn < 30; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  async function sendAs(clientName: string): Promise<void> {
    let outcome: unknown;
    void rig.send(['a']).outcome.then(({ kind }) => {
      outcome = kind;
    });
    await advanceUntil(() => outcome !== undefined);
    assert.equal(outcome, OutcomeKind.Delivered);
    assert.equal(sink.arrivals.at(-1)?.clientName, clientName);
  }
  return { sink, files, rig, sendAs, reload, advanceUntil };
}
