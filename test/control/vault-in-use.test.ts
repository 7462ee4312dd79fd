// Scenario: callers look into the vault of an engine who are slow, who leave, who come in Red, and
// whose answer is under way while what it is about is delivered and deleted, or the engine stops.
// Guarantees: the thread that reads exists only while it answers, for one caller at a time, with
// what CPU is left over, and not in Red; nothing counts as lost that was delivered meanwhile.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { controlCertificates } from './control-certificates.ts';
import { ControlClient } from './control-client.ts';
import { restOf, until, VaultEngine, vaultPath } from './vault-engine.ts';

let engine: VaultEngine;
before(async () => {
  engine = await VaultEngine.start();
});
after(() => engine.kill());

/** Whether the viewer may look. */
async function look(): Promise<string> {
  const { code, errorText } = await engine.callViewer('ListSegments', vaultPath);
  return `${code} ${errorText}`.trim();
}

const isQuiet = () => !engine.isReading();

test('one caller at a time; the thread ends with its answer, and with a caller that leaves', async () => {
  assert.equal(engine.isReading(), false);
  const slow = await engine.openSlowExport();
  await until(() => engine.niceOf('vault-files') === 19);
  assert.notEqual(engine.niceOf('vault'), 19);
  assert.match(await look(), /^resource_exhausted CONTROL_BUSY: .*an export/);
  await engine.home.run(1, ['vault', 'verify'], /^error: CONTROL_BUSY: /m);
  slow.close(8); // CANCEL
  await until(isQuiet);
  assert.equal(await look(), 'ok');
  await until(isQuiet);
});

test('short answers wait for each other', async () => {
  const looks = await Promise.all([look(), look(), look()]);
  assert.deepEqual(looks, ['ok', 'ok', 'ok']);
  await until(isQuiet);
});

test('in Red nothing is read, an answer under way ends, and the offline command is named', async () => {
  const { operator: pair } = await controlCertificates();
  const operator = await ControlClient.connect(engine.control.port, pair);
  const slow = await engine.openSlowExport();
  const red = { zone: 'ZONE_RED', duration: '60s', reason: 'a flood' };
  assert.equal((await operator.call('SetOverride', red)).code, 'ok');
  const words = /^error: CONTROL_READS_PAUSED: the zone is Red; `gophership vault verify /m;
  await engine.home.run(1, ['vault', 'verify'], words);
  await until(isQuiet);
  assert.match(await restOf(slow), /CONTROL_READS_PAUSED/);
  await operator.call('ClearOverride', { reason: 'it is over' });
  operator.close();
  assert.equal(await look(), 'ok');
});

test('nothing is lost by files that are delivered and deleted while they are exported', async () => {
  const segments = () => readdirSync(join(engine.folder, 'seg'));
  // Fills five segments.
  await engine.sendNoise(40);
  const before = segments();
  const slow = await engine.openSlowExport();
  engine.control.sink.mode = { kind: 'ok' };
  // The export stands in the first of them.
  await until(() => segments().filter((name) => before.includes(name)).length < 4);
  const text = await restOf(slow);
  assert.match(text, /"result":\{"written":\d+\}\}/, 'none lost, none failed');
  assert.equal((await engine.data(0, ['vault', 'verify'])).clean, true);
  await engine.home.run(0, ['ledger']);
});

test('an engine that stops ends what is under way', async () => {
  engine.control.sink.mode = { kind: 'unavailable' };
  await engine.sendNoise(8);
  const slow = await engine.openSlowExport();
  const rest = restOf(slow.pause());
  engine.control.sink.mode = { kind: 'ok' };
  await engine.control.close();
  slow.resume();
  await rest;
});
