import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import {
  ControlClient,
  controlPath,
  requestHttp1,
  tlsOf,
} from '../../test/control/control-client.ts';
import { testCertificates } from '../../test/support/certificates.ts';
import { type ControlPort, openControlPort, viewWith } from '../../test/support/control-port.ts';
import {
  controlAnswersMax,
  controlConnectionsWithoutRoleMax,
  controlSizeBytes,
} from '../limits.ts';
import type { PemPair } from '../tls/certificate-authority.ts';
import { ControlListener } from './control-listener.ts';

async function clientOf(
  control: ControlPort,
  pair: PemPair,
  options: { readonly windowSizeBytes?: number } = {},
): Promise<ControlClient> {
  return control.keep(await ControlClient.connect(control.port, pair, options));
}

async function runningPort(context: TestContext): Promise<ControlPort> {
  const control = await openControlPort(context);
  control.listener.attach(control.rig.view);
  return control;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

test('ControlListener answers probes while the engine starts, and calls once it runs', async (context) => {
  const control = await openControlPort(context);
  const client = await clientOf(control, control.viewer);
  assert.equal((await client.get('/livez')).status, 200);
  assert.equal((await client.get('/readyz')).status, 503);
  const metrics = await client.get('/metrics');
  assert.deepEqual([metrics.status, metrics.body.split(':')[0]], [503, 'CONTROL_STARTING']);
  assert.match((await client.call('GetStatus')).errorText, /^CONTROL_STARTING: /);
  control.listener.attach(control.rig.view);
  assert.equal((await client.get('/readyz')).status, 200);
  assert.equal((await client.get('/metrics')).status, 200);
  assert.equal((await client.call('GetStatus')).code, 'ok');
});

test('ControlListener serves all who come before it is loaded, over both versions of HTTP', async (context) => {
  const control = await runningPort(context);
  const statuses = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      if (index % 2 === 0) {
        return (await requestHttp1(control.port, control.viewer, { path: '/livez' })).status;
      }
      const client = await clientOf(control, control.viewer);
      return (await client.get('/livez')).status;
    }),
  );
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test('ControlListener.listen() refuses a port that another has, and bad material', async (context) => {
  const { rig, port } = await runningPort(context);
  const { caPem, server, client } = await testCertificates();
  const tls = (keyPem: string) => ({
    ...{ clientCa: { pem: caPem }, cert: { pem: server.certPem }, key: { pem: keyPem } },
    reloadIntervalMs: 10_000,
  });
  const listen = (keyPem: string) =>
    ControlListener.listen({
      config: { host: '127.0.0.1', port, tls: tls(keyPem), roles: { viewer: [], operator: [] } },
      ...{ metrics: { compat: 'none' }, certificates: [], clock: rig.clock, log: rig.log.log },
    });
  await assert.rejects(listen(server.keyPem), {
    code: 'PORT_TAKEN',
    message: `control.endpoint: cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
  });
  await assert.rejects(listen(client.keyPem), { code: 'TLS_MATERIAL' });
});

test('ControlListener says what it takes of memory with its first connection, not before', async (context) => {
  const control = await openControlPort(context);
  control.listener.attach(control.rig.view);
  assert.equal(control.rig.besideBytes, 0);
  await requestHttp1(control.port, control.viewer, { path: '/livez' });
  assert.equal(control.rig.besideBytes, controlSizeBytes);
  const early = await openControlPort(context);
  await requestHttp1(early.port, early.viewer, { path: '/livez' });
  early.listener.attach(early.rig.view);
  assert.equal(early.rig.besideBytes, controlSizeBytes);
});

test('ControlListener gives each caller what the certificate allows', async (context) => {
  const control = await runningPort(context);
  const override = { zone: 'ZONE_GREEN', duration: '60s', reason: 'a test' };
  const codes = async (pair: PemPair) => {
    const client = await clientOf(control, pair);
    const metrics = await client.get('/metrics');
    const over1 = await requestHttp1(control.port, pair, { path: '/metrics' });
    assert.equal(over1.status, metrics.status);
    const read = await client.call('GetStatus');
    const change = await client.call('SetOverride', override);
    return [metrics.status, read.code, change.code];
  };
  assert.deepEqual(await codes(control.operator), [200, 'ok', 'ok']);
  assert.deepEqual(await codes(control.viewer), [200, 'ok', 'permission_denied']);
  assert.deepEqual(await codes(control.producer), [403, 'permission_denied', 'permission_denied']);
  assert.match(control.logged(), /audit .*by=.*gophership-operator.*reason=a test/);
  assert.match(control.logged(), /WARN {2}CONTROL_DENIED: .*by=.*gophership-viewer/);
});

test('ControlListener answers a fault of ours with an error, logs it, and goes on', async (context) => {
  const control = await openControlPort(context);
  const broken = () => {
    throw new TypeError('the ledger is broken');
  };
  control.listener.attach(viewWith(control.rig, { ledger: broken }));
  const client = await clientOf(control, control.viewer);
  const call = await client.call('GetLedger');
  assert.deepEqual([call.code, call.errorText.split(':')[0]], ['internal', 'INTERNAL_FAULT']);
  control.rig.clock.advance(10_000);
  const metrics = await client.get('/metrics');
  assert.deepEqual([metrics.status, metrics.body.split(':')[0]], [500, 'INTERNAL_FAULT']);
  assert.doesNotMatch(call.errorText + metrics.body, /ledger/);
  assert.equal(control.logged().match(/INTERNAL_FAULT: .*the ledger is broken/g)?.length, 2);
  assert.equal((await client.call('GetStatus')).code, 'ok');
});

test('ControlListener cuts off who does not send all of a request', async (context) => {
  const control = await runningPort(context);
  const client = await clientOf(control, control.viewer);
  await client.get('/livez');
  const { clock } = control.rig;
  for (const procedure of ['GetStatus', 'WatchStatus']) {
    const stream = client.session.request({
      ...{ ':method': 'POST', ':path': `${controlPath}/${procedure}` },
      'content-type': procedure === 'GetStatus' ? 'application/json' : 'application/connect+json',
    });
    stream.on('error', () => {}); // 'close' follows
    stream.write('{');
    // Well before the connection counts as idle.
    for (let waitedMs = 0; !stream.closed; waitedMs += 100) {
      assert.ok(waitedMs < 200_000);
      clock.advance(100);
      await setImmediate();
    }
  }
  assert.equal((await client.get('/livez')).status, 200);
});

test('ControlListener cuts off who does not take an answer, and takes so many at a time', async (context) => {
  const control = await runningPort(context);
  const { clock } = control.rig;
  const ready = await clientOf(control, control.viewer);
  assert.equal((await ready.get('/livez')).status, 200);
  const streams = [];
  for (let sessions = 0; sessions < 4; sessions += 1) {
    const client = await clientOf(control, control.viewer, { windowSizeBytes: 0 });
    for (let count = 0; count < 32; count += 1) {
      const stream = client.session.request({ ':path': '/nothing' });
      stream.on('error', () => {}); // 'close' follows
      stream.resume();
      streams.push(stream);
    }
  }
  assert.equal(streams.length, controlAnswersMax);
  await Promise.all(streams.map((stream) => once(stream, 'response')));
  const busy = await ready.get('/metrics');
  assert.deepEqual([busy.status, busy.body.split(':')[0]], [429, 'CONTROL_BUSY']);
  assert.equal((await ready.get('/readyz')).status, 200, 'probes are answered');
  const operator = await clientOf(control, control.operator);
  assert.equal((await operator.get('/metrics')).status, 200, 'other roles have their own');
  const closed = Promise.all(streams.map((stream) => once(stream, 'close')));
  clock.advance(10_000);
  await closed;
  assert.equal((await ready.get('/metrics')).status, 200);
});

test('ControlListener keeps places for those with a role', async (context) => {
  const control = await runningPort(context);
  const tls = await tlsOf(control.producer);
  const dial = () => {
    const socket = connect({ ...tls, port: control.port, ALPNProtocols: ['http/1.1'] });
    socket.on('error', () => {}); // 'close' follows
    control.keep({ close: () => socket.destroy() });
    return socket;
  };
  const isAnswered = (socket: TLSSocket) => {
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
    return Promise.race([
      once(socket, 'close').then(() => false),
      // Half a request: it holds its place.
      once(socket, 'session').then(() => true),
    ]);
  };
  const held = Array.from({ length: controlConnectionsWithoutRoleMax }, dial);
  assert.deepEqual(new Set(await Promise.all(held.map(isAnswered))), new Set([true]));
  const late = dial();
  await once(late, 'close');
  assert.match(control.logged(), /CONTROL_BUSY: too many control connections without a role/);
  const viewer = await clientOf(control, control.viewer);
  assert.equal((await viewer.get('/livez')).status, 200);
  held[0]?.destroy();
  const served = await requestHttp1Until(control);
  assert.equal(served, 200);
});

/** The place of who has just gone becomes free a moment later. */
async function requestHttp1Until(control: ControlPort): Promise<number> {
  for (;;) {
    try {
      return (await requestHttp1(control.port, control.producer, { path: '/livez' })).status;
    } catch {
      await setImmediate();
    }
  }
}

test('ControlListener.close() tells open watches, and ends everything', async (context) => {
  const control = await runningPort(context);
  const client = await clientOf(control, control.viewer);
  const watch = client.watch('WatchStatus');
  // The clock of the feed is ours.
  const { clock } = control.rig;
  await until(() => clock.pendingCount > 2);
  clock.advance(1_000);
  await watch.next();
  const idle = await clientOf(control, control.producer);
  await idle.get('/livez');
  await control.listener.close();
  const { code, errorText } = await watch.ended;
  assert.deepEqual([code, errorText.split(':')[0]], ['unavailable', 'DRAINING']);
  await assert.rejects(ControlClient.connect(control.port, control.viewer).then(probe));
});

async function probe(client: ControlClient): Promise<void> {
  try {
    await client.get('/livez');
  } finally {
    client.close();
  }
}
