import './reflect-metadata.ts';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { testCertificates } from '../../test/support/certificates.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Log } from '../log.ts';
import { createAuthority, issue } from './certificate-authority.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { loadMaterial, type PemMaterial, type PemSources } from './pem-material.ts';
import { listenerContext, listenerOptions } from './server-context.ts';

const intervalMs = 2_000;
const settleMs = 500;
let root = '';
let generation = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gophership-watch-'));
});
after(() => rm(root, { recursive: true, force: true }));

let directory = '';
beforeEach(() => {
  generation += 1;
  directory = join(root, String(generation));
});

interface Material {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

async function materialOf(name: string): Promise<Material> {
  const { ca, caPem } = await testCertificates();
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const pair = await issue({ ca, commonName: name, ...names, usage: 'server', daysValid: 1 });
  return { ca: caPem, cert: pair.certPem, key: pair.keyPem };
}

const dayMs = 24 * 3_600_000;

/** The same bundle, and a certificate of one day that begins at `wallMs`. */
async function leafOf(good: Material, commonName: string, wallMs: number): Promise<Material> {
  // An authority of its own time, since none signs beyond its own end.
  const ca = await createAuthority({ commonName: 'its own', daysValid: 9, wallMs });
  const pair = await issue({ ca, commonName, usage: 'server', daysValid: 1, wallMs });
  return { ca: good.ca, cert: pair.certPem, key: pair.keyPem };
}

/** An authority of the first day of a year. */
async function authorityOf(commonName: string, year: number): Promise<string> {
  const wallMs = Date.UTC(year, 0, 1);
  return (await createAuthority({ commonName, daysValid: 1, wallMs })).certPem;
}

/** What peers that bring no authority put into each other's bundle. */
async function selfSignedLeaf(): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=alone',
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + dayMs),
    extensions: [new BasicConstraintsExtension(false)],
  });
  return certificate.toString('pem');
}

/**
 * As Kubernetes mounts a secret: files are links into ..data, which is a link that is swapped
 * whole.
 */
async function mount(material: Material): Promise<PemSources> {
  await mkdir(directory, { recursive: true });
  await swap(material);
  const link = async (name: string) => {
    await symlink(join('..data', name), join(directory, name));
    return { file: join(directory, name) };
  };
  return { ca: await link('ca'), cert: await link('cert'), key: await link('key') };
}

