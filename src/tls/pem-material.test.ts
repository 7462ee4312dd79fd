import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testCertificates } from '../../test/support/certificates.ts';
import { GopherShipError } from '../errors.ts';
import { isNotReadable, loadMaterial, type PemSource, parseCertificates } from './pem-material.ts';

let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-pem-'));
});

after(() => rm(directory, { recursive: true, force: true }));

const nowMs = Date.now();
const dayMs = 24 * 3_600_000;

async function file(name: string, text: string): Promise<PemSource> {
  await writeFile(join(directory, name), text);
  return { file: join(directory, name) };
}

/** The error of a load with these parts replaced in otherwise good material. */
async function check(
  parts: { ca?: PemSource; cert?: PemSource; key?: PemSource },
  message: RegExp,
): Promise<GopherShipError> {
  const { caPem, server } = await testCertificates();
  const good = { ca: { pem: caPem }, cert: { pem: server.certPem }, key: { pem: server.keyPem } };
  const error = await loadMaterial({ ...good, ...parts }, nowMs).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GopherShipError);
  assert.equal(error.code, 'TLS_MATERIAL');
  assert.match(error.message, message);
  return error;
}

test('loadMaterial() returns the text and the earliest end of validity', async () => {
  const { caPem, server } = await testCertificates();
  const cert = await file('good.pem', server.certPem);
  const material = await loadMaterial(
    { ca: { pem: caPem }, cert, key: { pem: server.keyPem } },
    nowMs,
  );
  assert.equal(material.cert, server.certPem);
  assert.deepEqual(material.warnings, []);
  const ends = parseCertificates(server.certPem, 'server')[0]!.validToDate.getTime();
  assert.equal(material.expiresWallMs, ends);
});

test('loadMaterial() accepts nothing at all: bundled roots, no client certificate', async () => {
  const none = { ca: undefined, cert: undefined, key: undefined };
  assert.deepEqual(await loadMaterial(none, nowMs), {
    ...none,
    warnings: [],
    expiresWallMs: undefined,
  });
});

test('loadMaterial() names the file that is missing', async () => {
  const error = await check(
    { cert: { file: join(directory, 'none.pem') } },
    /none\.pem: there is no/,
  );
  assert.equal(isNotReadable(error), false);
});

test('loadMaterial() refuses what is not a file, or too large', async () => {
  await check({ ca: { file: directory } }, /not a regular file/);
  await check({ ca: { file: '/dev/zero' } }, /\/dev\/zero: not a regular file/);
  await check(
    { ca: await file('large.pem', 'x'.repeat(5 * 1024 * 1024)) },
    /more than the 4194304/,
  );
});

test('loadMaterial() says when a file has no certificate or no key in it', async () => {
  await check(
    { cert: await file('text.pem', 'hello') },
    /text\.pem: there is no certificate in it/,
  );
  await check({ key: await file('text.key', 'hello') }, /text\.key: is not a private key/);
});

test('loadMaterial() finds every half-written certificate and key', async () => {
  const { server } = await testCertificates();
  for (let end = 0; end < server.certPem.trimEnd().length; end += 7) {
    const half = { pem: server.certPem.slice(0, end) };
    await check({ cert: half }, /half written|no certificate/);
    await check(
      { cert: { pem: server.certPem + half.pem || 'x' }, key: { pem: 'x' } },
      /half|not a private/,
    );
  }
  for (let end = 0; end < server.keyPem.trimEnd().length; end += 7) {
    await check({ key: { pem: server.keyPem.slice(0, end) } }, /not a private key/);
  }
});

test('loadMaterial() refuses a certificate whose bytes are damaged', async () => {
  const { server } = await testCertificates();
  const damaged = server.certPem.replace(/\n[A-Za-z0-9+/]{64}\n/, '\nAAAA\n');
  await check({ cert: { pem: damaged } }, /block 1 is not a certificate/);
});

test('loadMaterial() refuses a key of another certificate', async () => {
  const { client } = await testCertificates();
  const key = await file('other.key', client.keyPem);
  await check({ key }, /other\.key: does not match the certificate/);
});

test('loadMaterial() refuses an encrypted key with the way out', async () => {
  const { server } = await testCertificates();
  const { createPrivateKey } = await import('node:crypto');
  const encrypted = createPrivateKey(server.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });
  await check({ key: { pem: String(encrypted) } }, /encrypted; store it unencrypted/);
});

test('loadMaterial() only warns about a certificate that is expired or not valid yet', async () => {
  const { caPem, server } = await testCertificates();
  const sources = {
    ca: { pem: caPem },
    cert: { pem: server.certPem },
    key: { pem: server.keyPem },
  };
  const expired = await loadMaterial(sources, nowMs + 8 * dayMs);
  assert.match(expired.warnings.join(), /CN=localhost expired on/);
  const early = await loadMaterial(sources, nowMs - dayMs);
  assert.match(early.warnings.join(), /CN=localhost is not valid before/);
});

test('isNotReadable() tells a missing permission from other faults', async (context) => {
  const source = { file: join(directory, 'secret.key') };
  await writeFile(source.file, 'x');
  await chmod(source.file, 0);
  // Root reads everything, so the permission is dropped for the length of this test.
  const uid = process.getuid?.();
  await chmod(directory, 0o755);
  if (uid === 0) process.seteuid?.(65_534);
  context.after(() => {
    if (uid === 0) process.seteuid?.(0);
  });
  const error = await check({ key: source }, /secret\.key: not readable by this user/);
  assert.equal(isNotReadable(error), true);
});
