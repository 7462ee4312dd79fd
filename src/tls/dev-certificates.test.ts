import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createDevCertificates, type DevCertificates } from './dev-certificates.ts';
import { loadMaterial } from './pem-material.ts';

const dayMs = 24 * 3_600_000;
const nowMs = Date.now();
let root = '';
let directory = '';
let count = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gophership-dev-'));
});
after(() => rm(root, { recursive: true, force: true }));
beforeEach(() => {
  count += 1;
  directory = join(root, String(count), 'certs');
});

/** After `harm`, the second start makes these again, and the result is good and fits together. */
async function check(
  harm: (first: DevCertificates) => Promise<void>,
  made: DevCertificates['made'],
  wallMs = nowMs,
): Promise<void> {
  const first = await createDevCertificates(directory, nowMs);
  await harm(first);
  const second = await createDevCertificates(directory, wallMs);
  assert.deepEqual(second.made, made);
  const { caCert, serverCert, serverKey, clientCert, clientKey } = second;
  for (const [cert, key] of [
    [serverCert, serverKey],
    [clientCert, clientKey],
  ] as const) {
    const sources = { ca: { file: caCert }, cert: { file: cert }, key: { file: key } };
    assert.deepEqual((await loadMaterial(sources, wallMs)).warnings, []);
  }
  assert.deepEqual((await createDevCertificates(directory, wallMs)).made, []);
}

test('createDevCertificates() makes everything at first, keys for the owner only', async () => {
  const { made, caKey, serverKey, clientKey } = await createDevCertificates(directory);
  assert.deepEqual(made, ['ca', 'server', 'client']);
  for (const path of [caKey, serverKey, clientKey]) {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  }
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('createDevCertificates() reuses what is there', () => check(async () => {}, []));

test('createDevCertificates() renews leaves with less than 7 days left', () =>
  check(async () => {}, ['server', 'client'], nowMs + 359 * dayMs));

test('createDevCertificates() keeps leaves with more than 7 days left', () =>
  check(async () => {}, [], nowMs + 357 * dayMs));

test('createDevCertificates() makes everything again when the authority runs out', () =>
  check(async () => {}, ['ca', 'server', 'client'], nowMs + 3_645 * dayMs));

test('createDevCertificates() makes again what is missing, half written or mismatched', async () => {
  await check(({ serverKey }) => rm(serverKey), ['server']);
  await check(({ clientCert }) => writeFile(clientCert, '-----BEGIN'), ['client']);
  await check(
    async ({ serverKey, clientKey }) => writeFile(serverKey, await readFile(clientKey)),
    ['server'],
  );
});

test('createDevCertificates() makes new leaves when the authority is another one', () =>
  check(({ caKey }) => rm(caKey), ['ca', 'server', 'client']));
