import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Duration, durationFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { ControlService, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { SourceCounter } from '../memory/source-counters.ts';
import { rpcFault } from './rpc-fault.ts';

const quarterHour = durationFromMs(900_000);
const { GREEN, YELLOW, RED } = Zone;

async function faultOf(call: Promise<unknown>): Promise<{ code: Code; text: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return { code: error.code, text: error.rawMessage };
}

async function firstOf<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const value of stream) return value;
  return undefined;
}

test('rpcFault() puts our code before the text, with the status of the table', () => {
  const { code, rawMessage } = rpcFault('CONTROL_BUSY', '16 of 16');
  assert.deepEqual([code, rawMessage], [Code.ResourceExhausted, 'CONTROL_BUSY: 16 of 16']);
});

test('controlService() implements every procedure', () => {
  const { service } = new ControlRig();
  const names = ControlService.methods.map(({ localName }) => localName);
  assert.deepEqual(Object.keys(service).sort(), names.sort());
});

test('controlService() is unavailable while the engine starts', async () => {
  const rig = new ControlRig();
  rig.isRunning = false;
  const client = rig.client();
  for (const call of [
    ...[client.getStatus({}), client.explain({}), client.listEvents({}), client.getLedger({})],
    ...[client.getConfig({}), client.setOverride({}), client.clearOverride({})],
    ...[firstOf(client.watchStatus({})), firstOf(client.watchEvents({}))],
  ]) {
    const { code, text } = await faultOf(call);
    assert.equal(code, Code.Unavailable);
    assert.match(text, /^CONTROL_STARTING: /);
  }
});

test('getConfig() has what was there before the last change, and when that was', async () => {
  const rig = new ControlRig();
  const unchanged = await rig.client().getConfig({});
  assert.deepEqual([unchanged.previousYaml, unchanged.changedAt], ['', undefined]);
  rig.configBefore = { yaml: 'zones:\n  force: red\n', changedWallMs: 1_500 };
  const { yaml, previousYaml, changedAt } = await rig.client().getConfig({});
  assert.deepEqual([yaml, previousYaml], ['zones: {}\n', 'zones:\n  force: red\n']);
  assert.deepEqual([changedAt?.seconds, changedAt?.nanos], [1n, 500_000_000]);
});

test('getStatus(), explain(), getConfig() and getLedger() answer with what the view says', async () => {
  const rig = new ControlRig();
  rig.sample({ CgroupMemory: 60 });
  rig.ledger = {
    ...rig.ledger,
    rows: [
      {
        ...{ id: 'otlp_grpc/a', acked: 10, alsoStored: 1, burnt: 2, delivered: 3, inVault: 4 },
        ...{ deadLettered: 1, lost: 1, dropped: 1, skipped: 2, difference: 1 },
      },
    ],
    isBalanced: false,
  };
  const client = rig.client();
  assert.equal((await client.getStatus({})).status?.host, 'host-a');
  assert.deepEqual((await client.explain({})).holding, ['cgroup_memory_percent']);
  assert.equal((await client.getConfig({})).yaml, 'zones: {}\n');
  const { intake, rows, isBalanced } = await client.getLedger({});
  const { $typeName, ...row } = rows[0] ?? {};
  assert.deepEqual(row, {
    ...{ destination: 'otlp_grpc/a', acked: 10, alsoStored: 1, burnt: 2, delivered: 3 },
    ...{ inVault: 4, deadLettered: 1, lost: 1, dropped: 1, skipped: 2, difference: 1 },
  });
  assert.deepEqual([intake?.received, intake?.inFlight, isBalanced], [9, 2, false]);
});

