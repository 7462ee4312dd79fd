// Scenario: everything that goes wrong between a person and the engine: no engine, another server,
// no answer, wrong and expired certificates, roles that do not suffice, an engine of another
// version, flags and files that are missing.
// Guarantees: each ends with the exit code that scripts know, with a code, what and why on stderr,
// a hint that says what to try, nothing on stdout, and the same as an object with -o json.

import assert from 'node:assert/strict';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { testCertificates } from '../support/certificates.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

let control: ControlEngine;
let home: CtlHome;
const servers: (Server | Http2SecureServer)[] = [];
const sockets: Socket[] = [];
before(async () => {
  control = await startControlEngine();
  home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await control.close();
});

/** Its address, on a port of its own. */
async function listen(server: Server | Http2SecureServer): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server's address is no string
}

async function check(
  exitCode: number,
  args: readonly string[],
  code: string,
  message = /./,
): Promise<void> {
  const { out, talk } = await home.run(exitCode, args);
  assert.equal(out, '', 'nothing on stdout');
  assert.match(talk, new RegExp(`^error: ${code}: .`, 'm'), talk);
  assert.match(talk, message, talk);
  assert.match(talk, /^hint: ./m, talk);
  assert.doesNotMatch(talk, /\n {4}at /, 'no stack');
}

const explain = ['explain'];

test('no engine is 3, by address and by name', async () => {
  await Promise.all([
    check(3, [...explain, '--address', '127.0.0.1:1'], 'UNREACHABLE', /ECONNREFUSED/),
    check(3, [...explain, '--address', 'nowhere.invalid:4319'], 'UNREACHABLE', /nowhere\.invalid/),
    check(3, ['status', '--address', '127.0.0.1:1'], 'UNREACHABLE'),
  ]);
  await home.run(1, ['health', '--address', '127.0.0.1:1']);
});

test('an error is an object with -o json', async () => {
  const errors = [
    [3, ['--address', '127.0.0.1:1'], 'UNREACHABLE'],
    [4, ['--context', 'producer'], 'CONTROL_DENIED'],
  ] as const;
  for (const [exitCode, args, code] of errors) {
    const { out, talk } = await home.run(exitCode, [...explain, ...args, '-o', 'json']);
    const { apiVersion, error } = JSON.parse(talk);
    assert.deepEqual([out, apiVersion, error.code], ['', 'gophership/v1', code]);
    assert.ok(error.message.length > 0 && error.hint.length > 0);
  }
});

test('an engine of another authority is 3', async () => {
  await check(3, [...explain, '--ca', home.path('other-ca.pem')], 'UNREACHABLE', /certificate/);
});

test('a certificate that the engine does not take is 4, expired or of strangers', async () => {
  const shown = (name: string) => [
    '--cert',
    home.path(`${name}.pem`),
    '--key',
    home.path(`${name}.key`),
  ];
  await Promise.all([
    check(4, [...explain, ...shown('expired')], 'TLS_PEER'),
    check(4, [...explain, ...shown('stranger')], 'TLS_PEER'),
  ]);
});

test('a role that does not suffice is 4', async () => {
  const set = ['override', 'set', 'red', '--ttl', '5m', '--reason', 'x', '--yes'];
  await Promise.all([
    check(4, [...set, '--context', 'viewer'], 'CONTROL_DENIED', /operator/),
    check(4, [...explain, '--context', 'producer'], 'CONTROL_DENIED', /viewer/),
  ]);
});

test('an engine that does not answer is 6, before and after the handshake', async () => {
  const silent = await listen(createServer());
  const { server } = await testCertificates();
  const mute = createSecureServer({ cert: server.certPem, key: server.keyPem });
  mute.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {}); // the client does not wait for ever
  });
  const timeout = ['--timeout', '400ms'];
  await Promise.all([
    check(6, [...explain, '--address', silent, ...timeout], 'TIMEOUT'),
    check(6, [...explain, '--address', await listen(mute), ...timeout], 'TIMEOUT'),
  ]);
});

test('an engine that does not know the procedure is of another version', async () => {
  const { server } = await testCertificates();
  const other = createSecureServer({ cert: server.certPem, key: server.keyPem });
  other.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {}); // the client may be gone
    stream.respond({ ':status': 404 }, { endStream: true });
  });
  const address = await listen(other);
  const run = await home.run(1, [...explain, '--address', address], /version/);
  assert.match(run.talk, /^hint: ./m);
});

test('the port of the receiver is not the control port, and the hint says so', async () => {
  const address = `127.0.0.1:${control.engine.port}`;
  const { talk } = await home.run(1, [...explain, '--address', address]);
  assert.match(talk, /control port|4319/);
});

test('a server that speaks no TLS is 3', async () => {
  const plain = createServer((socket) => {
    socket.on('error', () => {}); // the client may be gone
    socket.end('220 mail.example.com ESMTP\r\n');
  });
  await check(3, [...explain, '--address', await listen(plain)], 'UNREACHABLE');
});

test('a target that is not complete is 64, and names the places that were looked at', async () => {
  const nowhere = await ctlHome(`${control.directory}/nowhere`, 'localhost:1');
  const { talk } = await nowhere.run(5, [...explain, '--context', 'production']);
  assert.match(talk, /NOT_FOUND: .*production/);
  const { gsCtl } = await import('../ctl/gs-ctl.ts');
  const bare = await gsCtl(control.directory, explain, { HOME: '/nonexistent' });
  assert.equal(bare.exitCode, 64, bare.talk);
  for (const place of ['--address', 'GS_CTL_ADDRESS', 'ctl.yaml']) {
    assert.ok(bare.talk.includes(place), place);
  }
});

test('files that are not there or do not fit are named', async () => {
  await check(1, [...explain, '--key', home.path('none.key')], 'TLS_MATERIAL', /none\.key/);
  await check(1, [...explain, '--key', home.path('viewer.key')], 'TLS_MATERIAL');
});

test('flags that are none are 64', async () => {
  await Promise.all([
    check(64, [...explain, '--timeout', 'soon'], 'USAGE', /--timeout/),
    check(64, ['events', '--last', '-1'], 'USAGE', /--last/),
    check(64, ['explian'], 'USAGE', /explian/),
    check(64, ['status', '--address', 'localhost'], 'USAGE', /host:port/),
  ]);
});
