// Scenario: engines with both receivers, and with one of them; two shards; session tickets across
// shards and ports.
// Guarantees: exactly the configured ports are listened on; each shard serves both; a batch over
// HTTP arrives once, as one over gRPC does; a ticket of one shard is good at the other, and at none
// after new certificates.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { issue } from '../../src/tls/certificate-authority.ts';
import { localNames, testCertificates, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { HttpProducer } from '../support/http-producer.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fileArrivals } from './labelled-producer.ts';
import { type ReceiverFiles, receiversConfig } from './receivers.ts';

interface Rig {
  readonly engine: EngineProcess;
  /** Of the file exporter. */
  readonly out: string;
  readonly files: Awaited<ReturnType<typeof writeTo>>;
}

async function withRig(
  options: { readonly receivers: readonly (keyof ReceiverFiles)[]; readonly shards: number },
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory('both-ports');
  const files = await writeTo(directory.path);
  const out = join(directory.path, 'out');
  const receiverFiles = Object.fromEntries(options.receivers.map((name) => [name, files]));
  const exporters = { file: { path: join(out, 'logs.jsonl') } };
  const engine = await startEngine({
    config: { ...receiversConfig(receiverFiles, exporters), memory: { shards: options.shards } },
  });
  try {
    await run({ engine, out, files });
  } finally {
    await engine.kill();
    directory.remove();
  }
}

/** Those of the receivers. */
function listeningLines(engine: EngineProcess) {
  const lines = engine
    .logs()
    .filter(({ msg, transport }) => msg === 'listening' && transport !== 'control');
  return lines.map(({ transport, address, shards }) => ({ transport, address, shards }));
}

/** How often each record has arrived, by its name. */
function timesByRecord(out: string): Map<string, number> {
  const batches = [...fileArrivals(out, 'whole').values()];
  return new Map(batches.flatMap((records) => [...records]));
}

for (const transport of ['grpc', 'http'] as const) {
  test(`an engine with only the ${transport} receiver listens on that port alone`, async () => {
    await withRig({ receivers: [transport], shards: 1 }, async ({ engine, out }) => {
      assert.deepEqual(listeningLines(engine), [{ transport, address: '127.0.0.1', shards: 1 }]);
      if (transport === 'grpc') {
        const producer = await OracleProducer.connect({ port: engine.port, recordsPerBatch: 1 });
        await producer.send(1);
        producer.close();
      } else {
        const producer = await HttpProducer.create({ port: engine.httpPort });
        assert.equal((await producer.send('batch-0')).status, 200);
        producer.close();
      }
      assert.equal(await engine.stop(), 0);
      assert.deepEqual([...timesByRecord(out)], [['batch-0/0', 1]]);
    });
  });
}

test('two shards share both ports, and every batch of either arrives once', async () => {
  await withRig({ receivers: ['grpc', 'http'], shards: 2 }, async ({ engine, out }) => {
    assert.deepEqual(
      listeningLines(engine).map(({ transport, shards }) => `${transport} ${shards}`),
      ['grpc 2', 'http 2'],
    );
    assert.notEqual(engine.port, engine.httpPort);
    // The kernel picks the shard of a connection by its ports: 1 in 2^32 that all meet one.
    const connectionCount = 32;
    const names = Array.from({ length: connectionCount }, (_, index) => `http-${index}`);
    for (const name of names) {
      const producer = await HttpProducer.create({ port: engine.httpPort });
      assert.equal((await producer.send(name)).status, 200);
      assert.equal((await producer.send(`${name}-again`)).status, 200);
      producer.close();
    }
    assert.deepEqual(
      readdirSync(out).filter((name) => name.endsWith('.jsonl')),
      ['logs.0.jsonl', 'logs.1.jsonl'],
      'both shards had connections over HTTP',
    );
    const grpc = await OracleProducer.connect({ port: engine.port, recordsPerBatch: 1 });
    await grpc.send(10);
    grpc.close();
    assert.equal(await engine.stop(), 0);
    const expected = [
      ...names.flatMap((name) => [`${name}/0`, `${name}-again/0`]),
      ...Array.from({ length: 10 }, (_, index) => `batch-${index}/0`),
    ];
    const arrived = timesByRecord(out);
    assert.deepEqual([...arrived.keys()].toSorted(), expected.toSorted());
    assert.deepEqual(new Set(arrived.values()), new Set([1]));
    const stopped = engine.logs().find(({ msg }) => msg === 'stopped');
    assert.equal(stopped?.acked_batches, expected.length);
  });
});

test('a session ticket is good at both shards and both ports until new certificates', async () => {
  await withRig({ receivers: ['grpc', 'http'], shards: 2 }, async ({ engine, files }) => {
    const ticket = await newTicket(engine.port);
    // Enough to meet both shards on either port.
    for (let index = 0; index < 12; index += 1) {
      const port = index % 2 === 0 ? engine.port : engine.httpPort;
      assert.equal(await isReused(port, ticket), true, `connection ${index}`);
    }

    const { ca } = await testCertificates();
    const server = { ca, commonName: 'localhost', ...localNames, daysValid: 7 } as const;
    const renewed = await issue({ ...server, usage: 'server' });
    writeFileSync(files.serverCert, renewed.certPem);
    writeFileSync(files.serverKey, renewed.keyPem);
    engine.signal('SIGHUP');
    const inUse = () =>
      engine.logs().filter(({ msg }) => msg.includes('new certificates in use')).length;
    await engine.waitForLog(() => inUse() === 2, 'that both shards have them');
    for (let index = 0; index < 12; index += 1) {
      const port = index % 2 === 0 ? engine.port : engine.httpPort;
      assert.equal(await isReused(port, ticket), false, `connection ${index}`);
    }
    assert.equal(await engine.stop(), 0);
  });
});

/** Resolves with a ticket of a new connection. */
async function newTicket(port: number): Promise<Buffer> {
  const socket = await connect(port);
  try {
    const [ticket] = await once(socket.resume(), 'session');
    return ticket;
  } finally {
    socket.destroy();
  }
}

async function isReused(port: number, ticket: Buffer): Promise<boolean> {
  const socket = await connect(port, ticket);
  try {
    await once(socket, 'secureConnect');
    return socket.isSessionReused();
  } finally {
    socket.destroy();
  }
}

async function connect(port: number, session?: Buffer): Promise<tls.TLSSocket> {
  const { caPem, client } = await testCertificates();
  return tls.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: caPem,
    cert: client.certPem,
    key: client.keyPem,
    ALPNProtocols: ['h2'],
    ...(session && { session }),
  });
}
