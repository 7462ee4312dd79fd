import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  controlRpc,
  controlStream,
  DashboardRig,
  untilClosed,
} from '../../../test/support/dashboard-rig.ts';
import { answerJson } from '../../../test/support/scripted-engine.ts';
import { dashboardSessionsMax } from '../../limits.ts';

const status = { method: 'POST', path: `${controlRpc}/GetStatus`, body: '{}' };

test('DashboardServer hands out the page with headers that keep others away from it', async (context) => {
  const rig = await DashboardRig.start(context);
  const { status: code, headers, text } = await rig.request({ path: '/' });
  assert.deepEqual([code, text.startsWith('<!doctype html>')], [200, true]);
  assert.match(
    String(headers['content-security-policy']),
    /^default-src 'none'; script-src 'sha256/,
  );
  assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
  assert.deepEqual(
    ['x-content-type-options', 'x-frame-options', 'referrer-policy', 'cache-control'].map(
      (name) => headers[name],
    ),
    ['nosniff', 'DENY', 'no-referrer', 'no-store'],
  );
  assert.deepEqual(
    ['cross-origin-opener-policy', 'cross-origin-resource-policy'].map((name) => headers[name]),
    ['same-origin', 'same-origin'],
  );
  for (const name of Object.keys(headers)) assert.doesNotMatch(name, /access-control|set-cookie/);
  const head = await rig.request({ method: 'HEAD', path: '/' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('DashboardServer has no files but those of the page, however a path is written', async (context) => {
  const rig = await DashboardRig.start(context);
  const paths = ['/../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd'];
  const odd = ['//etc/passwd', '/./', '/?x', '/#x', '/\\..\\x', '/index.html\0', 'http://evil/'];
  for (const path of [...paths, ...odd, '/__proto__', '*', '/rpc/', '/session']) {
    const socket = await rig.socket(
      `GET ${path} HTTP/1.1\r\nHost: ${rig.authority}\r\nConnection: close\r\n\r\n`,
    );
    const answer = await untilClosed(socket);
    assert.match(answer, /^HTTP\/1\.1 (404|400)|^$/, path);
    assert.doesNotMatch(answer, /root:|<!doctype/, path);
  }
});

test('DashboardServer gives a session for each link, once', async (context) => {
  const rig = await DashboardRig.start(context);
  const token = rig.token();
  assert.match(token, /^[\w-]{22}$/);
  const first = await rig.redeem(token);
  const { bearer, engine } = JSON.parse(first.text);
  assert.deepEqual([first.status, engine], [200, 'engine:4319']);
  const again = await rig.redeem(token);
  assert.deepEqual([again.status, JSON.parse(again.text).code], [401, 'unauthenticated']);
  assert.match(JSON.parse(again.text).hint, /gs-ctl dashboard/);
  const headers = { authorization: `Bearer ${bearer}` };
  assert.equal((await rig.request({ ...status, headers })).status, 200);
});

test('DashboardServer takes no link after a minute, and no guess', async (context) => {
  const rig = await DashboardRig.start(context);
  const token = rig.token();
  for (const guess of ['', 'x', 'A'.repeat(22), `${token} `, token.slice(0, -1)]) {
    assert.equal((await rig.redeem(guess)).status, 401, guess);
  }
  for (const body of ['', '[]', '{"token":1}', 'null', '"token"', '{"token":{"token":"x"}}']) {
    const refused = await rig.request({ method: 'POST', path: '/session', body });
    assert.equal(refused.status, 400, body);
  }
  rig.clock.advance(60_000);
  assert.equal((await rig.redeem(token)).status, 401);
});

test('DashboardServer asks the engine nothing for who has no session', async (context) => {
  const rig = await DashboardRig.start(context);
  const { authorization = '' } = await rig.tab();
  const bearers = ['', 'Bearer', 'Bearer ', authorization.toLowerCase(), `${authorization}A`];
  const others = [
    authorization.slice(0, -1),
    `Bearer ${'A'.repeat(22)}`,
    `Basic ${'A'.repeat(22)}`,
  ];
  for (const other of [undefined, ...bearers, ...others]) {
    for (const path of [status.path, `${controlStream}/WatchStatus`, '/link', '/nothing']) {
      const refused = await rig.request({ ...status, path, headers: { authorization: other } });
      assert.deepEqual([refused.status, rig.engine.calls.length], [401, 0], `${other} ${path}`);
    }
  }
});

test('DashboardServer gives a page of another origin nothing, and its link stays valid', async (context) => {
  const rig = await DashboardRig.start(context);
  const tab = await rig.tab();
  const token = rig.token();
  const evil = 'https://evil.example';
  const foreign = [
    { origin: evil },
    { origin: 'null' },
    { origin: undefined },
    { host: `evil.example:${rig.server.port}`, origin: `http://evil.example:${rig.server.port}` },
    { host: `localhost:${rig.server.port}`, origin: `http://localhost:${rig.server.port}` },
    { 'content-type': 'text/plain' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    const what = JSON.stringify(headers);
    const refused = await rig.request({ ...status, headers: { ...tab, ...headers } });
    assert.ok([403, 415, 421].includes(refused.status), what);
    assert.equal(refused.headers['access-control-allow-origin'], undefined, what);
    assert.ok((await rig.redeem(token, headers)).status >= 400, what);
  }
  const preflight = { origin: evil, 'access-control-request-method': 'POST' };
  const asked = await rig.request({ method: 'OPTIONS', path: status.path, headers: preflight });
  assert.equal(asked.status, 403);
  for (const name of Object.keys(asked.headers)) assert.doesNotMatch(name, /access-control/);
  assert.equal(rig.engine.calls.length, 0);
  assert.equal((await rig.redeem(token)).status, 200);
});

test('DashboardServer makes a link for another tab, for who has a session', async (context) => {
  const rig = await DashboardRig.start(context);
  const link = await rig.request({ ...status, path: '/link', headers: await rig.tab() });
  const { path } = JSON.parse(link.text);
  assert.match(path, /^\/#[\w-]{22}$/);
  assert.equal((await rig.redeem(path.slice(2))).status, 200);
});

test('DashboardServer refuses one tab more than it has room for', async (context) => {
  const rig = await DashboardRig.start(context);
  for (let tab = 0; tab < dashboardSessionsMax; tab += 1) await rig.tab();
  assert.equal((await rig.redeem(rig.token())).status, 429);
  rig.clock.advance(60_000);
  assert.equal((await rig.redeem(rig.token())).status, 200);
});

test('DashboardServer passes on the body of a call, and nothing else of the request', async (context) => {
  const rig = await DashboardRig.start(context);
  rig.engine.script = ({ stream }) => answerJson(stream, 403, { code: 'permission_denied' });
  const headers = {
    ...(await rig.tab()),
    'connect-timeout-ms': '1',
    'grpc-timeout': '1S',
    'x-forwarded-for': '1.2.3.4',
    cookie: 'a=b',
    te: 'trailers',
  };
  const answer = await rig.request({ ...status, headers, body: '{"last":3}' });
  assert.deepEqual([answer.status, answer.text], [403, '{"code":"permission_denied"}']);
  const [call] = rig.engine.calls;
  assert.equal(call?.body.toString(), '{"last":3}');
  assert.deepEqual(Object.keys(call?.headers ?? {}).sort(), [
    ...[':authority', ':method', ':path', ':scheme', 'connect-protocol-version'],
    ...['connect-timeout-ms', 'content-type', 'user-agent'],
  ]);
  assert.equal(call?.headers[':path'], '/gophership.control.v1.ControlService/GetStatus');
  assert.equal(call?.headers['connect-timeout-ms'], '5000');
});

test('DashboardServer asks for procedures of its table alone', async (context) => {
  const rig = await DashboardRig.start(context);
  const headers = await rig.tab();
  const service = 'gophership.control.v1.ControlService';
  const paths = [
    `/rpc/${service}/GetSecrets`,
    `/rpc/${service}/WatchStatus`,
    `/stream/${service}/GetStatus`,
    `/rpc/${service}/GetStatus/`,
    `/rpc/${service}/GetStatus?x=y`,
    `/rpc//${service}/GetStatus`,
    `/rpc/${service}%2fGetStatus`,
    `/rpc/../${service}/GetStatus`,
    `/rpc/${service}/GetStatus%0d%0ax-evil:%201`,
    '/rpc/grpc.health.v1.Health/Check',
    '/rpc/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/rpc/metrics',
    '/metrics',
    `/${service}/GetStatus`,
  ];
  for (const path of paths) {
    const refused = await rig.request({ ...status, path, headers });
    assert.deepEqual([refused.status, JSON.parse(refused.text).code], [404, 'not_found'], path);
  }
  assert.equal(rig.engine.calls.length, 0);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    assert.equal((await rig.request({ ...status, method, headers })).status, 405, method);
  }
});