let swaps = 0;
async function swap(material: Partial<Material>): Promise<void> {
  swaps += 1;
  const target = `..${swaps}`;
  await mkdir(join(directory, target));
  for (const [name, text] of Object.entries(material)) {
    await writeFile(join(directory, target, name), text);
  }
  await symlink(target, join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
}

interface Watched {
  readonly watch: CertificateWatch;
  readonly changes: PemMaterial[];
  readonly lines: string[];
  /** Lets time pass and waits until the looks that came due have ended. */
  readonly pass: (ms: number) => Promise<void>;
}

async function watchOf(
  sources: PemSources,
  onChange: (material: PemMaterial) => void = () => {},
): Promise<Watched> {
  // Certificates of the test authority are of today; only the looks are driven by the test.
  const clock = new FakeClock();
  const startWallMs = Date.now() - clock.nowMs();
  Object.assign(clock, { wallMs: () => startWallMs + clock.nowMs() });
  const changes: PemMaterial[] = [];
  const lines: string[] = [];
  const log: Log = {
    debug: () => {},
    info: (message) => lines.push(`info ${message}`),
    warn: (code, message) => lines.push(`warn ${code} ${message}`),
    error: (code, message) => lines.push(`error ${code} ${message}`),
  };
  const watch = new CertificateWatch({
    name: 'tls',
    sources,
    initial: await loadMaterial(sources, clock.wallMs()),
    intervalMs,
    clock,
    log,
    onChange: (material) => {
      onChange(material);
      changes.push(material);
    },
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    while (clock.pendingCount === 0) await setImmediate();
  };
  return { watch, changes, lines, pass };
}

test('CertificateWatch hands out swapped material at the next look, once', async () => {
  const sources = await mount(await materialOf('old'));
  const { watch, changes, lines, pass } = await watchOf(sources);
  await pass(intervalMs);
  assert.equal(changes.length, 0);
  const next = await materialOf('new');
  await swap(next);
  await pass(intervalMs);
  await pass(intervalMs);
  assert.deepEqual(
    changes.map(({ ca, cert, key }) => ({ ca, cert, key })),
    [next],
  );
  assert.deepEqual(lines, ['info tls: new certificates in use']);
  watch.close();
});

test('CertificateWatch keeps the old material, and reports each bad change once', async () => {
  const good = await materialOf('good');
  const other = await materialOf('other');
  const sources = await mount(good);
  const { watch, changes, lines, pass } = await watchOf(sources);
  const bad: [Partial<Material>, RegExp][] = [
    [{ ...good, key: good.key.slice(0, 90) }, /key: is not a private key, or only half of one/],
    [{ ...good, cert: other.cert }, /key: does not match the certificate in .*cert; the previous/],
    [{ cert: good.cert, key: good.key }, /ca: there is no such file; the previous/],
    [{ ...good, ca: '' }, /ca: there is no certificate in it; the previous/],
  ];
  for (const [material, expected] of bad) {
    await swap(material);
    await pass(intervalMs);
    assert.deepEqual(lines.splice(0), [], 'not before it has been seen twice');
    await pass(settleMs);
    const [line = '', ...more] = lines.splice(0);
    assert.match(line, /^error TLS_MATERIAL tls: /);
    assert.match(line, expected);
    assert.deepEqual(more, []);
    await pass(intervalMs);
    await pass(intervalMs);
    assert.deepEqual(lines.splice(0), []);
  }
  assert.equal(changes.length, 0);
  await swap(other);
  await pass(intervalMs);
  assert.equal(changes.length, 1);
  assert.deepEqual(lines.splice(0), ['info tls: new certificates in use']);
  watch.close();
});

test('CertificateWatch says so when the material in use comes back', async () => {
  const good = await materialOf('good');
  const sources = await mount(good);
  const { watch, changes, lines, pass } = await watchOf(sources);
  await swap({ ...good, key: 'x' });
  await pass(intervalMs);
  await pass(settleMs);
  await swap(good);
  await pass(intervalMs);
  assert.equal(changes.length, 0);
  assert.deepEqual(lines.slice(1), ['info tls: the certificates in use are back on disk']);
  watch.close();
});

test('CertificateWatch does not report files that are replaced one after the other', async () => {
  const good = await materialOf('good');
  const next = await materialOf('next');
  const sources = await mount(good);
  const { watch, changes, lines, pass } = await watchOf(sources);
  await swap({ ...good, cert: next.cert });
  await pass(intervalMs);
  await swap(next);
  await pass(settleMs);
  assert.equal(changes.length, 1);
  assert.deepEqual(lines, ['info tls: new certificates in use']);
  watch.close();
});

test('CertificateWatch retries material that could not be put to use', async () => {
  const sources = await mount(await materialOf('old'));
  let failures = 2;
  const { watch, changes, lines, pass } = await watchOf(sources, () => {
    failures -= 1;
    if (failures >= 0) throw new Error('not now');
  });
  await swap(await materialOf('new'));
  await pass(intervalMs);
  await pass(settleMs);
  assert.match(lines.join(), /error TLS_MATERIAL tls: Error: not now/);
  assert.equal(changes.length, 0);
  await pass(intervalMs);
  assert.equal(changes.length, 1);
  watch.close();
});

// Each row would end every handshake, and passes every other check.
const lockouts: readonly [string, (good: Material) => Promise<Material>, RegExp][] = [
  [
    'a bundle without an authority',
    async (good) => ({ ...good, ca: good.cert }),
    /ca: none of its certificates is a root authority; the previous/,
  ],
  [
    'a bundle whose authorities have all expired',
    async (good) => ({ ...good, ca: await authorityOf('gone', 2020) }),
    /ca: .*CN=gone expired on 2020-01-02.*; the previous/,
  ],
  [
    'a certificate that has expired',
    (good) => leafOf(good, 'old', Date.UTC(2020, 0, 1)),
    /cert: .*CN=old expired on 2020-01-02.*; the previous/,
  ],
  [
    'a certificate that is not valid yet',
    (good) => leafOf(good, 'early', Date.now() + 2 * dayMs),
    /cert: .*CN=early is not valid before .*; the previous/,
  ],
];

for (const [title, replace, expected] of lockouts) {
  test(`CertificateWatch keeps the old material over ${title}`, async () => {
    const good = await materialOf('good');
    const sources = await mount(good);
    const { watch, changes, lines, pass } = await watchOf(sources);
    await swap(await replace(good));
    await pass(intervalMs);
    await pass(settleMs);
    await pass(intervalMs);
    assert.equal(changes.length, 0);
    const [line = '', ...more] = lines.splice(0);
    assert.match(line, /^error TLS_MATERIAL tls: /);
    assert.match(line, expected);
    assert.deepEqual(more, []);
    await swap(await materialOf('mended'));
    await pass(intervalMs);
    assert.equal(changes.length, 1);
    assert.deepEqual(lines, ['info tls: new certificates in use']);
    watch.close();
  });
}

test('CertificateWatch takes over a certificate once it has become valid', async () => {
  const good = await materialOf('good');
  const sources = await mount(good);
  const { watch, changes, lines, pass } = await watchOf(sources);
  // Valid from 5 minutes before its `wallMs`.
  const early = await leafOf(good, 'early', Date.now() + 3_600_000);
  await swap(early);
  await pass(intervalMs);
  await pass(settleMs);
  assert.deepEqual([changes.length, lines.splice(0).length], [0, 1]);
  await pass(3_300_000);
  await pass(intervalMs);
  assert.deepEqual(
    changes.map(({ cert }) => cert),
    [early.cert],
  );
  assert.deepEqual(lines, ['info tls: new certificates in use']);
  watch.close();
});

test('CertificateWatch takes over what is no worse than the material in use', async () => {
  const good = await materialOf('good');
  const [first, second] = [
    await leafOf(good, 'first', Date.UTC(2020, 0, 1)),
    await leafOf(good, 'second', Date.UTC(2021, 0, 1)),
  ];
  const sources = await mount({ ...first, ca: good.cert });
  const { watch, changes, lines, pass } = await watchOf(sources);
  await swap({ ...second, ca: good.cert });
  await pass(intervalMs);
  assert.equal(changes.at(-1)?.cert, second.cert);
  assert.match(lines.splice(0).join(), /in use,.*not an authority.*,.*CN=second expired on 2021/);
  await swap({ ...good, ca: good.cert });
  await pass(intervalMs);
  assert.equal(changes.at(-1)?.cert, good.cert);
  await swap(good);
  await pass(intervalMs);
  assert.deepEqual([changes.at(-1)?.ca, changes.length], [good.ca, 3]);
  // From here on both are good, and neither is given up again.
  for (const bad of [
    { ...good, ca: good.cert },
    { ...second, ca: good.ca },
  ]) {
    await swap(bad);
    await pass(intervalMs);
  }
  assert.equal(changes.length, 3);
  watch.close();
});

test('CertificateWatch takes the bundles that OpenSSL can verify somebody with', async () => {
  const good = await materialOf('good');
  const sources = await mount(good);
  const { watch, changes, pass } = await watchOf(sources);
  const expired = await authorityOf('gone', 2020);
  const bundles = [expired + good.ca, good.cert + good.ca, await selfSignedLeaf()];
  for (const ca of bundles) {
    await swap({ ...good, ca });
    await pass(intervalMs);
  }
  assert.deepEqual(
    changes.map(({ ca }) => ca),
    bundles,
  );
  watch.close();
});

test('CertificateWatch keeps a client context: same rules, with or without its parts', async () => {
  const good = await materialOf('good');
  const { ca, ...pair } = await mount(good);
  const old = await leafOf(good, 'old', Date.UTC(2020, 0, 1));
  const bad = { ...old, ca: good.cert };
  for (const sources of [
    { ...pair, ca: undefined },
    { ca, cert: undefined, key: undefined },
  ]) {
    await swap(good);
    const { watch, changes, lines, pass } = await watchOf(sources);
    await swap(bad);
    await pass(intervalMs);
    await pass(settleMs);
    assert.equal(changes.length, 0);
    assert.match(lines.join('\n'), /^error TLS_MATERIAL tls: .* stay in use$/);
    watch.close();
  }
});

test('reload() looks at once, and the last state of the disk wins', async () => {
  const sources = await mount(await materialOf('old'));
  const { watch, changes } = await watchOf(sources);
  await swap(await materialOf('between'));
  const first = watch.reload();
  const last = await materialOf('last');
  await swap(last);
  await Promise.all([first, watch.reload(), watch.reload()]);
  assert.equal(changes.at(-1)?.cert, last.cert);
  watch.close();
});

test('close() ends it: no look, no call, no timer', async () => {
  const sources = await mount(await materialOf('old'));
  const { watch, changes } = await watchOf(sources);
  await swap(await materialOf('new'));
  const looking = watch.reload();
  watch.close();
  await looking;
  await watch.reload();
  assert.equal(changes.length, 0);
});

// Scenario: a listener with a live connection; its certificate is replaced by a link swap, then by
// a bad pair. Guarantees: new connections see the new certificate, the bad pair is never used, the
// live connection goes on.
test('setSecureContext() through the watch swaps certificates under a live connection', async () => {
  const sources = await mount(await materialOf('old'));
  const server = createServer(
    listenerOptions(await loadMaterial(sources, Date.now()), ['h2']),
    (socket) => socket.on('error', () => {}).pipe(socket),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { watch, pass } = await watchOf(sources, (material) =>
    server.setSecureContext(listenerContext(material)),
  );
  const alive = await dial(server.address() as AddressInfo);
  const names = [serverName(alive)];
  const next = await materialOf('new');
  await swap(next);
  await pass(intervalMs);
  const second = await dial(server.address() as AddressInfo);
  await swap({ ...next, key: next.key.slice(0, 60) });
  await pass(intervalMs);
  await pass(settleMs);
  const third = await dial(server.address() as AddressInfo);
  names.push(serverName(second), serverName(third));
  assert.deepEqual(names, ['old', 'new', 'new']);
  alive.write('still here');
  const [echo] = (await once(alive, 'data')) as [Buffer];
  assert.equal(echo.toString(), 'still here');
  for (const socket of [alive, second, third]) socket.destroy();
  watch.close();
  server.close();
});

async function dial({ port }: AddressInfo): Promise<TLSSocket> {
  const { caPem, client } = await testCertificates();
  const pair = { cert: client.certPem, key: client.keyPem };
  const socket = connect({ host: '127.0.0.1', port, ca: caPem, ...pair, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  return socket;
}

function serverName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}
