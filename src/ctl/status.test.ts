import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Code, ConnectError } from '@connectrpc/connect';
import { parse } from 'yaml';
import {
  checkPrintable,
  type FakeTerminal,
  fakeControl,
  fakeTerminal,
  statusSample,
} from '../../test/support/control-fake.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { Zone } from '../generated/gophership/control/v1/control_pb.js';
import { CtlExit, StatusExit } from './exit-code.ts';
import { showStatus, status, statusOfAll } from './status.ts';
import type { OutputFormat } from './terminal.ts';

const root = temporaryDirectory('status');
after(() => root.remove());

async function check(
  sample: ReturnType<typeof statusSample>,
  exitCode: number,
  format: OutputFormat = 'table',
): Promise<string> {
  const terminal = fakeTerminal(format);
  const client = fakeControl({ service: { getStatus: () => ({ status: sample }) } });
  assert.equal(await showStatus(client, terminal), exitCode);
  assert.equal(terminal.told(), '');
  return terminal.shown();
}

test('showStatus() exits with the zone', async () => {
  const inZone = (zone: Zone) => statusSample({ zone: { zone, computedZone: zone } });
  await check(inZone(Zone.GREEN), 0);
  await check(inZone(Zone.YELLOW), 1);
  await check(inZone(Zone.RED), 2);
  await check(inZone(Zone.UNSPECIFIED), 3);
  await check(statusSample({ zone: undefined }), 3);
});

test('showStatus() says zone, reason, signals, flow, destinations and vault', async () => {
  const text = await check(statusSample(), 1);
  assert.match(text, /^web-1 +1\.2\.3 +1h2m +Yellow +12s +arena_percent 71\.3 %/m);
  assert.match(text, /^arena_percent +71\.3 % +60 % +85 % +Yellow +get below 48 %$/m);
  assert.match(text, /^memory_exhaustion +never +30s +5s +Green +-$/m);
  assert.match(text, /^received +1,234 +56,789 +3\.0 MiB$/m);
  assert.match(text, /^connections: 7 open, 1 parked$/m);
  assert.match(text, /^otlp_grpc\/central +down +yes +1,180 /m);
  assert.match(text, /^open +1\.0 GiB +8\.0 GiB +16 /m);
});

test('showStatus() says how long producers waited, or that nobody knows', async () => {
  const { flow } = statusSample();
  const waited = statusSample({ flow: { ...flow, ackP50Ms: 2.44, ackP99Ms: 1_270 } as never });
  assert.match(await check(waited, 1), /^acked within: 2\.4 ms \(p50\), 1\.3 s \(p99\) over the/m);
  assert.equal(JSON.parse(await check(waited, 1, 'json')).flow.ackP99Ms, 1_270);
  assert.doesNotMatch(await check(statusSample(), 1), /acked within/);
  assert.equal(JSON.parse(await check(statusSample(), 1, 'json')).flow.ackP50Ms, null);
});

test('showStatus() says what else than the signals decides', async () => {
  const zone = {
    ...{ zone: Zone.GREEN, computedZone: Zone.RED, observesOnly: true },
    override: { zone: Zone.GREEN, by: 'CN=ann', reason: 'test', isOverruled: true },
  };
  const text = await check(statusSample({ zone, isDraining: true, vault: undefined }), 0);
  assert.match(text, /Green \(signals ask for Red\)/);
  assert.match(text, /^override: Green by CN=ann, no end: test; overruled/m);
  assert.match(text, /^zones\.observe_only: /m);
  assert.match(text, /^draining: /m);
  assert.match(text, /^vault: none$/m);
});

test('showStatus() gives programs an object with units in its names', async () => {
  const value = JSON.parse(await check(statusSample(), 1, 'json'));
  assert.deepEqual(
    [value.apiVersion, value.kind, value.address, value.host, value.uptimeMs, value.time],
    ['gophership/v1', 'Status', 'engine:4319', 'web-1', 3_720_000, '2026-01-02T03:04:05.000Z'],
  );
  assert.deepEqual(value.zone, {
    ...{ zone: 'yellow', computedZone: 'yellow', durationMs: 12_000, observesOnly: false },
    ...{ reason: 'arena_percent 71.3 % (until below 48 %)', override: null },
  });
  assert.equal(value.signals[1].value, 'Infinity');
  assert.equal(value.signals[1].release, null);
  assert.equal(value.destinations[0].state, 'down');
  assert.doesNotMatch(JSON.stringify(value), /typeName/);
  assert.deepEqual(parse(await check(statusSample(), 1, 'yaml')), value);
});

