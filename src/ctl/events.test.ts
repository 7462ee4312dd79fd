import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { fakeControl, fakeTerminal, statusSample } from '../../test/support/control-fake.ts';
import { type Event, EventSchema, Zone } from '../generated/gophership/control/v1/control_pb.js';
import { eventLine } from './event-text.ts';
import { eventsWatch, showEvents } from './events.ts';
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

test('eventsWatch() writes each event as it comes, and ends when the engine does', async () => {
  async function* watch() {
    for (const sample of samples) yield { event: sample };
  }
  const client = fakeControl({ service: { listEvents: () => ({}), watchEvents: watch } });
  const [table, json, yaml] = [fakeTerminal(), fakeTerminal('json'), fakeTerminal('yaml')];
  for (const terminal of [table, json, yaml]) {
    const watching = eventsWatch(0, terminal)(client, () => {});
    await assert.rejects(watching, { code: 'UNREACHABLE', exitCode: 3 });
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

/** Each connection has its list, which later ones have no more of than the engine still keeps. */
async function watchTwice(
  lists: readonly (readonly Event[])[],
  last = 0,
): Promise<{ shown: string[]; asked: number[] }> {
  const terminal = fakeTerminal('json');
  const asked: number[] = [];
  const watch = eventsWatch(last, terminal);
  for (const list of lists) {
    const client = fakeControl({
      service: {
        listEvents: () => ({ events: [...list] }),
        async *watchEvents(request) {
          asked.push(request.last);
          for (const sample of request.last === 0 ? list : list.slice(-request.last)) {
            yield { event: sample };
          }
        },
      },
    });
    let answers = 0;
    await assert.rejects(
      watch(client, () => {
        answers += 1;
      }),
      { code: 'UNREACHABLE' },
    );
    // Also where there are no events yet: it works.
    assert.equal(answers, 1);
  }
  const lines = terminal.shown().trimEnd().split('\n').filter(Boolean);
  return { shown: lines.map((text) => JSON.parse(text).reason), asked };
}

function mutation(reason: string, ms = 0): Event {
  const value = { procedure: 'SetOverride', reason };
  const at = timestampFromMs(Date.UTC(2026, 0, 2, 3, 4, 5) + ms);
  return create(EventSchema, { time: at, event: { case: 'mutation', value } });
}

test('eventsWatch() goes on after the last event it has shown', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => mutation(name)) as [
    Event,
    Event,
    Event,
    Event,
  ];
  const check = async (lists: readonly (readonly Event[])[], shown: string, last?: number) =>
    assert.equal((await watchTwice(lists, last)).shown.join(''), shown);
  await check(
    [
      [a, b],
      [a, b, c, d],
    ],
    'abcd',
  );
  await check(
    [
      [a, b],
      [a, b],
    ],
    'ab',
  );
  await check(
    [
      [a, b],
      [b, c],
    ],
    'abc',
  );
  // It keeps 200, and so many came meanwhile.
  await check(
    [
      [a, b],
      [c, d],
    ],
    'abcd',
  );
  // Another process, with a clock that is behind.
  await check([[a, b], [mutation('e', -9_000)]], 'abe');
  await check([[], [a]], 'a');
  // What was not wanted at first is not shown later.
  await check(
    [
      [a, b, c],
      [a, b, c, d],
    ],
    'cd',
    1,
  );
  assert.deepEqual(
    (
      await watchTwice(
        [
          [a, b],
          [a, b],
        ],
        1,
      )
    ).asked,
    [1, 0],
  );
});

test('eventLine() has the colour of the zone that it led to, and only if it is wanted', () => {
  const [change, mutated, red] = samples as [Event, Event, Event];
  assert.ok(eventLine(red, true).includes('\u001b[1;31mYellow -> Red'));
  assert.ok(eventLine(change, true).includes('\u001b[1;33mGreen -> Yellow'));
  assert.ok(!eventLine(mutated, true).includes('\u001b'));
  assert.ok(!eventLine(red).includes('\u001b'));
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
