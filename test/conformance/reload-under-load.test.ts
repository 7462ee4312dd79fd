// Scenario: field report N8: 200 reloads by SIGHUP while producers export on both ports and new
// ones come with each reload; the server's certificate changes with every tenth. There is no
// second way to replace an engine yet: another one on the same port ends with 69 (test/first-
// minutes/command-line.test.ts).
// Guarantees: no connection is refused and no call fails; live connections stay; the last
// certificate is the one in use.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { issue } from '../../src/tls/certificate-authority.ts';
import { localNames, testCertificates } from '../support/certificates.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { goodMessage, isOk, requestOf, startRig } from './conformance-rig.ts';
import { forms } from './otlp-client.ts';

const reloadCount = 200;

test('N8 the ports survive 200 reloads under load', async () => {
  const rig = await startRig({ exporters: () => ({ debug: {} }) });
  const { ca } = await testCertificates();
  const subject = {
    commonName: 'localhost',
    ...localNames,
    daysValid: 7,
    usage: 'server',
  } as const;
  const live = await OracleProducer.connect({ port: rig.engine.port, attemptsMax: 1 });
  try {
    for (const form of forms) await rig.send(form, requestOf(form, goodMessage));
    for (let turn = 1; turn <= reloadCount; turn += 1) {
      if (turn % 10 === 0) {
        const pair = await issue({ ca, ...subject });
        writeFileSync(rig.files.serverCert, pair.certPem);
        writeFileSync(rig.files.serverKey, pair.keyPem);
      }
      const load = live.send(8);
      rig.engine.signal('SIGHUP');
      const port = turn % 2 === 0 ? rig.engine.port : rig.engine.httpPort;
      const socket = await rig.client.socket(port, ['h2']);
      socket.destroy();
      const form = forms[turn % forms.length]!; // inside: a remainder
      const reply = await rig.send(form, requestOf(form, goodMessage));
      assert.ok(isOk(reply), reply.code);
      await load;
    }
    assert.equal(live.acked.size, 8 * reloadCount);
    assert.deepEqual([...live.refusals], []);
    assert.ok(live.connected, 'the connection from before has lived on');
    assert.equal(rig.client.connectionCount, 3, 'those of the other forms too');

    const last = await issue({ ca, ...subject });
    writeFileSync(rig.files.serverCert, last.certPem);
    writeFileSync(rig.files.serverKey, last.keyPem);
    rig.engine.signal('SIGHUP');
    const seen = new Set<string>();
    while (!seen.has(last.certPem)) {
      const socket = await rig.client.socket(rig.engine.port, ['h2']);
      seen.add(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    }
  } finally {
    live.close();
    await rig.close();
  }
});
