// Scenario: an engine is started where its control port is taken, gets new certificates for it
// while it runs, and is told to stop while a destination is silent.
// Guarantees: a taken port ends the start with 69 and names itself; new certificates are used by
// the next connection, no ticket of before gets around a new authority, and connections stay; while
// the engine drains, it is alive but not ready, and still says what it does.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/generated/grpc/health/v1/health_pb.js';
import { issue, type PemPair } from '../../src/tls/certificate-authority.ts';
import { gsCtl } from '../ctl/gs-ctl.ts';
import { localNames, testCertificates } from '../support/certificates.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { type ControlCertificates, controlCertificates } from './control-certificates.ts';
import { ControlClient, requestHttp1, tlsOf } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { ctlHome } from './ctl-contexts.ts';
import { GrpcCaller } from './grpc-caller.ts';

let control: ControlEngine;
let certificates: ControlCertificates;
before(async () => {
  control = await startControlEngine();
  certificates = await controlCertificates();
});
after(() => control.close());

interface Visit {
  readonly isAnswered: boolean;
  /** Of the server's certificate. */
  readonly serial: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** One GET; the session is what a later visit can resume. */
async function visit(
  pair: PemPair,
  options: ConnectionOptions = {},
  path = '/livez',
): Promise<Visit> {
  const tls = { ...(await tlsOf(pair)), ALPNProtocols: ['http/1.1'], ...options };
  const socket = connect({ host: '127.0.0.1', port: control.port, ...tls });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  let seen: Visit = { isAnswered: false, serial: '', isResumed: false, session: undefined };
  socket.on('secureConnect', () => {
    const serial = socket.getPeerCertificate().serialNumber;
    seen = { ...seen, serial, isResumed: socket.isSessionReused() };
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
  socket.on('session', (session) => {
    seen = { ...seen, session };
  });
  socket.on('data', (chunk) => {
    seen = { ...seen, isAnswered: seen.isAnswered || chunk.toString().startsWith('HTTP/1.1 200') };
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', () => resolve(seen));
  return promise;
}

/** Puts a file in the place of one that the control port uses, and says so to the engine. */
async function replace(files: Readonly<Record<string, string>>): Promise<void> {
  const isTaken = ({ msg }: { readonly msg: string }) =>
    msg.startsWith('control.tls') && msg.includes('new certificates in use');
  const before = control.engine.logs().filter(isTaken).length;
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
  control.engine.signal('SIGHUP');
  await control.engine.waitForLog(
    (line) => isTaken(line) && control.engine.logs().filter(isTaken).length > before,
    'that the control port uses them',
  );
}

test('a control port that is taken ends the start with 69', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const endpoint = `127.0.0.1:${address.port}`;
  await assert.rejects(
    startControlEngine({ args: ['--set', `control.endpoint=${endpoint}`] }),
    ({ message }: Error) => {
      assert.match(message, /ended with 69/);
      assert.ok(message.includes(`PORT_TAKEN: control.endpoint: cannot listen on ${endpoint}`));
      return true;
    },
  );
  await new Promise((resolve) => other.close(resolve));
});

test('SIGHUP takes over a new certificate, and connections stay', async () => {
  const { ca } = await testCertificates();
  const live = await ControlClient.connect(control.port, certificates.viewer);
  const watch = live.watch('WatchStatus');
  await watch.next();
  const before = await visit(certificates.viewer);
  assert.ok(before.isAnswered);
  const subject = { commonName: 'localhost', ...localNames, daysValid: 7 };
  const { certPem, keyPem } = await issue({ ca, ...subject, usage: 'server' });
  await replace({ [control.files.serverCert]: certPem, [control.files.serverKey]: keyPem });
  const renewed = await visit(certificates.viewer);
  assert.ok(renewed.isAnswered && renewed.serial !== before.serial);
  await watch.next();
  assert.equal((await live.call('GetStatus')).code, 'ok');
  live.close();
});

test('SIGHUP with material that does not fit keeps the old', async () => {
  const { ca } = await testCertificates();
  const before = await visit(certificates.viewer);
  const key = readFileSync(control.files.serverKey, 'utf8');
  writeFileSync(control.files.serverKey, ca.keyPem);
  control.engine.signal('SIGHUP');
  await control.engine.waitForLog(({ code }) => code === 'TLS_MATERIAL', 'what is wrong with it');
  const now = await visit(certificates.viewer);
  assert.deepEqual([now.isAnswered, now.serial], [true, before.serial]);
  writeFileSync(control.files.serverKey, key);
});

test('a connection that resumes has the role of its certificate', async () => {
  for (const [name, isAllowed] of [
    ['viewer', true],
    ['producer', false],
  ] as const) {
    const pair = certificates[name];
    const { session } = await visit(pair);
    assert.ok(session !== undefined, 'a ticket');
    const resumed = await visit(pair, { session }, '/metrics');
    assert.deepEqual([resumed.isResumed, resumed.isAnswered], [true, isAllowed], name);
  }
});

test('no ticket of before gets around a new authority', async () => {
  const { otherCa, otherCaPem } = await testCertificates();
  const unit = { organizationalUnit: 'gophership-operator', daysValid: 7 };
  const stranger = await issue({ ca: otherCa, commonName: 'new', ...unit, usage: 'client' });
  const { session } = await visit(certificates.operator);
  assert.ok(session !== undefined, 'a ticket');
  assert.equal((await visit(certificates.operator, { session })).isResumed, true);
  const own = readFileSync(control.files.ca, 'utf8');
  await replace({ [control.files.ca]: otherCaPem });
  assert.equal((await visit(stranger)).isAnswered, true);
  assert.equal((await visit(certificates.operator)).isAnswered, false);
  assert.equal((await visit(certificates.operator, { session })).isAnswered, false);
  await replace({ [control.files.ca]: own });
  assert.equal((await visit(certificates.operator)).isAnswered, true);
  assert.equal((await visit(stranger)).isAnswered, false);
});

test('an engine that drains is alive, not ready, and still says what it does', async () => {
  const draining = await startControlEngine({ control: { drain_timeout: '30s' } });
  const { engine, port, sink } = draining;
  const viewer = certificates.viewer;
  const client = await ControlClient.connect(port, viewer);
  const grpc = await GrpcCaller.create(port, viewer);
  const producer = await OracleProducer.connect({ port: engine.port, attemptsMax: 1 });
  try {
    assert.equal((await client.get('/readyz')).status, 200);
    sink.mode = { kind: 'blackhole' };
    const sending = producer.send(1);
    await sink.until(() => sink.arrivals.length > 0);
    engine.signal('SIGTERM');
    await engine.waitForLog(({ msg }) => msg === 'draining', 'that it drains');
    const ready = await client.get('/readyz?verbose');
    assert.equal(ready.status, 503);
    assert.match(ready.body, /^\[-\].*drain/m);
    assert.equal((await client.get('/livez')).status, 200);
    // A new connection, too: that is how a probe comes.
    assert.equal((await requestHttp1(port, viewer, { path: '/readyz' })).status, 503);
    const { status } = (await client.call('GetStatus')).message;
    assert.equal(status.isDraining, true);
    assert.equal(status.flow.inFlightBatches, 1);
    const health = await grpc.call(Health.method.check);
    assert.equal(health.status, Serving.NOT_SERVING);
    const watch = client.watch('WatchStatus');
    await watch.next();
    const watches = Promise.withResolvers<void>();
    const disconnected = Promise.withResolvers<string>();
    const home = await ctlHome(draining.directory, `127.0.0.1:${port}`);
    const ended = new AbortController();
    const told = (text: string) => {
      watches.resolve();
      if (text.includes('"Disconnected"')) disconnected.resolve(text);
    };
    const args = ['status', '-w', '-o', 'json'];
    const ctl = gsCtl(home.path('.'), args, {}, told, ended.signal);
    await watches.promise;
    // The second signal does not wait for the destination.
    engine.signal('SIGTERM');
    assert.notEqual((await watch.ended).code, 'ok');
    // A watch that has worked says so, and waits for the engine that comes next.
    const last = (await disconnected.promise).trim().split('\n').at(-1) ?? '';
    assert.match(JSON.parse(last).error.code, /^(DRAINING|UNREACHABLE|TLS_PEER)$/);
    ended.abort();
    await ctl;
    await draining.close();
    await sending;
  } finally {
    producer.close();
    grpc.close();
    client.close();
    await draining.kill();
  }
});
