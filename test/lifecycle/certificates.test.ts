// Scenario: certificates are replaced on disk under a running engine: good ones, by a link swap as
// Kubernetes does it, and bad ones.
// Guarantees: new connections use the new material, at SIGHUP at once, on both ports; live
// connections stay; bad material is reported and the old stays in use; a port with material of its
// own keeps it when the other's changes.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { issue } from '../../src/tls/certificate-authority.ts';
import { localNames, testCertificates, writeTo } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { HttpProducer } from '../support/http-producer.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { receiversConfig } from './receivers.ts';

async function serverSerial(port: number): Promise<string> {
  const { caPem, client } = await testCertificates();
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: caPem,
    cert: client.certPem,
    key: client.keyPem,
    ALPNProtocols: ['h2'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.on('secureConnect', () => resolve(socket.getPeerCertificate().serialNumber));
  socket.on('error', reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

async function newServer() {
  const { ca } = await testCertificates();
  const subject = { commonName: 'localhost', ...localNames, daysValid: 7 };
  return issue({ ca, ...subject, usage: 'server' });
}

test('N1 certificates are taken over when they are good, and live connections stay', async () => {
  const directory = temporaryDirectory('certificates');
  const files = await writeTo(join(directory.path, 'first'));
  const { ca } = await testCertificates();
  const link = join(directory.path, 'current');
  symlinkSync('first', link);
  const material = (name: string) => join(link, name);
  const exporters = { file: { path: join(directory.path, 'out', 'logs.jsonl') } };
  const linked = {
    ...files,
    serverCert: material('server.pem'),
    serverKey: material('server.key'),
  };
  const both = { grpc: linked, http: linked };
  const engine = await startEngine({ config: receiversConfig(both, exporters) });
  const live = await OracleProducer.connect({ port: engine.port, attemptsMax: 1 });
  const liveHttp = await HttpProducer.create({ port: engine.httpPort });
  try {
    await live.send(1);
    assert.equal((await liveHttp.send('a')).status, 200);
    const first = await serverSerial(engine.port);
    assert.equal(await serverSerial(engine.httpPort), first);
    const renewed = await newServer();
    const swapTo = (name: string, certPem: string, keyPem: string) => {
      const folder = join(directory.path, name);
      mkdirSync(folder);
      writeFileSync(join(folder, 'server.pem'), certPem);
      writeFileSync(join(folder, 'server.key'), keyPem);
      symlinkSync(name, `${link}.new`);
      renameSync(`${link}.new`, link);
      engine.signal('SIGHUP');
    };

    swapTo('second', renewed.certPem, renewed.keyPem);
    const isTaken = ({ msg }: { msg: string }) => /^receivers.*new certificates in use/.test(msg);
    await engine.waitForLog(isTaken, 'that it did');
    const second = await serverSerial(engine.port);
    assert.notEqual(second, first);
    assert.equal(await serverSerial(engine.httpPort), second);
    assert.equal(engine.logs().filter(isTaken).length, 1, 'once for both');

    swapTo('third', renewed.certPem, ca.keyPem);
    await engine.waitForLog(({ code }) => code === 'TLS_MATERIAL', 'what is wrong with it');
    assert.equal(await serverSerial(engine.port), second);
    assert.equal(await serverSerial(engine.httpPort), second);

    await live.send(1);
    assert.equal(live.acked.size, 2);
    assert.equal((await liveHttp.send('b')).status, 200);
    assert.equal(liveHttp.connectionCount, 1);
    assert.ok(live.connected);
  } finally {
    live.close();
    liveHttp.close();
    await engine.stop();
    directory.remove();
  }
});

test('a port with certificates of its own takes over only those', async () => {
  const directory = temporaryDirectory('certificates-apart');
  const grpc = await writeTo(join(directory.path, 'grpc'));
  const http = await writeTo(join(directory.path, 'http'));
  const exporters = { file: { path: join(directory.path, 'out', 'logs.jsonl') } };
  const engine = await startEngine({ config: receiversConfig({ grpc, http }, exporters) });
  try {
    const before = await serverSerial(engine.port);
    const { certPem, keyPem } = await newServer();
    writeFileSync(http.serverCert, certPem);
    writeFileSync(http.serverKey, keyPem);
    engine.signal('SIGHUP');
    const line = await engine.waitForLog(
      ({ msg }) => msg.includes('new certificates in use'),
      'that it did',
    );
    assert.equal(line.msg, 'receivers.otlp.protocols.http.tls: new certificates in use');
    assert.notEqual(await serverSerial(engine.httpPort), before);
    assert.equal(await serverSerial(engine.port), before);
  } finally {
    await engine.stop();
    directory.remove();
  }
});
