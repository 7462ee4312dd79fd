import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTerminal } from '../../test/support/control-fake.ts';
import { CtlError } from './ctl-error.ts';
import { version } from './version.ts';

const target = { address: 'engine:4319', ca: 'ca', cert: 'cert', key: 'key' };
const bare = { timeoutMs: 1_000, client: false, ownVersion: '1.2.3' };
const flags = { ...target, ...bare };
const clientLine = /^gs-ctl \d+\.\d+\.\d+ \(node v\d+/;

function engineOf(version: string) {
  return async () => ({ address: target.address, host: 'web-1', version });
}

test('version() compares client and engine, and warns when they differ', async () => {
  const terminal = fakeTerminal();
  assert.equal(await version(flags, terminal, engineOf('0.0.9')), 0);
  assert.match(terminal.shown(), clientLine);
  assert.match(terminal.shown(), /^engine 0\.0\.9 \(web-1, engine:4319\)$/m);
  assert.match(terminal.told(), /^warning: .*different versions/);
  const json = fakeTerminal('json');
  await version(flags, json, engineOf('0.0.9'));
  const value = JSON.parse(json.shown());
  assert.equal(value.isSame, false);
  const same = fakeTerminal('json');
  await version(flags, same, engineOf(value.client.version));
  assert.equal(JSON.parse(same.shown()).isSame, true);
  assert.equal(same.told(), '');
});

test('version() is content with its own without a target, and with --client', async () => {
  const asked = () => assert.fail('asked an engine');
  for (const given of [bare, { ...flags, client: true }]) {
    const terminal = fakeTerminal();
    assert.equal(await version(given, terminal, asked), 0);
    assert.match(terminal.shown(), clientLine);
    assert.equal(terminal.told(), '');
  }
});

test('version() says its own version, and then why there is no other', async () => {
  const terminal = fakeTerminal();
  const gone = async () => {
    throw new CtlError('UNREACHABLE', 3, 'engine:4319: refused', '');
  };
  await assert.rejects(version(flags, terminal, gone), { code: 'UNREACHABLE' });
  assert.match(terminal.shown(), clientLine);
});

test('version() does not pass over half a target that was asked for', () =>
  assert.rejects(version({ ...bare, address: 'engine:1' }, fakeTerminal()), {
    code: 'NO_TARGET',
  }));
