// Scenario: the process runs with environment variables and options that make Node trust more:
// verification off, further roots, OpenSSL's or the system's roots, old protocol versions.
// Guarantees: a listener still wants a client certificate of its own bundle and TLS 1.3; a client
// still refuses a server that neither its bundle nor the bundled roots vouch for.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { testCertificates, writeTo } from '../../test/support/certificates.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { writePair, writeWhole } from './certificate-folder.ts';

const directory = temporaryDirectory('weak-environment');
const otherCaPath = join(directory.path, 'other-ca.pem');

before(async () => {
  const { otherCaPem, otherServer, otherClient } = await testCertificates();
  const path = (name: string) => join(directory.path, name);
  await writeTo(directory.path);
  await writeWhole(otherCaPath, otherCaPem, 0o600);
  await writePair(path('other-server.pem'), path('other-server.key'), otherServer);
  await writePair(path('other-client.pem'), path('other-client.key'), otherClient);
});
after(() => directory.remove());

/**
 * The variables are read when a process begins, so this runs in one of its own. Prints what each
 * connection came to; `bare` lines are Node's own defaults, to see that the environment is weak.
 */
const program = `
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
const [folder, source] = process.argv.slice(1);
const { createClientContext } = await import(source + 'client-context.ts');
const { listenerOptions } = await import(source + 'server-context.ts');
const { loadMaterial } = await import(source + 'pem-material.ts');

const read = (name) => readFileSync(folder + '/' + name, 'utf8');
const pair = (name) => ({ cert: read(name + '.pem'), key: read(name + '.key') });
const load = (ca, name) => {
  const pem = (file) => (file === undefined ? undefined : { file: folder + '/' + file });
  const [cert, key] = name === undefined ? [] : [name + '.pem', name + '.key'];
  return loadMaterial({ ca: pem(ca), cert: pem(cert), key: pem(key) }, Date.now());
};
const tls12 = { versionMin: 'TLSv1.2', serverName: 'localhost' };
const contextOf = async (ca, name) =>
  createClientContext(tls12, await load(ca, name)).connectionOptions('localhost', ['h2']);
const bare = { servername: 'localhost', ALPNProtocols: ['h2'] };
const trusting = { ...bare, rejectUnauthorized: false };

const ours = listenerOptions(await load('ca.pem', 'server'), ['h2']);
const foreign = { ...pair('other-server'), ALPNProtocols: ['h2'] };
const rows = {
  'listener, our client': [ours, await contextOf('ca.pem', 'client')],
  'listener, no certificate': [ours, trusting],
  'listener, foreign client': [ours, { ...trusting, ...pair('other-client') }],
  'listener, TLS 1.2': [ours, { ...trusting, ...pair('client'), maxVersion: 'TLSv1.2' }],
  'client with bundle, foreign server': [foreign, await contextOf('ca.pem', undefined)],
  'client without bundle, foreign server': [foreign, await contextOf(undefined, undefined)],
  'bare client, foreign server': [foreign, bare],
};

async function outcome([server, client]) {
  const listener = tls.createServer(server, (socket) => {
    socket.on('error', () => {});
    socket.write('welcome');
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  const socket = tls.connect({ ...client, host: '127.0.0.1', port });
  const result = await new Promise((resolve) => {
    socket.on('data', () => resolve('welcome'));
    socket.on('error', () => resolve('refused')).on('close', () => resolve('refused'));
  });
  socket.destroy();
  listener.close();
  return result;
}
const results = {};
for (const [name, row] of Object.entries(rows)) results[name] = await outcome(row);
console.log(JSON.stringify(results));
`;

const run = promisify(execFile);

async function check(
  environment: Readonly<Record<string, string>>,
  bareClient: 'welcome' | 'refused',
): Promise<void> {
  const source = new URL('./', import.meta.url).href;
  const args = ['--input-type=module', '--eval', program, directory.path, source];
  const env = { PATH: process.env.PATH, ...environment };
  const { stdout } = await run(process.execPath, args, { env });
  assert.deepEqual(JSON.parse(stdout), {
    'listener, our client': 'welcome',
    'listener, no certificate': 'refused',
    'listener, foreign client': 'refused',
    'listener, TLS 1.2': 'refused',
    'client with bundle, foreign server': 'refused',
    'client without bundle, foreign server': 'refused',
    'bare client, foreign server': bareClient,
  });
}

test('TLS options hold in an environment that says nothing', () => check({}, 'refused'));

test('TLS options hold with NODE_TLS_REJECT_UNAUTHORIZED=0', () =>
  check({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'welcome'));

test('TLS options hold with NODE_EXTRA_CA_CERTS', () =>
  check({ NODE_EXTRA_CA_CERTS: otherCaPath }, 'welcome'));

test('TLS options hold with --use-openssl-ca and SSL_CERT_FILE', () =>
  check({ NODE_OPTIONS: '--use-openssl-ca', SSL_CERT_FILE: otherCaPath }, 'welcome'));

test('TLS options hold with NODE_USE_SYSTEM_CA and SSL_CERT_FILE', () =>
  check({ NODE_USE_SYSTEM_CA: '1', SSL_CERT_FILE: otherCaPath }, 'welcome'));

test('TLS options hold with --tls-min-v1.0', () =>
  check({ NODE_OPTIONS: '--tls-min-v1.0' }, 'refused'));
