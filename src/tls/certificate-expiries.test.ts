import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testCertificates } from '../../test/support/certificates.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createAuthority, issue } from './certificate-authority.ts';
import { CertificateExpiries } from './certificate-expiries.ts';
import { loadMaterial, type PemSources, parseCertificates } from './pem-material.ts';

const intervalMs = 10_000;

async function rig(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'gophership-expiries-'));
  const clock = new FakeClock();
  const startWallMs = Date.now() - clock.nowMs();
  Object.assign(clock, { wallMs: () => startWallMs + clock.nowMs() });
  const expiries = new CertificateExpiries(clock);
  context.after(async () => {
    expiries.close();
    await rm(folder, { recursive: true });
    assert.equal(clock.pendingCount, 0, 'no watch is left');
  });
  const write = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text);
    return { file };
  };
  /** By the names of the files, in days from now. */
  const list = () =>
    Object.fromEntries(
      expiries.list().map(({ file, expiresWallMs }) => {
        const daysLeft = (expiresWallMs - clock.wallMs()) / 86_400_000;
        return [file.replace(`${folder}/`, ''), Math.round(daysLeft)];
      }),
    );
  return { expiries, clock, write, list };
}

async function pairOf(daysValid: number) {
  const { ca } = await testCertificates();
  return issue({ ca, commonName: `${daysValid} days`, usage: 'server', daysValid });
}

test('list() has each certificate and bundle that is used or watched once, by its file', async (context) => {
  const { expiries, clock, write, list } = await rig(context);
  const { caPem } = await testCertificates();
  const young = await createAuthority({ commonName: 'young', daysValid: 90 });
  const [old, long] = await Promise.all([pairOf(3), pairOf(9)]);
  const ca = await write('ca.pem', caPem);
  const control: PemSources = {
    ...{ ca, cert: await write('old.pem', old.certPem), key: await write('old.key', old.keyPem) },
  };
  expiries.use(control, await loadMaterial(control, clock.wallMs()));
  const chain = await write('chain.pem', long.certPem + old.certPem);
  const key = await write('long.key', long.keyPem);
  const bundle = await write('bundle.pem', caPem + young.certPem);
  await expiries.watch({ sources: { ca, cert: chain, key }, intervalMs });
  await expiries.watch({ sources: { ca: bundle, cert: undefined, key: undefined }, intervalMs });
  await expiries.watch({ sources: control, intervalMs });
  assert.equal(clock.pendingCount, 2, 'what is in use here is watched already');
  await expiries.watch({
    ...{ sources: { ca: undefined, cert: undefined, key: undefined }, intervalMs },
  });
  assert.equal(clock.pendingCount, 2, 'there is nothing to watch');
  assert.deepEqual(list(), { 'old.pem': 3, 'ca.pem': 30, 'chain.pem': 3, 'bundle.pem': 90 });
});

test('list() follows files that change, and keeps the dates of what stays in use', async (context) => {
  const { expiries, write, list } = await rig(context);
  const [old, fresh] = await Promise.all([pairOf(2), pairOf(20)]);
  const cert = await write('cert.pem', old.certPem);
  const key = await write('key.pem', old.keyPem);
  await expiries.watch({ sources: { ca: undefined, cert, key }, intervalMs });
  assert.deepEqual(list(), { 'cert.pem': 2 });
  await write('cert.pem', fresh.certPem);
  await expiries.reload();
  assert.deepEqual(list(), { 'cert.pem': 2 }, 'without its key it is not used');
  await write('key.pem', fresh.keyPem);
  await expiries.reload();
  assert.deepEqual(list(), { 'cert.pem': 20 });
});

test('list() has nothing of files that are no good, and the earliest end of texts', async (context) => {
  const { expiries, clock, write, list } = await rig(context);
  const { caPem, server } = await testCertificates();
  const bad = await write('bad.pem', 'no certificate');
  await expiries.watch({ sources: { ca: bad, cert: undefined, key: undefined }, intervalMs });
  assert.deepEqual(list(), {});
  assert.equal(clock.pendingCount, 0);
  const [cert, key] = [{ pem: server.certPem }, { pem: server.keyPem }];
  await expiries.watch({ sources: { ca: { pem: caPem }, cert, key }, intervalMs });
  const [end] = parseCertificates(server.certPem, '');
  assert.deepEqual(expiries.list(), [
    { file: '(PEM text in the configuration)', expiresWallMs: end?.validToDate.getTime() },
  ]);
});
