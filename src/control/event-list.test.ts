// Scenario: transitions and mutations with any dates, also of a clock that jumps back.
// Guarantees: nothing is left out of the newest 200 or shown twice, each of the two keeps its own
// order, and where both have an order by date, so has the list.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { Zone } from '../memory/zone-word.ts';
import type { Transition } from '../monitor/zone-history.ts';
import type { AuditedMutation } from './audit-log.ts';
import { type ControlEvent, eventList, eventsMax, lastEvents, mergedEvents } from './event-list.ts';

function transition(wallMs: number | undefined): Transition {
  return {
    ...(wallMs === undefined ? {} : { wallMs }),
    ...{ atMs: 0, from: Zone.Green, to: Zone.Red, cause: 'signal', signals: [], durationMs: 1 },
  };
}

function mutation(wallMs: number): AuditedMutation {
  return { wallMs, procedure: 'SetOverride', by: 'CN=a', reason: '', outcome: 'done', detail: '' };
}

function wallMsOf(event: ControlEvent): number | undefined {
  return event.kind === 'zone' ? event.transition.wallMs : event.mutation.wallMs;
}

function sourceOf(event: ControlEvent): Transition | AuditedMutation {
  return event.kind === 'zone' ? event.transition : event.mutation;
}

test('eventList() puts what an operator did before the change that it made', () => {
  const events = eventList([transition(5), transition(9)], [mutation(5), mutation(7)]);
  assert.deepEqual(
    events.map((event) => `${event.kind} ${wallMsOf(event)}`),
    ['mutation 5', 'zone 5', 'mutation 7', 'zone 9'],
  );
});

test('lastEvents() gives the newest, or all for 0', () => {
  const events = eventList([transition(1), transition(2), transition(3)], []);
  assert.deepEqual(lastEvents(events, 2).map(wallMsOf), [2, 3]);
  for (const all of [0, 3, 4, 2 ** 32 - 1]) {
    assert.deepEqual(lastEvents(events, all).map(wallMsOf), [1, 2, 3]);
  }
});

const wallMs = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 41 }));
const dates = fc.array(wallMs, { maxLength: 200, size: 'max' });
const someDates = fc.array(fc.option(wallMs, { nil: undefined, freq: 20 }), {
  maxLength: 200,
  size: 'max',
});

test('mergedEvents() has all of both once, each in its order', (context) => {
  const seed = testSeed(context);
  const property = fc.property(someDates, dates, (changed, asked) => {
    const transitions = changed.map(transition);
    const mutations = asked.map(mutation);
    const merged = mergedEvents(transitions, mutations);
    const of = (kind: ControlEvent['kind']) =>
      merged.filter((event) => event.kind === kind).map(sourceOf);
    const isSame = (one: readonly unknown[], other: readonly unknown[]) =>
      one.length === other.length && one.every((value, index) => value === other[index]);
    assert.ok(isSame(of('zone'), transitions));
    assert.ok(isSame(of('mutation'), mutations));
    assert.deepEqual(eventList(transitions, mutations), merged.slice(-eventsMax));
  });
  fc.assert(property, { seed });
});

test('mergedEvents() is in the order of dates where both are', (context) => {
  const seed = testSeed(context);
  const sorted = dates.map((list) => list.toSorted((a, b) => a - b));
  const property = fc.property(sorted, sorted, (changed, asked) => {
    const merged = mergedEvents(changed.map(transition), asked.map(mutation));
    const expected = [...changed, ...asked].sort((a, b) => a - b);
    assert.deepEqual(merged.map(wallMsOf), expected);
    for (const [index, event] of merged.entries()) {
      const before = merged[index - 1];
      const isTie = before !== undefined && wallMsOf(before) === wallMsOf(event);
      assert.ok(!(isTie && before.kind === 'zone' && event.kind === 'mutation'), 'cause first');
    }
  });
  fc.assert(property, { seed });
});