test('getLedger() has what came from each producer, only for who asks', async () => {
  const rig = new ControlRig();
  for (const shard of [0, 1]) {
    const { sources } = rig.statePage.shard(shard);
    const slot = sources.slotOf('CN=web');
    sources.add(slot, SourceCounter.Received, 10);
    sources.add(slot, SourceCounter.Acked, 6);
    sources.add(slot, SourceCounter.Refused, 2);
    sources.add(slot, SourceCounter.Gone, 1);
    sources.add(slot, SourceCounter.ReceivedBytes, 5_000);
    sources.add(slot, SourceCounter.AckedRecords, 60);
  }
  const client = rig.client();
  const { sources } = await client.getLedger({ bySource: true });
  const [{ $typeName, ...row }] = [sources[0] ?? { $typeName: '' }];
  assert.deepEqual(row, {
    ...{ source: 'CN=web', received: 20, acked: 12, refused: 4, gone: 2, inFlight: 2 },
    ...{ receivedBytes: 10_000, ackedRecords: 120 },
  });
  assert.deepEqual((await client.getLedger({})).sources, []);
});

test('setOverride() holds the zone, says so, and is audited', async () => {
  const rig = new ControlRig();
  const request = { zone: YELLOW, duration: quarterHour, reason: 'a drill' };
  const { zone } = await rig.client().setOverride(request);
  assert.deepEqual([zone?.zone, zone?.computedZone], [YELLOW, GREEN]);
  assert.deepEqual([zone?.override?.by, zone?.override?.reason], ['CN=ops', 'a drill']);
  const { wallMs, ...audited } = rig.audit.mutations()[0] ?? {};
  assert.deepEqual(audited, {
    ...{ procedure: 'SetOverride', by: 'CN=ops', reason: 'a drill' },
    ...{ outcome: 'done', detail: 'yellow for 900 s' },
  });
  rig.clock.advance(900_000);
  rig.monitor.sample();
  assert.equal((await rig.client().getStatus({})).status?.zone?.zone, GREEN);
});

test('setOverride() refuses with CONTROL_INVALID what it cannot do, and audits that', async () => {
  const valid = { zone: RED, duration: quarterHour, reason: 'why' };
  const { duration: _, ...endless } = valid;
  const cases: [{ zone: Zone; duration?: Duration; reason: string }, RegExp][] = [
    [{ ...valid, zone: Zone.UNSPECIFIED }, /green, yellow or red/],
    [{ ...valid, zone: 9 as Zone }, /green, yellow or red/], // as a newer client may send it
    [endless, /needs a duration/],
    [{ ...valid, duration: durationFromMs(0) }, /above 0 and at most 24 h/],
    [{ ...valid, duration: durationFromMs(-5) }, /above 0 and at most 24 h/],
    [{ ...valid, duration: durationFromMs(24 * 3_600_000 + 1) }, /above 0 and at most 24 h/],
    [{ ...valid, reason: ' \n' }, /needs a reason/],
    [{ ...valid, reason: 'x'.repeat(513) }, /at most 512 characters, has 513/],
  ];
  for (const [request, text] of cases) {
    const rig = new ControlRig();
    const fault = await faultOf(rig.client().setOverride(request));
    assert.equal(fault.code, Code.InvalidArgument);
    assert.match(fault.text, /^CONTROL_INVALID: /);
    assert.match(fault.text, text);
    const [audited] = rig.audit.mutations();
    assert.equal(audited?.outcome, 'CONTROL_INVALID');
    assert.equal(`CONTROL_INVALID: ${audited?.detail}`, fault.text);
    assert.ok(audited.reason.length <= 512);
    assert.equal(rig.monitor.explain().override, undefined);
  }
});

test('clearOverride() ends an override, and says what it found', async () => {
  const rig = new ControlRig();
  const client = rig.client();
  rig.override('red', 'drill');
  const { zone } = await client.clearOverride({ reason: 'over' });
  assert.deepEqual([zone?.zone, zone?.override], [GREEN, undefined]);
  await client.clearOverride({ reason: 'again' });
  assert.deepEqual(
    rig.audit
      .mutations()
      .map(({ procedure, reason, outcome, detail }) => [...[procedure, reason, outcome, detail]]),
    [
      ['ClearOverride', 'over', 'done', 'red of CN=test ended'],
      ['ClearOverride', 'again', 'done', 'there was none'],
    ],
  );
});

test('clearOverride() does not end what the configuration forces', async () => {
  const rig = new ControlRig({ zones: { force: 'yellow' } });
  const { zone } = await rig.client().clearOverride({ reason: 'please' });
  assert.equal(zone?.zone, YELLOW);
  assert.equal(rig.audit.mutations()[0]?.detail, 'zones.force: yellow stays');
});