test('showStatus() escapes what could take over a terminal, and programs read it as it was', async () => {
  const host = 'evil\u001b[2J\u202e\u0085';
  assert.match(await check(statusSample({ host }), 1), /^evil\\u001b\[2J\\u202e\\u0085 /m);
  const readers = { json: (text: string) => JSON.parse(text), yaml: (text: string) => parse(text) };
  for (const format of ['json', 'yaml'] as const) {
    const text = await check(statusSample({ host }), 1, format);
    checkPrintable(text);
    assert.equal(readers[format](text).host, host);
  }
});

test('showStatus() has colours where they are wanted, which only repeat the words', async () => {
  const run = async (changes: Partial<FakeTerminal>) => {
    const terminal = { ...fakeTerminal(), ...changes };
    const client = fakeControl({ service: { getStatus: () => ({ status: statusSample() }) } });
    await showStatus(client, terminal);
    return terminal.shown();
  };
  const coloured = await run({ hasColours: true });
  for (const word of ['\u001b[1;33mYellow\u001b[0m', '\u001b[1;31mdown\u001b[0m']) {
    assert.ok(coloured.includes(word), coloured);
  }
  const plain = await run({});
  assert.equal(stripVTControlCharacters(coloured), plain);
  checkPrintable(plain);
  const json = await run({ hasColours: true, format: 'json' });
  checkPrintable(json);
});

async function contexts(names: readonly string[]): Promise<FakeTerminal> {
  const entries = names.map((name) => `${name}: { address: "h:1", ca: a, cert: b, key: c }`);
  const text = `apiVersion: gophership/v1\ncontexts: { ${entries.join(', ')} }\n`;
  await mkdir(join(root.path, 'gophership'), { recursive: true });
  await writeFile(join(root.path, 'gophership', 'ctl.yaml'), text);
  return { ...fakeTerminal(), environment: { XDG_CONFIG_HOME: root.path }, directory: '/' };
}

const flags = { timeoutMs: 1_000, watch: false, allContexts: true };

/** By the name of its context: a zone, or a refusal. */
function connect(zones: Readonly<Record<string, Zone>>): Parameters<typeof statusOfAll>[2] {
  return async ({ context = '' }, _terminal, use) => {
    const zone = zones[context];
    const getStatus = () => {
      if (zone === undefined)
        throw new ConnectError('CONTROL_DENIED: no role', Code.PermissionDenied);
      return { status: statusSample({ host: context, zone: { zone, computedZone: zone } }) };
    };
    return use(fakeControl({ service: { getStatus } }));
  };
}

test('statusOfAll() has a line for each context and exits with the worst', async () => {
  const zones = { calm: Zone.GREEN, hot: Zone.RED };
  const terminal = await contexts(['calm', 'hot']);
  assert.equal(await statusOfAll(flags, terminal, connect(zones)), 2);
  assert.match(terminal.shown(), /^calm +calm +1\.2\.3 +1h2m +Green /m);
  assert.match(terminal.shown(), /^hot +hot +1\.2\.3 +1h2m +Red /m);
});

test('statusOfAll() shows an engine that does not answer as Unknown, and exits with 3', async () => {
  const terminal = await contexts(['calm', 'gone', 'hot']);
  const ask = connect({ calm: Zone.GREEN, hot: Zone.RED });
  assert.equal(await statusOfAll(flags, terminal, ask), 3);
  assert.match(terminal.shown(), /^gone +- +- +- +Unknown +- +CONTROL_DENIED: no role$/m);
  const json: FakeTerminal = { ...(await contexts(['gone'])), format: 'json' };
  await statusOfAll(flags, json, ask);
  const [gone] = JSON.parse(json.shown()).contexts;
  assert.deepEqual([gone.context, gone.error.code], ['gone', 'CONTROL_DENIED']);
});

test('status() exits with 3 for every error, but for a wrong command line', async () => {
  const check = async (given: Parameters<typeof status>[0], code: string, exitCode: number) =>
    assert.rejects(status(given, fakeTerminal()), { code, exitCode });
  const target = { timeoutMs: 1_000, address: '127.0.0.1:1', ca: '/no', cert: '/no', key: '/no' };
  await check(target, 'TLS_MATERIAL', StatusExit.Unknown);
  await check({ ...flags, watch: true }, 'USAGE', CtlExit.Usage);
  await check({ ...flags, context: 'one' }, 'USAGE', CtlExit.Usage);
  await check({ ...target, address: 'nowhere' }, 'USAGE', CtlExit.Usage);
  await check(flags, 'NO_TARGET', CtlExit.Usage);
});
