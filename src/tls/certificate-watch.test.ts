import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { testCertificates } from '../../test/support/certificates.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Log } from '../log.ts';
import { issue } from './certificate-authority.ts';
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
  const clock = Object.assign(new FakeClock(), { wallMs: () => Date.now() });
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

test('CertificateWatch warns when the new material has expired, and uses it', async () => {
  const good = await materialOf('good');
  const sources = await mount(good);
  const { watch, changes, lines, pass } = await watchOf(sources);
  const { ca } = await testCertificates();
  const old = await issue({
    ca,
    commonName: 'old',
    usage: 'server',
    daysValid: 1,
    wallMs: Date.UTC(2020, 0, 1),
  });
  await swap({ ...good, cert: old.certPem, key: old.keyPem });
  await pass(intervalMs);
  assert.equal(changes.length, 1);
  assert.match(lines.join(), /warn TLS_MATERIAL tls: .*CN=old expired on 2020-01-02/);
  watch.close();
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