test('clearOverride() needs a reason of the same length', async () => {
  for (const [reason, text] of [
    ['', /needs a reason/],
    ['x'.repeat(513), /at most 512 characters, has 513/],
  ] as const) {
    const rig = new ControlRig();
    rig.override('red');
    const fault = await faultOf(rig.client().clearOverride({ reason }));
    assert.equal(fault.code, Code.InvalidArgument);
    assert.match(fault.text, text);
    assert.equal(rig.audit.mutations()[0]?.outcome, 'CONTROL_INVALID');
    assert.equal((await rig.client().getStatus({})).status?.zone?.zone, RED);
  }
});

test('listEvents() has changes of the zone with their evidence, and what operators did', async () => {
  const rig = new ControlRig();
  const client = rig.client();
  rig.sample({ CgroupMemory: 60 });
  rig.clock.advance(10);
  await client.setOverride({ zone: RED, duration: quarterHour, reason: 'drill' });
  const atMs = rig.clock.wallMs();
  const { events } = await client.listEvents({});
  const [up, asked, held] = events.map(({ event }) => event);
  assert.ok(up?.case === 'zoneChange' && asked?.case === 'mutation' && held?.case === 'zoneChange');
  assert.deepEqual([up.value.from, up.value.to, up.value.cause], [GREEN, YELLOW, 'signal']);
  const { $typeName, ...evidence } = up.value.evidence[0] ?? {};
  assert.deepEqual(evidence, { signal: 'cgroup_memory_percent', value: 60, threshold: 50 });
  assert.deepEqual([asked.value.procedure, asked.value.outcome], ['SetOverride', 'done']);
  assert.deepEqual(
    [held.value.cause, held.value.reason, held.value.by],
    ['override', 'drill', 'CN=ops'],
  );
  assert.equal(events[2]?.time && timestampMs(events[2].time), atMs);
  assert.deepEqual((await client.listEvents({ last: 2 })).events, events.slice(-2));
});

test('listEvents() leaves out what a signal that is gone no longer reads', async () => {
  const rig = new ControlRig();
  rig.sample({ CgroupMemory: 60 });
  rig.sample({ CgroupMemory: Number.NaN });
  rig.clock.advance(5_000);
  rig.monitor.sample();
  const { events } = await rig.client().listEvents({ last: 1 });
  const { event } = events[0] ?? {};
  assert.ok(event?.case === 'zoneChange');
  assert.deepEqual([event.value.cause, event.value.evidence[0]?.value], ['dwell', undefined]);
});

test('watchStatus() gives the status at once and each second, and ends with the call', async () => {
  const rig = new ControlRig();
  const controller = new AbortController();
  const seen: (string | undefined)[] = [];
  for await (const { event } of rig.client().watchStatus({}, { signal: controller.signal })) {
    seen.push(event.case);
    if (seen.length === 3) break;
    rig.override(seen.length === 2 ? 'red' : 'green');
    setImmediate(() => rig.clock.advance(1_000));
  }
  assert.deepEqual(seen, ['status', 'status', 'heartbeat']);
  controller.abort();
  await new Promise(setImmediate);
  assert.equal(rig.clock.pendingCount, 0);
});

test('watchEvents() gives what is kept and then each event', async () => {
  const rig = new ControlRig();
  for (const reason of ['one', 'two', 'three']) rig.mutate(reason);
  const seen: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  for await (const { event } of rig.client().watchEvents({ last: 2 }, { signal })) {
    const value = event?.event.value;
    assert.ok(value !== undefined);
    seen.push(value.reason || ('cause' in value ? value.cause : ''));
    if (seen.length === 2) setImmediate(() => rig.mutate('four'));
    if (seen.length === 3) {
      rig.sample({ CgroupMemory: 60 });
      setImmediate(() => rig.clock.advance(1_000));
    }
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, ['two', 'three', 'four', 'signal']);
  controller.abort();
  await new Promise(setImmediate);
  assert.equal(rig.clock.pendingCount, 0);
});
