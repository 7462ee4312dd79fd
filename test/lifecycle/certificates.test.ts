// Scenario: certificates are replaced on disk under a running engine: good ones, by a link swap as
// Kubernetes does it, and bad ones.
// Guarantees: new connections use the new material, at SIGHUP at once; live connections stay; bad
// material is reported and the old stays in use.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { issue } from '../../src/tls/certificate-authority.ts';
import { engineConfig } from '../interop/interop-pipeline.ts';
import { localNames, testCertificates, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function serverSerial(engine: EngineProcess): Promise<string> {
  const { caPem, client } = await testCertificates();
  const socket = tls.connect({
    port: engine.port,
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

test('certificates are taken over when they are good, and live connections stay', async () => {
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
  const engine = await startEngine({ config: engineConfig(linked, exporters) });
  const live = await OracleProducer.connect({ port: engine.port, attemptsMax: 1 });
  try {
    await live.send(1);
    const first = await serverSerial(engine);
    const renewed = await issue({
      ca,
      commonName: 'localhost',
      ...localNames,
      usage: 'server',
      daysValid: 7,
    });
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
    await engine.waitForLog(({ msg }) => msg.includes('new certificates in use'), 'that it did');
    const second = await serverSerial(engine);
    assert.notEqual(second, first);

    swapTo('third', renewed.certPem, ca.keyPem);
    await engine.waitForLog(({ code }) => code === 'TLS_MATERIAL', 'what is wrong with it');
    assert.equal(await serverSerial(engine), second);

    await live.send(1);
    assert.equal(live.acked.size, 2);
    assert.ok(live.connected);
  } finally {
    live.close();
    await engine.stop();
    directory.remove();
  }
});
