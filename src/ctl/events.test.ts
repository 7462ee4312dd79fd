import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { fakeControl, fakeTerminal, statusSample } from '../../test/support/control-fake.ts';
import { type Event, EventSchema, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { showEvents, watchEvents } from './events.ts';
import { showExplanation } from './explain.ts';

const time = timestampFromMs(Date.UTC(2026, 0, 2, 3, 4, 5));
const samples = [
  event({
    case: 'zoneChange',
    value: {
      ...{ from: Zone.GREEN, to: Zone.YELLOW, cause: 'signal', after: durationFromMs(90_000) },
      evidence: [
        { signal: 'arena_percent', value: 61.27, threshold: 60 },
        { signal: 'loop_delay_p99', threshold: 50 },
      ],
    },
  }),
  event({
    case: 'mutation',
    value: {
      ...{ procedure: 'SetOverride', by: 'CN=ann', reason: 'backup\u001b[2J', outcome: 'done' },
      detail: 'red for 60 s',
    },
  }),
  event({
    case: 'zoneChange',
    value: { from: Zone.YELLOW, to: Zone.RED, cause: 'override', by: 'CN=ann', reason: 'backup' },
  }),
];

type EventInit = Exclude<MessageInitShape<typeof EventSchema>, Event>;

function event(value: NonNullable<EventInit['event']>) {
  return create(EventSchema, { time, event: value });
}

const lines = [
  'TIME                      EVENT     DETAIL',
  '2026-01-02T03:04:05.000Z  zone      Green -> Yellow after 1m30s by signal; ' +
    'arena_percent 61.3 (threshold 60), loop_delay_p99 - (threshold 50)',
  '2026-01-02T03:04:05.000Z  operator  SetOverride by CN=ann: done, red for 60 s; ' +
    'reason: backup\\u001b[2J',
  '2026-01-02T03:04:05.000Z  zone      Yellow -> Red after - by override; CN=ann: backup',
  '',
].join('\n');

test('showEvents() has a line for each event, and asks for as many as are wanted', async () => {
  const asked: number[] = [];
  const client = fakeControl({
    service: {
      listEvents({ last }) {
        asked.push(last);
        return { events: samples };
      },
    },
  });
  const [table, json] = [fakeTerminal(), fakeTerminal('json')];
  assert.equal(await showEvents(client, 3, table), 0);
  assert.equal(table.shown(), lines);
  await showEvents(client, 0, json);
  const { kind, events } = JSON.parse(json.shown());
  assert.equal(kind, 'EventList');
  assert.deepEqual(events[0].evidence[1], { signal: 'loop_delay_p99', value: null, threshold: 50 });
  assert.deepEqual([events[0].from, events[0].to, events[0].afterMs], ['green', 'yellow', 90_000]);
  assert.deepEqual(
    [events[1].kind, events[1].reason, events[1].outcome],
    ['Mutation', 'backup\u001b[2J', 'done'],
  );
  assert.deepEqual(asked, [3, 0]);
});

test('watchEvents() writes each event as it comes, and ends when the engine does', async () => {
  async function* watch() {
    for (const sample of samples) yield { event: sample };
  }
  const client = fakeControl({ service: { watchEvents: watch } });
  const [table, json, yaml] = [fakeTerminal(), fakeTerminal('json'), fakeTerminal('yaml')];
  for (const terminal of [table, json, yaml]) {
    await assert.rejects(watchEvents(client, 0, terminal), { code: 'UNREACHABLE', exitCode: 3 });
  }
  assert.equal(table.shown(), lines);
  const kinds = json
    .shown()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  assert.deepEqual(kinds, ['ZoneChange', 'Mutation', 'ZoneChange']);
  assert.equal(yaml.shown().match(/^---$/gm)?.length, 3);
});

test('showExplanation() says what has to move, and shows the last changes of the zone', async () => {
  const { zone, signals } = statusSample();
  const answer = { signals, holding: ['arena_percent'], lastHeldBy: ['arena_percent'] };
  const client = fakeControl({
    service: {
      explain: () => ({ ...answer, ...(zone && { zone }), absent: ['psi_io_some_percent'] }),
      listEvents: () => ({ events: samples }),
    },
  });
  const [table, json] = [fakeTerminal(), fakeTerminal('json')];
  assert.equal(await showExplanation(client, 1, table), 0);
  assert.match(table.shown(), /^zone: +Yellow, for 12s$/m);
  assert.match(table.shown(), /^to leave it: +arena_percent has to get below 48 %$/m);
  assert.match(table.shown(), /^last held by: +arena_percent$/m);
  assert.match(table.shown(), /^not on this host: psi_io_some_percent$/m);
  assert.match(table.shown(), /Yellow -> Red/);
  assert.doesNotMatch(table.shown(), /Green -> Yellow|SetOverride/);
  await showExplanation(client, 9, json);
  const value = JSON.parse(json.shown());
  assert.deepEqual([value.kind, value.dwellLeftMs, value.changes.length], ['Explanation', null, 2]);
});

test('showExplanation() says how much calm is left to wait for', async () => {
  const client = fakeControl({
    service: {
      explain: () => ({ dwellLeft: durationFromMs(3_000) }),
      listEvents: () => ({}),
    },
  });
  const terminal = fakeTerminal();
  await showExplanation(client, 1, terminal);
  assert.match(terminal.shown(), /^to leave it: +3s more of calm$/m);
});
