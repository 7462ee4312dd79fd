// Scenario: an engine that is held in a zone, with a destination that takes everything, one that is
// dead, and a vault whose disk has become slow.
// Guarantees: what a zone promises is seen from outside. Red: bodies go to the vault as they came,
// unread, and to the destination when the vault is the slow part. Yellow: the backlog trickles, and
// goes on at full pace afterwards; requests are fewer and larger, and no producer waits longer than
// flush_timeout for that. Live views pause in Red.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { KiB } from '../../src/limits.ts';
import { EntryCodec, EntryKind } from '../../src/vault/format.ts';
import { listenerTls } from '../interop/interop-pipeline.ts';
import { testCertificates } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { HttpProducer } from '../support/http-producer.ts';
import { call } from '../support/listener-harness.ts';
import { oracleRequest } from '../support/oracle-batch.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { deadPort, EngineRig, pause, until } from './engine-rig.ts';
import { compileShim, ShimControl } from './preload.ts';
import { storedEntries } from './vault-state.ts';

const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;

async function connect(port: number): Promise<http2.ClientHttp2Session> {
  const { caPem, client } = await testCertificates();
  return http2.connect(`https://127.0.0.1:${port}`, {
    ...{ ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' },
  });
}

/** Acknowledged, all of them; how long each took. */
async function sendEvery10Ms(session: http2.ClientHttp2Session, count: number): Promise<number[]> {
  const calls: Promise<number>[] = [];
  const send = async (id: string) => {
    const sentMs = performance.now();
    const { outcome } = await call(session, Buffer.from(frameMessage(oracleRequest(id))));
    assert.equal(outcome, '0');
    return performance.now() - sentMs;
  };
  for (let batch = 0; batch < count; batch += 1) {
    calls.push(send(`life0-${batch % 20}`));
    await pause(10);
  }
  return Promise.all(calls);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

test('in Red every body is acknowledged and stored as it came, also what nobody could read', async (context) => {
  const rig = await EngineRig.create(context);
  const red = rig.config({ force: 'red', port: await deadPort() });
  const listener = { endpoint: '127.0.0.1:0', tls: listenerTls(rig.files) };
  const receivers = { otlp: { protocols: { grpc: listener, http: listener } } };
  const engine = await startEngine({ config: { ...red, receivers } });
  context.after(() => engine.kill());

  const otlp = Buffer.from(oracleRequest('life0-1'));
  const json = '{ "resourceLogs":  [ ] , "future": [1, 2] }';
  const noise = Buffer.alloc(500, 0xff);
  const { Protobuf, CompressedProtobuf, Json } = EntryKind;
  const { None, Gzip, Zstd } = EntryCodec;
  const overGrpc = [
    { kind: Protobuf, codec: None, body: otlp },
    { kind: Protobuf, codec: None, body: noise },
    { kind: CompressedProtobuf, codec: Gzip, body: gzipSync(otlp) },
    { kind: CompressedProtobuf, codec: Gzip, body: noise },
    { kind: CompressedProtobuf, codec: Zstd, body: zstdCompressSync(otlp) },
  ] as const;
  const overHttp = [
    { kind: Json, codec: None, body: Buffer.from(json) },
    { kind: Json, codec: None, body: Buffer.from('{ this is no JSON') },
    { kind: Json, codec: Gzip, body: gzipSync(json) },
    { kind: Protobuf, codec: None, body: otlp },
  ] as const;

  const session = await connect(engine.port);
  for (const { codec, body } of overGrpc) {
    const encoding = codec === Gzip ? 'gzip' : 'zstd';
    const message = Buffer.from(frameMessage(body));
    if (codec !== None) message[0] = 1;
    const headers = codec === None ? {} : { 'grpc-encoding': encoding };
    assert.equal((await call(session, message, headers)).outcome, '0');
  }
  session.destroy();
  const producer = await HttpProducer.create({ port: engine.httpPort });
  for (const { kind, codec, body } of overHttp) {
    const type = kind === Json ? 'application/json' : 'application/x-protobuf';
    const encoding = codec === Gzip ? { 'content-encoding': 'gzip' } : {};
    const { status } = await producer.post(body, { 'content-type': type, ...encoding });
    assert.equal(status, 200);
  }
  producer.close();
  await engine.kill();
  assert.deepEqual(storedEntries(rig.vaultPath), [...overGrpc, ...overHttp]);
});

test('in Red batches go to the destination when the vault is the slow part, and only then', async (context) => {
  const rig = await EngineRig.create(context);
  const shim = compileShim('fault-shim', rig.directory);
  if ('skipped' in shim) return context.skip(`SKIPPED: ${shim.skipped}`);
  const control = new ShimControl(rig.directory, 'fault-control');
  const env = {
    LD_PRELOAD: shim.path,
    FAULT_DIRECTORY: rig.vaultPath,
    FAULT_CONTROL: control.path,
    FAULT_LOG: join(rig.directory, 'fault-log'),
    FAULT_LIST: '',
  };
  const engine = await rig.start({ env, force: 'red' });
  const session = await connect(engine.port);
  // A busy machine may be slow for 50 ms by itself, now and then.
  assert.ok((await sentPast(20)) < 10, 'the vault takes them');
  const slowFlushes = 3;
  control.write(slowFlushes);
  // Each flush takes 300 ms longer: what waits behind it for more than 50 goes past it.
  const past = await sentPast(80);
  assert.ok(past >= 30, `${past} of 80 went to the destination`);
  control.write(0);
  await pause(400);
  assert.ok((await sentPast(20)) < 10, 'the vault takes them again');
  session.destroy();
  assert.equal(await engine.stop(), 0);

  async function sentPast(count: number): Promise<number> {
    const before = rig.sink.arrivals.length;
    await sendEvery10Ms(session, count);
    return rig.sink.arrivals.length - before;
  }
});

test('in Yellow the backlog trickles beside live batches, and flows when it is Green again', async (context) => {
  const rig = await EngineRig.create(context);
  const first = await rig.start({ force: 'red' });
  const producer = await OracleProducer.connect({
    ...{ port: first.port, recordsPerBatch: 20, bodySizeBytes: 500 },
  });
  await producer.send(200, 16);
  assert.equal(producer.acked.size, 200);
  producer.close();
  await first.kill();

  const yellowRateBytesPerSecond = 128 * KiB;
  const replay = { rate: '1GiB/s', yellow_rate: '128KiB/s' };
  const engine = await rig.start({ replay, force: 'yellow' });
  const replayedBytes = () => rig.sink.arrivals.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  await until(() => replayedBytes() > 0, 'the replay begins');
  const [fromBytes, fromMs] = [replayedBytes(), performance.now()];
  await pause(4_000);
  const rate = (1_000 * (replayedBytes() - fromBytes)) / (performance.now() - fromMs);
  const seen = `${Math.round(rate / KiB)} KiB/s`;
  assert.ok(rate >= yellowRateBytesPerSecond / 2 && rate <= 1.5 * yellowRateBytesPerSecond, seen);
  const session = await connect(engine.port);
  const tookMs = median(await sendEvery10Ms(session, 20));
  assert.ok(tookMs < 300, `live batches take ${tookMs} ms`);
  session.destroy();

  const path = join(engine.directory, 'gophership.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('force: yellow', 'force: green'));
  engine.signal('SIGHUP');
  const arrived = () => arrivalsByBatch(rig.sink.requests);
  await until(() => [...producer.acked].every((id) => arrived().has(id)), 'the rest flows');
  assert.equal(await engine.stop(), 0);
});

test('in Yellow requests are fewer and larger, and nobody waits longer than flush_timeout', async (context) => {
  const rig = await EngineRig.create(context);
  const tries: { requests: number; tookMs: number }[] = [];
  for (const force of ['green', 'yellow'] as const) {
    const engine = await rig.start({ force });
    const session = await connect(engine.port);
    await sendEvery10Ms(session, 1); // connects to the destination
    const before = rig.sink.arrivals.length;
    const tookMs = median(await sendEvery10Ms(session, 80));
    tries.push({ requests: rig.sink.arrivals.length - before, tookMs });
    session.destroy();
    assert.equal(await engine.stop(), 0);
  }
  const [green, yellow] = tries;
  const seen = JSON.stringify(tries);
  assert.ok(green !== undefined && yellow !== undefined);
  assert.ok(green.requests >= 4 * yellow.requests, seen);
  assert.ok(yellow.tookMs < green.tookMs + 200, seen);
});

test('in Red the line that `gophership dev` prints each second gives way to the zone', async (context) => {
  const directory = temporaryDirectory('dev-red');
  context.after(() => directory.remove());
  const protocols = ['grpc', 'http'].map((name) => `receivers.otlp.protocols.${name}`);
  const set = [...protocols, 'control'].map((section) => `${section}.endpoint=127.0.0.1:0`);
  const dev = startProcess({
    name: 'gophership dev',
    command: launcherPath,
    args: ['dev', ...[...set, 'zones.force=red'].flatMap((value) => ['--set', value])],
    directory: directory.path,
  });
  context.after(() => dev.kill());
  await dev.waitForLine((line) => line === 'zone red: live view paused', 'the heartbeat');
  assert.ok(!dev.lines.some((line) => line.includes('records/s')));
  assert.equal(await dev.stop(), 0);
});
