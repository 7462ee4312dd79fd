// Scenario: an operator and a viewer use gs-ctl on a running engine: every command that asks or
// changes something, as a table, as JSON and as YAML.
// Guarantees: stdout is data that a program can read and stderr is talk; the exit code of status is
// the zone; what changes something shows its plan and the way back and needs --yes where nobody
// can be asked; nothing from the engine reaches the terminal unescaped.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { parse } from 'yaml';
import { OracleProducer } from '../support/oracle-producer.ts';
import { controlCertificates, operatorName } from './control-certificates.ts';
import { ControlClient, type JsonValue } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

let control: ControlEngine;
let home: CtlHome;
let operator: ControlClient;
before(async () => {
  control = await startControlEngine();
  const address = `127.0.0.1:${control.port}`;
  // Paths in the file are relative to it.
  const files = { ca: '../../ca.pem', cert: '../../viewer.pem', key: '../../viewer.key' };
  home = await ctlHome(control.directory, address, { gone: { address: '127.0.0.1:1', ...files } });
  operator = await ControlClient.connect(control.port, (await controlCertificates()).operator);
  const producer = await OracleProducer.connect({ port: control.engine.port });
  await producer.send(3);
  producer.close();
});
beforeEach(() => operator.call('ClearOverride', { reason: 'a clean start' }));
after(async () => {
  operator.close();
  await control.close();
});

async function set(zone: string, reason = 'by the test'): Promise<void> {
  const { code } = await operator.call('SetOverride', { zone, duration: '60s', reason });
  assert.equal(code, 'ok');
}

async function data(exitCode: number, args: readonly string[]): Promise<JsonValue> {
  const value = JSON.parse((await home.run(exitCode, [...args, '-o', 'json'])).out);
  assert.equal(value.apiVersion, 'gophership/v1');
  return value;
}

