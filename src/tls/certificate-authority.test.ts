import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { testCertificates } from '../../test/support/certificates.ts';
import { createAuthority, issue } from './certificate-authority.ts';

const run = promisify(execFile);
const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-ca-'));
});

after(() => rm(directory, { recursive: true, force: true }));

test('createAuthority() makes a root that may only sign end-entity certificates', async () => {
  const { ca } = await testCertificates();
  const root = new X509Certificate(ca.certPem);
  assert.equal(root.ca, true);
  assert.equal(root.subject, 'O=GopherShip\nCN=test authority');
  assert.equal(root.verify(root.publicKey), true);
});

test('issue() signs a certificate with the names, unit and usage that were asked for', async () => {
  const { ca } = await testCertificates();
  const { certPem } = await issue({
    ca,
    commonName: '#web, 1',
    organizationalUnit: 'gophership-producer',
    dnsNames: ['web.example.com'],
    ipAddresses: ['10.0.0.1', '::1'],
    uriSans: ['spiffe://example.com/web'],
    usage: 'client',
    daysValid: 2,
    wallMs: Date.UTC(2049, 11, 30),
  });
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.subject, 'O=GopherShip\nOU=gophership-producer\nCN=\\#web\\, 1');
  assert.equal(
    certificate.subjectAltName,
    'DNS:web.example.com, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://example.com/web',
  );
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.equal(certificate.ca, false);
});

test('issue() backdates, and never outlives the authority', async () => {
  const wallMs = Date.UTC(2030, 0, 1);
  const ca = await createAuthority({ commonName: 'short', daysValid: 10, wallMs });
  const { certPem } = await issue({ ca, commonName: 'x', usage: 'server', daysValid: 99, wallMs });
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.validFromDate.getTime(), wallMs - 5 * 60_000);
  assert.equal(certificate.validToDate.getTime(), wallMs + 10 * 24 * 3_600_000);
});

test('issue() gives every certificate its own positive 128-bit serial number', async () => {
  const { ca, server, client, otherClient } = await testCertificates();
  const pems = [ca.certPem, server.certPem, client.certPem, otherClient.certPem];
  const serials = pems.map((pem) => new X509Certificate(pem).serialNumber);
  assert.equal(new Set(serials).size, pems.length);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
});

test('issue() makes chains that OpenSSL accepts under its strict rules', {
  skip: !openssl,
}, async () => {
  const { caPem, server, client } = await testCertificates();
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const ca = await file('ca.pem', caPem);
  const strict = ['verify', '-x509_strict', '-CAfile', ca];
  const serverFile = await file('server.pem', server.certPem);
  for (const host of [
    ['-verify_hostname', 'localhost'],
    ['-verify_ip', '::1'],
  ]) {
    const { stdout } = await run('openssl', [
      ...strict,
      '-purpose',
      'sslserver',
      ...host,
      serverFile,
    ]);
    assert.match(stdout, /OK/);
  }
  const clientFile = await file('client.pem', client.certPem);
  const { stdout } = await run('openssl', [...strict, '-purpose', 'sslclient', clientFile]);
  assert.match(stdout, /OK/);
  await assert.rejects(run('openssl', [...strict, '-purpose', 'sslclient', serverFile]));
});
