import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { systemClock } from '../../clock.ts';
import { hostFiles } from '../../monitor/host-files.ts';
import { probeCertificates } from './certificate-check.ts';
import { probeFileLimit } from './file-limit-check.ts';
import { probePort } from './port-check.ts';
import { listeningInodes, portOwner } from './port-owner.ts';
import { probePressure } from './pressure-check.ts';
import { makeProbeFolder } from './probe-folder.ts';
import { probeSync } from './sync-check.ts';

const root = temporaryDirectory('doctor');
after(() => root.remove());

test('makeProbeFolder() goes where the vault will be, and leaves nothing there', () => {
  const probe = makeProbeFolder(join(root.path, 'not', 'yet', 'there'));
  assert.ok(probe.kind === 'folder');
  assert.equal(probe.parent, root.path);
  writeFileSync(join(probe.path, 'file'), 'x');
  probe.remove();
  assert.deepEqual(readdirSync(root.path), []);
  const inside = join(root.path, 'vault');
  mkdirSync(inside);
  const beside = makeProbeFolder(inside);
  assert.equal(beside.parent, inside, 'on the file system of the vault itself');
  if (beside.kind === 'folder') beside.remove();
  assert.equal(makeProbeFolder('/proc/vault').kind, 'refused');
});

test('probeSync() measures a file of its own', () => {
  const probe = probeSync(root.path, false, () => systemClock.nowMs());
  assert.ok(probe.kind === 'times');
  assert.ok(probe.count > 0 && probe.p50Ms > 0 && probe.p99Ms >= probe.p50Ms);
  assert.equal(probeSync(join(root.path, 'no'), false, () => 0).kind, 'fault');
});

test('probePressure() and probeFileLimit() read what the kernel writes', () => {
  const files: Readonly<Record<string, string>> = {
    '/proc/pressure/memory': 'some avg10=1.25 avg60=0.00 avg300=0.00 total=5\nfull avg10=9.00',
    '/proc/pressure/cpu': 'some avg10=30.00 avg60=0.00 avg300=0.00 total=5\n',
    '/proc/self/limits':
      'Max open files            1024                 524288               files',
  };
  const readFile = (path: string) => files[path];
  assert.deepEqual(probePressure(readFile), { memory: 1.25, cpu: 30, io: undefined });
  assert.equal(
    probeFileLimit(readFile),
    524_288,
    'the hard one, to which Node raises the soft one',
  );
  const unlimited = () =>
    'Max open files            unlimited            unlimited            files';
  assert.equal(probeFileLimit(unlimited), undefined);
});

test('listeningInodes() finds who listens on a port, and not who is connected to it', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:10DF 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1',
    '   1: 0100007F:10DF 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 888 1',
    '   2: 0100007F:10DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 999 1',
  ].join('\n');
  assert.deepEqual(listeningInodes(text, 4319), ['777']);
  assert.deepEqual(listeningInodes('', 4319), []);
});

test('probePort() and portOwner() find a port that this process has', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  assert.equal(await probePort('127.0.0.1', port), 'EADDRINUSE');
  assert.equal(portOwner(port, hostFiles('/'))?.processId, process.pid);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await probePort('127.0.0.1', port), undefined);
  assert.equal(portOwner(port, hostFiles('/')), undefined);
});

test('probeCertificates() gives faults as text, and sees keys that everybody may read', async () => {
  const key = join(root.path, 'a.key');
  writeFileSync(key, 'no key');
  chmodSync(key, 0o644);
  const file = join(root.path, 'none.pem');
  assert.ok(!existsSync(file));
  const sources = { ca: undefined, cert: { file }, key: { file: key } };
  const facts = await probeCertificates({ name: 'control', sources }, 0);
  assert.match(facts.fault ?? '', /none\.pem: there is no such file/);
  assert.equal(facts.openKeyFile, key);
  chmodSync(key, 0o640);
  const closed = await probeCertificates({ name: 'control', sources }, 0);
  assert.equal(closed.openKeyFile, undefined, 'a group of its own is fine');
});
