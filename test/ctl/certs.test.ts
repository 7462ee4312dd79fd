// Scenario: a person sets up certificates on a laptop with gs-ctl certs, adds some, and looks at
// them. Guarantees: keys are private, nothing is overwritten by accident, inspect's exit code tells
// good from bad.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { parse } from 'yaml';
import { issue } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from '../support/certificates.ts';
import { type CtlRun, gsCtl } from './gs-ctl.ts';

const directories: string[] = [];
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gophership-certs-'));
  directories.push(directory);
});
after(async () => {
  for (const path of directories) await rm(path, { recursive: true, force: true });
});

async function check(args: string, exitCode: number, talk = /^$/): Promise<CtlRun> {
  const run = await gsCtl(directory, args.split(' '));
  assert.equal(run.exitCode, exitCode, run.out + run.talk);
  assert.match(run.talk, talk);
  return run;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(join(directory, path))).mode & 0o777;
}

test('certs init writes private keys, certificates that fit, and a context', async () => {
  await check('certs init --out tls --san web.example.com --san 10.0.0.7', 0);
  assert.deepEqual(await readdir(join(directory, 'tls')), [
    'ca.key',
    'ca.pem',
    'client.key',
    'client.pem',
    'server.key',
    'server.pem',
  ]);
  assert.equal(await modeOf('tls'), 0o700);
  for (const name of ['ca', 'server', 'client']) {
    assert.equal(await modeOf(`tls/${name}.key`), 0o600);
  }
  const files = 'tls/ca.pem tls/server.pem tls/server.key tls/client.pem tls/client.key';
  const { out } = await check(`certs inspect ${files} -o json`, 0);
  const { certificates, keys } = JSON.parse(out);
  const [ca, server, client] = certificates;
  assert.deepEqual([ca.usage, server.usage, client.usage], ['authority', 'server', 'client']);
  assert.match(
    server.names,
    /DNS:localhost, DNS:web.example.com, .*127\.0\.0\.1.*0:1, .*10\.0\.0\.7/,
  );
  assert.equal(client.role, 'operator');
  assert.equal(client.daysLeft, 364);
  assert.equal(keys.length, 2);
  const contextPath = '.config/gophership/ctl.yaml';
  assert.equal(await modeOf(contextPath), 0o600);
  const context = parse(await readFile(join(directory, contextPath), 'utf8'));
  assert.deepEqual(context, {
    apiVersion: 'gophership/v1',
    current: 'default',
    contexts: {
      default: {
        address: 'localhost:4319',
        otlp_address: 'localhost:4317',
        ca: join(directory, 'tls/ca.pem'),
        cert: join(directory, 'tls/client.pem'),
        key: join(directory, 'tls/client.key'),
      },
    },
  });
});

test('certs init overwrites only with --force, and keeps other contexts', async () => {
  await check('certs init --out tls', 0);
  const before = await readFile(join(directory, 'tls/ca.pem'), 'utf8');
  await check('certs init --out tls', 1, /^error: EXISTS: .*ca\.pem exists; .*\nhint: /);
  assert.equal(await readFile(join(directory, 'tls/ca.pem'), 'utf8'), before);
  await check('certs init --out tls --force --context second', 0);
  assert.notEqual(await readFile(join(directory, 'tls/ca.pem'), 'utf8'), before);
  const text = await readFile(join(directory, '.config/gophership/ctl.yaml'), 'utf8');
  assert.deepEqual(Object.keys(parse(text).contexts), ['default', 'second']);
});

test('certs init says what it cannot write, also where the kernel refuses a new folder', async () => {
  const run = (args: string, environment = {}) =>
    gsCtl(directory, args.split(' '), environment, undefined, AbortSignal.timeout(30_000));
  // There Node's own mkdir of a folder with its parents tries for ever.
  const refused = await run('certs init --out /proc/x');
  assert.match(refused.talk, /^error: USAGE: --out \/proc\/x: cannot be written: ENOENT\nhint: /);
  assert.equal(refused.exitCode, 64);
  const homeless = await run('certs init --out tls', { XDG_CONFIG_HOME: '/proc/x' });
  const context =
    /^error: CONTEXT: \/proc\/x\/gophership\/ctl\.yaml: cannot be written: ENOENT\nhint: /;
  assert.match(homeless.talk, context);
  assert.equal(homeless.exitCode, 64);
});

