// Scenario: operators hold the zone, replace and end what they hold, let it run out, and ask for
// what cannot be; viewers watch the events.
// Guarantees: the zone is held for the time that was asked for and no longer; each request, done or
// not, is one line of the log and one event with who and why; no text of a request gets out of its
// field.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { controlCertificates, operatorName } from './control-certificates.ts';
import { ControlClient, type JsonValue } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';

let control: ControlEngine;
let operator: ControlClient;
let viewer: ControlClient;
before(async () => {
  control = await startControlEngine();
  const certificates = await controlCertificates();
  operator = await ControlClient.connect(control.port, certificates.operator);
  viewer = await ControlClient.connect(control.port, certificates.viewer);
});
after(async () => {
  operator.close();
  viewer.close();
  await control.close();
});

async function set(zone: string, duration: string, reason: string): Promise<JsonValue> {
  const { code, errorText, message } = await operator.call('SetOverride', {
    zone,
    duration,
    reason,
  });
  assert.equal(code, 'ok', errorText);
  return message.zone;
}

async function clear(reason: string): Promise<JsonValue> {
  const { code, errorText, message } = await operator.call('ClearOverride', { reason });
  assert.equal(code, 'ok', errorText);
  return message.zone;
}

async function zoneStatus(): Promise<JsonValue> {
  return (await viewer.call('GetStatus')).message.status.zone;
}

async function events(last = 0): Promise<JsonValue[]> {
  return (await viewer.call('ListEvents', { last })).message.events ?? [];
}

async function mutations(): Promise<JsonValue[]> {
  return (await events()).flatMap(({ mutation }) => mutation ?? []);
}

function seconds(duration: string): number {
  assert.match(duration, /^[\d.]+s$/);
  return Number(duration.slice(0, -1));
}

/** The log line of a request of the operator's. */
function auditLine(procedure: string, reason: string) {
  return control.engine.waitForLog((line) => {
    const values = Object.values(line);
    return values.includes(reason) && JSON.stringify(values).includes(procedure);
  }, `the line of ${procedure}`);
}

test('SetOverride holds the zone and says so everywhere', async () => {
  const zone = await set('ZONE_YELLOW', '600s', 'maintenance of the disk');
  assert.equal(zone.zone, 'ZONE_YELLOW');
  assert.equal(zone.override.zone, 'ZONE_YELLOW');
  assert.equal(zone.override.reason, 'maintenance of the disk');
  assert.match(zone.override.by, new RegExp(operatorName));
  const left = seconds(zone.override.left);
  assert.ok(left > 590 && left <= 600, `${left} s left`);
  const now = await zoneStatus();
  assert.deepEqual([now.zone, now.override.reason], ['ZONE_YELLOW', 'maintenance of the disk']);
  assert.match(now.reason, /override|maintenance/i);
  const metrics = (await viewer.get('/metrics')).body;
  assert.match(metrics, /^gophership_zone\{.*zone="yellow".*\} 1$/m);
  const { zone: explained } = (await viewer.call('Explain')).message;
  assert.equal(explained.override.reason, 'maintenance of the disk');
});

test('a second override takes the place of the first', async () => {
  await set('ZONE_YELLOW', '600s', 'the first');
  const zone = await set('ZONE_RED', '60s', 'the second');
  assert.deepEqual([zone.zone, zone.override.reason], ['ZONE_RED', 'the second']);
  assert.ok(seconds(zone.override.left) <= 60);
});

test('ClearOverride gives the zone back to the signals, and none to clear is no error', async () => {
  await set('ZONE_RED', '600s', 'to be cleared');
  const zone = await clear('enough');
  assert.equal(zone.override, undefined);
  assert.equal((await zoneStatus()).override, undefined);
  assert.equal((await clear('once more')).override, undefined);
});

test('an override ends by itself when its time is over', async () => {
  await clear('a clean start');
  const watch = viewer.watch('WatchEvents', { last: 1 });
  await watch.next();
  await set('ZONE_RED', '0.700s', 'for a moment');
  const began = await watch.until(({ event }) => event.zoneChange?.to === 'ZONE_RED');
  assert.deepEqual(
    [began.event.zoneChange.cause, began.event.zoneChange.reason],
    ['override', 'for a moment'],
  );
  assert.match(began.event.zoneChange.by, new RegExp(operatorName));
  const ended = await watch.until(({ event }) => event.zoneChange?.from === 'ZONE_RED');
  assert.equal(ended.event.zoneChange.cause, 'override_ended');
  const heldSeconds = seconds(ended.event.zoneChange.after);
  assert.ok(heldSeconds >= 0.7 && heldSeconds < 3, `${heldSeconds} s`);
  assert.equal((await zoneStatus()).override, undefined);
  watch.cancel();
});