/** What stands in a table, which is nothing that drives a terminal. */
async function table(exitCode: number, args: readonly string[]): Promise<string> {
  const { out } = await home.run(exitCode, args);
  assert.ok(out.endsWith('\n'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  return out;
}

test('status names the zone, the flow and the destinations, and exits with the zone', async () => {
  const green = await table(0, ['status']);
  assert.match(green, /\bgreen\b/i);
  assert.match(green, /otlp_grpc/);
  const value = await data(0, ['status']);
  assert.match(JSON.stringify(value), /"version":"\d/);
  const yaml = parse((await home.run(0, ['status', '-o', 'yaml'])).out);
  assert.deepEqual(Object.keys(yaml), Object.keys(value));
  await set('ZONE_YELLOW', 'yellow by hand');
  const yellow = await table(1, ['status']);
  assert.match(yellow, /\byellow\b/i);
  assert.match(yellow, /yellow by hand/);
  await set('ZONE_RED');
  assert.match(await table(2, ['status', '--context', 'viewer']), /\bred\b/i);
});

test('status -w -o json is one object a line', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const launcher = new URL('../../bin/gs-ctl', import.meta.url).pathname;
  const child = spawn(launcher, ['status', '-w', '-o', 'json'], {
    cwd: home.path('.'),
    env: { PATH: process.env.PATH, HOME: home.path('.') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    const lines = text.split('\n');
    if (lines.length > 2) resolve(lines.slice(0, 2));
  });
  child.on('close', () => resolve([]));
  const lines = await promise;
  child.kill('SIGINT');
  assert.equal(lines.length, 2);
  for (const line of lines) assert.equal(JSON.parse(line).apiVersion, 'gophership/v1');
});

test('health exits with 0, also in Red', async () => {
  await set('ZONE_RED');
  await home.run(0, ['health']);
  await home.run(0, ['health', '--context', 'producer']);
});

test('explain shows signals with their thresholds', async () => {
  await set('ZONE_YELLOW', 'explain me');
  const text = await table(0, ['explain']);
  assert.match(text, /arena_percent/);
  assert.match(text, /explain me/);
  await data(0, ['explain', '--last', '3']);
});

test('events lists what happened, and --last so many', async () => {
  await set('ZONE_YELLOW', 'one of the events');
  const text = await table(0, ['events']);
  assert.match(text, /one of the events/);
  assert.match(text, new RegExp(operatorName));
  const { events } = await data(0, ['events', '--last', '2']);
  assert.equal(events.length, 2);
});

test('ledger says that nothing is missing', async () => {
  assert.match(await table(0, ['ledger']), /otlp_grpc/);
  assert.match(JSON.stringify(await data(0, ['ledger'])), /true/);
});

test('config view is the configuration, and config schema a JSON Schema', async () => {
  const { out } = await home.run(0, ['config', 'view']);
  assert.equal(parse(out).control.roles.viewer.length, 2);
  const schema = JSON.parse((await home.run(0, ['config', 'schema'])).out);
  assert.match(schema.$schema, /json-schema\.org/);
  assert.ok(schema.properties.control !== undefined);
});

test('version shows client and engine', async () => {
  const value = await data(0, ['version']);
  assert.equal(value.engine.version, value.client.version);
  assert.match(await table(0, ['version']), /engine/i);
});

test('override set and clear show plan and way back, and need --yes', async () => {
  const args = ['override', 'set', 'red', '--ttl', '15m', '--reason', 'from gs-ctl'];
  const refused = await home.run(64, args, /--yes/);
  assert.equal(refused.out, '');
  assert.equal((await operator.call('GetStatus')).message.status.zone.override, undefined);
  const { talk } = await home.run(0, [...args, '--yes']);
  assert.match(talk, /red/i);
  assert.match(talk, /15 ?m/);
  assert.match(talk, /gs-ctl override clear/);
  const { zone } = (await operator.call('GetStatus')).message.status;
  assert.deepEqual([zone.zone, zone.override.reason], ['ZONE_RED', 'from gs-ctl']);
  await home.run(0, ['override', 'clear', '--reason', 'all is well', '--yes']);
  assert.equal((await operator.call('GetStatus')).message.status.zone.override, undefined);
});

/** On a terminal, where somebody types `answer` when asked. */
async function typed(answer: string, args: readonly string[]) {
  const launcher = new URL('../../bin/gs-ctl', import.meta.url).pathname;
  const command = [launcher, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: home.path('.'),
    env: { PATH: process.env.PATH, HOME: home.path('.'), TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    const wasAsked = text.includes('[y/N]');
    text += chunk;
    if (!wasAsked && text.includes('[y/N]')) child.stdin.write(`${answer}\r`);
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, text };
}

test('override asks on a terminal, after it has shown what it would do', async () => {
  const args = ['override', 'set', 'yellow', '--ttl', '5m', '--reason', 'typed'];
  const declined = await typed('n', args);
  assert.equal(declined.exitCode, 1, declined.text);
  assert.match(declined.text, /plan: .*\[y\/N\]/s);
  assert.equal((await operator.call('GetStatus')).message.status.zone.override, undefined);
  const accepted = await typed('y', args);
  assert.equal(accepted.exitCode, 0, accepted.text);
  const { zone } = (await operator.call('GetStatus')).message.status;
  assert.equal(zone.override.reason, 'typed');
});

test('override refuses what cannot be, before it asks the engine', async () => {
  const wrong = [
    ['set', 'purple', '--ttl', '15m', '--reason', 'x'],
    ['set', 'red', '--reason', 'x'],
    ['set', 'red', '--ttl', '15m'],
    ['set', 'red', '--ttl', '25h', '--reason', 'x'],
    ['set', 'red', '--ttl', '0s', '--reason', 'x'],
    ['set', 'red', '--ttl', '15m', '--reason', ''],
    ['clear'],
  ];
  await Promise.all(
    wrong.map((args) => home.run(64, ['override', ...args, '--yes'], /^error: USAGE: /)),
  );
});

test('text of operators reaches no terminal unescaped', async () => {
  await set('ZONE_YELLOW', 'evil \u001b]0;title\u0007 \u202eback\u009b2J\nnext line');
  for (const args of [['status'], ['explain'], ['events']]) {
    const run = args[0] === 'status' ? table(1, args) : table(0, args);
    assert.match(await run, /evil/);
  }
});

test('--all-contexts asks every engine, and says which one is not there', async () => {
  const { out, talk } = await home.run(3, ['status', '--all-contexts']);
  for (const name of ['operator', 'viewer', 'producer', 'gone'])
    assert.match(out + talk, RegExp(name));
  assert.match(out + talk, /UNREACHABLE/);
  assert.match(out + talk, /CONTROL_DENIED/);
  await home.run(1, ['health', '--all-contexts']);
});

test('completion is a script that its shell takes', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out } = await home.run(0, ['completion', shell]);
    assert.match(out, /override/);
    const { status } = spawnSync('bash', ['-n'], { input: out });
    if (shell === 'bash') assert.equal(status, 0);
  }
});