test('certs issue puts the role into the unit and never touches the authority', async () => {
  await check('certs init --out tls', 0);
  await check('certs issue --ca tls --name web-1 --role producer --san spiffe://x/web', 0);
  await check('certs issue --ca tls --name db.example --role server --days 9', 0);
  const { out } = await check(
    'certs inspect tls/ca.pem tls/web-1.pem tls/web-1.key tls/db.example.pem -o json',
    0,
  );
  const [, web, db] = JSON.parse(out).certificates;
  assert.deepEqual([web.role, web.usage, web.names], ['producer', 'client', 'URI:spiffe://x/web']);
  assert.deepEqual([db.usage, db.names, db.daysLeft], ['server', 'DNS:db.example', 8]);
  assert.equal(await modeOf('tls/web-1.key'), 0o600);
  await check('certs issue --ca tls --name web-1 --role viewer', 1, /EXISTS: .*web-1\.pem exists/);
  await check('certs issue --ca tls --name ca --role viewer --force', 64, /gives no file name/);
  await check('certs issue --ca tls --name deep --role viewer --out some/where', 0);
  assert.equal(await modeOf('some/where/deep.key'), 0o600);
  const refused = /^error: USAGE: --out \/proc\/x: cannot be written: ENOENT\nhint: /;
  await check('certs issue --ca tls --name x --role viewer --out /proc/x', 64, refused);
  await check('certs issue --ca none --name x --role viewer', 1, /TLS_MATERIAL: .*no such file/);
});

test('certs inspect exits with 1 for expired, foreign and mismatched material', async () => {
  const { ca, client, server, otherCaPem } = await testCertificates();
  const old = await issue({
    ca,
    commonName: 'old',
    usage: 'client',
    daysValid: 1,
    wallMs: Date.now() - 9e9,
  });
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  await write('old.pem', old.certPem);
  await write('good.pem', client.certPem);
  await write('good.key', client.keyPem);
  await write('server.key', server.keyPem);
  await write('half.pem', client.certPem.slice(0, 200));
  // The same name as the real authority, but another key.
  const { createAuthority } = await import('../../src/tls/certificate-authority.ts');
  await write(
    'twin.pem',
    (await createAuthority({ commonName: 'test authority', daysValid: 1 })).certPem,
  );
  await write('other.pem', otherCaPem);
  await check('certs inspect good.pem good.key other.pem', 0);
  assert.match((await check('certs inspect old.pem', 1)).out, /expired on \d{4}-/);
  assert.match(
    (await check('certs inspect good.pem server.key', 1)).out,
    /matches no given certificate/,
  );
  assert.match(
    (await check('certs inspect good.pem twin.pem', 1)).out,
    /not signed by the issuer given/,
  );
  await check(
    'certs inspect half.pem',
    1,
    /^error: TLS_MATERIAL: half\.pem: ends inside a PEM block/,
  );
});

test('gs-ctl exits with 64 for a wrong command line and names the flag', async () => {
  await check('certs init --days many', 64, /^error: USAGE: .*--days.*\nhint: /);
  await check('certs init --san a_b?c', 1, /^error: TLS_MATERIAL: "a_b\?c" is not a DNS name/);
  await check('certs issue --ca x --name y --role root', 64, /--role.*producer, viewer/);
  await check('nonsense', 64, /^error: USAGE: unknown command 'nonsense'/);
  await check('send --timeout 0', 64, /--timeout/);
  await check('send --count 0', 64, /--count/);
});

test('gs-ctl version and --help go to stdout and exit with 0', async () => {
  assert.match((await check('version', 0)).out, /^gs-ctl \d+\.\d+\.\d+ \(node v\d+/);
  assert.equal(parse((await check('version -o yaml', 0)).out).apiVersion, 'gophership/v1');
  assert.match((await check('--help', 0)).out, /certs/);
});