test('each request is a line of the log and an event, with who, why and how it went', async () => {
  await set('ZONE_YELLOW', '30s', 'look at the audit');
  await clear('looked at the audit');
  for (const [procedure, reason] of [
    ['SetOverride', 'look at the audit'],
    ['ClearOverride', 'looked at the audit'],
  ] as const) {
    const line = await auditLine(procedure, reason);
    assert.match(JSON.stringify(line), new RegExp(operatorName));
    assert.ok(Object.values(line).includes('done'));
    const found = (await mutations()).filter((mutation) => mutation.reason === reason);
    assert.equal(found.length, 1);
    assert.deepEqual([found[0].procedure, found[0].outcome], [procedure, 'done']);
    assert.match(found[0].by, new RegExp(operatorName));
  }
});

const good = { zone: 'ZONE_YELLOW', duration: '60s', reason: 'a good reason' };
const badRequests: Readonly<Record<string, object>> = {
  'no zone': { ...good, zone: 'ZONE_UNSPECIFIED' },
  'a zone that is none': { ...good, zone: 7 },
  'no duration': { zone: good.zone, reason: good.reason },
  'no time at all': { ...good, duration: '0s' },
  'time that runs back': { ...good, duration: '-5s' },
  'more than a day': { ...good, duration: '86400.001s' },
  'a hundred years': { ...good, duration: '3155760000s' },
  'no reason': { ...good, reason: '' },
  'a reason of spaces': { ...good, reason: ' \t\n ' },
  'a reason that is too long': { ...good, reason: 'x'.repeat(513) },
};

for (const [name, request] of Object.entries(badRequests)) {
  test(`SetOverride refuses ${name}, and changes nothing`, async () => {
    await clear('a clean start');
    const { code, errorText } = await operator.call('SetOverride', request);
    assert.equal(code, 'invalid_argument', errorText);
    assert.match(errorText, /^CONTROL_INVALID: ./);
    assert.equal((await zoneStatus()).override, undefined);
    const [last] = await events(1);
    assert.equal(last.mutation?.procedure, 'SetOverride');
    assert.equal(last.mutation.outcome, 'CONTROL_INVALID');
  });
}

test('SetOverride takes a day and 512 characters', async () => {
  const reason = 'ä'.repeat(512);
  assert.equal((await set('ZONE_GREEN', '86400s', reason)).override.reason, reason);
  await clear('a day is long');
});

test('what a request says stays in its field', async () => {
  const reason = 'quoted "\n{"level":"error"}\u001b[2J\u202eevil\u0000\u2028';
  await set('ZONE_YELLOW', '30s', reason);
  await clear('cleaned up');
  const line = await control.engine.waitForLog((candidate) => {
    const text = JSON.stringify(candidate);
    return text.includes('SetOverride') && text.includes('evil');
  }, 'the line of the request');
  assert.equal(line.level, 'info');
  assert.deepEqual(
    control.engine.logs().filter(({ level }) => level === 'error'),
    [],
  );
  const told = (await mutations()).filter((mutation) => mutation.reason?.includes('evil'));
  assert.equal(told.length, 1);
});

test('ListEvents and its history have a bound of 200, oldest first', async () => {
  await Promise.all(
    Array.from({ length: 240 }, (_, index) => set('ZONE_GREEN', '5s', `event ${index}`)),
  );
  const all = await events();
  assert.equal(all.length, 200);
  const times = all.map(({ time }) => Date.parse(time));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const last = await events(3);
  assert.deepEqual(last, all.slice(-3));
  await clear('no more events');
});

test('overrides at once leave one of them, whole', async () => {
  const zones = ['ZONE_GREEN', 'ZONE_YELLOW', 'ZONE_RED'];
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      set(zones[index % 3] ?? '', '30s', `${zones[index % 3]}`),
    ),
  );
  const { zone, override } = await zoneStatus();
  assert.equal(override.reason, override.zone);
  assert.equal(zone, override.zone);
  await clear('enough');
});

test('an override of the configuration stays when an operator clears his own', async () => {
  const forced = await startControlEngine({ sections: { zones: { force: 'yellow' } } });
  const { operator: pair } = await controlCertificates();
  const client = await ControlClient.connect(forced.port, pair);
  try {
    const before = (await client.call('GetStatus')).message.status.zone;
    assert.deepEqual([before.zone, before.override.by], ['ZONE_YELLOW', 'configuration']);
    assert.equal(before.override.left, undefined);
    await client.call('SetOverride', { zone: 'ZONE_RED', duration: '30s', reason: 'for a while' });
    const { message } = await client.call('ClearOverride', { reason: 'back to what it was' });
    assert.equal(message.zone.zone, 'ZONE_YELLOW');
    assert.equal(message.zone.override.by, 'configuration');
  } finally {
    client.close();
    await forced.close();
  }
});
