import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { localNames, testCertificates, writeTo } from '../../test/support/certificates.ts';
import { configText, loadText } from '../../test/support/config-fixtures.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { silentLog } from '../log.ts';
import { issue } from '../tls/certificate-authority.ts';
import { createTicketSecret } from '../tls/session-tickets.ts';
import { ListenerCertificates, listenerMaterials } from './listener-certificates.ts';

const directory = temporaryDirectory('listener-certificates');
after(() => directory.remove());
const secret = createTicketSecret();

function receivers(protocols: string): Config['receivers'] {
  const { config, problems } = loadText(configText({ protocols }));
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  return config.receivers;
}

function listener(protocol: string, folder: string, more = ''): string {
  const path = (name: string) => JSON.stringify(join(directory.path, folder, name));
  const files = [
    `client_ca_file: ${path('ca.pem')}`,
    `cert_file: ${path('server.pem')}`,
    `key_file: ${path('server.key')}`,
  ];
  return `${protocol}: { tls: { ${files.join(', ')} ${more} } }`;
}

async function newServerIn(folder: string): Promise<void> {
  const { ca } = await testCertificates();
  const names = { commonName: 'localhost', ...localNames };
  const { certPem, keyPem } = await issue({ ca, ...names, usage: 'server', daysValid: 7 });
  writeFileSync(join(directory.path, folder, 'server.pem'), certPem);
  writeFileSync(join(directory.path, folder, 'server.key'), keyPem);
}

function load(of: Config['receivers']): Promise<ListenerCertificates> {
  return ListenerCertificates.load(of, secret, systemClock.wallMs());
}

/** What is called back when every watch has looked once. */
async function changesOf(certificates: ListenerCertificates) {
  const changes: { transport: string; ticketKeys: Buffer | undefined }[] = [];
  const watches = certificates.watch({
    clock: systemClock,
    log: silentLog,
    onChange: (transport, { ticketKeys }) => changes.push({ transport, ticketKeys }),
  });
  for (const watch of watches) await watch.reload();
  for (const watch of watches) watch.close();
  return changes;
}

test('listenerMaterials() is one where both listeners name the same, looked at as often as the keener wants', () => {
  const name = 'receivers.otlp.protocols';
  const check = (protocols: string, expected: readonly (readonly [string, number])[]) => {
    const found = listenerMaterials(receivers(protocols));
    assert.deepEqual(
      found.map((one) => [one.name, one.intervalMs]),
      expected,
    );
  };
  check(listener('grpc', 'a'), [[`${name}.grpc.tls`, 10_000]]);
  check(listener('http', 'a'), [[`${name}.http.tls`, 10_000]]);
  check(`${listener('grpc', 'a')}, ${listener('http', 'a', ', reload_interval: 1s')}`, [
    [`${name}.grpc.tls and http.tls`, 1_000],
  ]);
  check(`${listener('grpc', 'a')}, ${listener('http', 'b')}`, [
    [`${name}.grpc.tls`, 10_000],
    [`${name}.http.tls`, 10_000],
  ]);
});

test('ListenerCertificates gives both listeners of every shard one key for tickets, new with new material', async () => {
  await writeTo(join(directory.path, 'shared'));
  const both = receivers(`${listener('grpc', 'shared')}, ${listener('http', 'shared')}`);
  const certificates = await load(both);
  const grpc = certificates.options('grpc', ['h2']);
  const http = certificates.options('http', ['h2', 'http/1.1']);
  const otherShard = (await load(both)).options('grpc', ['h2']);
  assert.deepEqual(http.ALPNProtocols, ['h2', 'http/1.1']);
  assert.deepEqual(http.ticketKeys, grpc.ticketKeys);
  assert.deepEqual(otherShard.ticketKeys, grpc.ticketKeys);
  await newServerIn('shared');
  const changes = await changesOf(certificates);
  assert.deepEqual(
    changes.map(({ transport }) => transport),
    ['grpc', 'http'],
  );
  assert.deepEqual(changes[0]?.ticketKeys, changes[1]?.ticketKeys);
  assert.notDeepEqual(changes[0]?.ticketKeys, grpc.ticketKeys);
});

test('ListenerCertificates keeps apart the listeners that name different material', async () => {
  await writeTo(join(directory.path, 'one'));
  await writeTo(join(directory.path, 'two'));
  await newServerIn('two');
  const apart = receivers(`${listener('grpc', 'one')}, ${listener('http', 'two')}`);
  const certificates = await load(apart);
  const grpc = certificates.options('grpc', ['h2']);
  const http = certificates.options('http', ['h2']);
  assert.notEqual(http.cert, grpc.cert);
  assert.notDeepEqual(http.ticketKeys, grpc.ticketKeys);
  await newServerIn('two');
  const changes = await changesOf(certificates);
  assert.deepEqual(
    changes.map(({ transport }) => transport),
    ['http'],
  );
});
