import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { WatchReader } from '../../test/support/watch-reader.ts';
import {
  WatchEventsRequestSchema,
  type WatchEventsResponse,
} from '../generated/gophership/control/v1/control_pb.js';
import { eventsMax } from './event-list.ts';

function watch(rig: ControlRig, last = 0): WatchReader {
  const request = create(WatchEventsRequestSchema, { last });
  return new WatchReader('watchEvents', (context) => rig.service.watchEvents(request, context));
}

function mutate(rig: ControlRig, count: number): void {
  for (let index = 0; index < count; index += 1) rig.mutate(String(index));
}

async function read(reader: WatchReader, count: number): Promise<string[]> {
  const before = reader.received.length;
  for (let index = 0; index < count; index += 1) {
    reader.read();
    await new Promise(setImmediate);
  }
  return reader.received.slice(before).map((message) => {
    const { event } = message as WatchEventsResponse; // a watch of events gives nothing else
    return event?.event.value?.reason ?? '';
  });
}

const fellBehind = { code: Code.ResourceExhausted, rawMessage: /^CONTROL_BUSY: .* 200 events/ };

test('watchEvents() keeps 200 events for a slow reader, and ends with one more', async () => {
  const rig = new ControlRig();
  mutate(rig, 3);
  const [slow, quick] = [watch(rig), watch(rig)];
  mutate(rig, 100);
  await read(quick, 103);
  mutate(rig, 100);
  assert.equal(slow.stream.unreadCount, 3 + eventsMax);
  rig.mutate('one more');
  assert.equal(slow.stream.isOpen, false);
  assert.equal(slow.stream.unreadCount, 0);
  await assert.rejects(slow.stream.next(), fellBehind);
  assert.equal((await read(quick, 101)).at(-1), 'one more');
});

test('watchEvents() ends when more has changed at once than is kept', async () => {
  const rig = new ControlRig();
  rig.override('yellow');
  const reader = watch(rig);
  await read(reader, 1);
  for (let count = 0; count <= eventsMax; count += 1) {
    rig.override(count % 2 === 0 ? 'red' : 'green');
  }
  rig.clock.advance(1_000);
  await assert.rejects(reader.stream.next(), fellBehind);
});

test('watchEvents() shows a change of the zone once, whoever looks at it first', async () => {
  const rig = new ControlRig();
  const early = watch(rig);
  rig.override('yellow', 'first');
  const late = watch(rig);
  rig.override('red', 'second');
  rig.mutate('third');
  rig.clock.advance(5_000);
  for (const reader of [early, late]) {
    assert.deepEqual(await read(reader, 5), ['first', 'third', 'second']);
  }
});

test('watchEvents() begins with the last of those that are kept', async () => {
  const rig = new ControlRig();
  mutate(rig, 5);
  assert.deepEqual(await read(watch(rig, 2), 3), ['3', '4']);
  assert.deepEqual(await read(watch(rig, 9), 6), ['0', '1', '2', '3', '4']);
});

test('watchEvents() of nobody looks at nothing', async () => {
  const rig = new ControlRig();
  let listenerCount = 0;
  const listen = rig.audit.onMutation.bind(rig.audit);
  rig.audit.onMutation = (listener) => {
    listenerCount += 1;
    const listening = listen(listener);
    return {
      close() {
        listenerCount -= 1;
        listening.close();
      },
    };
  };
  const [one, other] = [watch(rig), watch(rig)];
  assert.deepEqual([rig.clock.pendingCount, listenerCount], [1, 1]);
  one.abort();
  await other.close();
  assert.deepEqual([rig.clock.pendingCount, listenerCount], [0, 0]);
  rig.mutate('unseen');
  const next = watch(rig);
  assert.deepEqual(await read(next, 2), ['unseen']);
});
