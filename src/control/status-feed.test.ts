import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Zone } from '../memory/zone-word.ts';
import { StatusFeed, type StatusListener } from './status-feed.ts';

const intervalMs = 1_000;

/** What it was told, as `state 3` or `zone 2`, with the second in which that was. */
class View implements StatusListener<number> {
  readonly told: string[] = [];
  busy = false;
  readonly #clock: FakeClock;
  readonly #startMs: number;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
  }

  snapshot(value: number): void {
    this.#note(`state ${value}`);
  }

  heartbeat(zone: Zone): void {
    this.#note(`zone ${zone}`);
  }

  isBusy(): boolean {
    return this.busy;
  }

  #note(what: string): void {
    this.told.push(`${(this.#clock.nowMs() - this.#startMs) / 1_000} s: ${what}`);
  }
}

class Rig {
  readonly clock = new FakeClock();
  zone: Zone = Zone.Green;
  /** How often the state was read, which is the state. */
  reads = 0;
  readonly feed = new StatusFeed<number>({
    ...{ clock: this.clock, intervalMs },
    zone: () => this.zone,
    read: () => ++this.reads,
  });

  view(): View {
    return new View(this.clock);
  }
}

test('subscribe() gives the state every interval in Green, read once for all views', () => {
  const rig = new Rig();
  const views = [rig.view(), rig.view()];
  for (const view of views) rig.feed.subscribe(view);
  rig.clock.advance(3_000);
  for (const { told } of views) {
    assert.deepEqual(told, ['1 s: state 1', '2 s: state 2', '3 s: state 3']);
  }
  assert.equal(rig.reads, 3);
});

test('subscribe() gives the state one fifth as often in Yellow', () => {
  const rig = new Rig();
  rig.zone = Zone.Yellow;
  const view = rig.view();
  rig.feed.subscribe(view);
  rig.clock.advance(12_000);
  assert.deepEqual(view.told, ['1 s: state 1', '6 s: state 2', '11 s: state 3']);
});

test('subscribe() gives nothing but the zone in Red, every 5 s, and reads no state', () => {
  const rig = new Rig();
  const view = rig.view();
  rig.feed.subscribe(view);
  rig.clock.advance(1_500);
  rig.zone = Zone.Red;
  rig.clock.advance(11_000);
  assert.deepEqual(view.told, ['1 s: state 1', '2 s: zone 2', '7 s: zone 2', '12 s: zone 2']);
  assert.equal(rig.reads, 1);
});

test('subscribe() gives the state within one interval of the change to Green or out of Red', () => {
  for (const [from, to] of [
    [Zone.Red, Zone.Green],
    [Zone.Red, Zone.Yellow],
    [Zone.Yellow, Zone.Green],
  ] as const) {
    const rig = new Rig();
    rig.zone = from;
    const view = rig.view();
    rig.feed.subscribe(view);
    rig.clock.advance(2_500);
    rig.zone = to;
    const before = view.told.length;
    rig.clock.advance(intervalMs);
    assert.equal(view.told.length, before + 1, `${from} to ${to}`);
    assert.match(view.told.at(-1) ?? '', /^3 s: state/);
  }
});

test('subscribe() leaves out a view that is slow, and gives it the newest state afterwards', () => {
  for (const zone of [Zone.Green, Zone.Yellow]) {
    const rig = new Rig();
    rig.zone = zone;
    const [slow, quick] = [rig.view(), rig.view()];
    for (const view of [slow, quick]) rig.feed.subscribe(view);
    slow.busy = true;
    rig.clock.advance(8_000);
    assert.deepEqual(slow.told, []);
    slow.busy = false;
    rig.clock.advance(intervalMs);
    assert.deepEqual(slow.told, [`9 s: state ${rig.reads}`], 'one, and none for later');
    assert.equal(quick.told.length, zone === Zone.Green ? 9 : 2);
  }
});

test('subscribe() reads no state that no view would take', () => {
  const rig = new Rig();
  const view = rig.view();
  rig.feed.subscribe(view);
  view.busy = true;
  rig.clock.advance(5_000);
  assert.equal(rig.reads, 0);
});

test('close() ends what a view gets, also in the middle, and the timer with the last of them', () => {
  const rig = new Rig();
  assert.equal(rig.clock.pendingCount, 0);
  const last = rig.view();
  const subscriptions = [
    rig.feed.subscribe({
      snapshot: () => {
        for (const subscription of subscriptions) subscription.close();
      },
      heartbeat: () => {},
    }),
    rig.feed.subscribe(last),
  ];
  assert.equal(rig.clock.pendingCount, 1);
  rig.clock.advance(5_000);
  assert.deepEqual(last.told, []);
  assert.equal(rig.clock.pendingCount, 0);
  const again = rig.view();
  rig.feed.subscribe(again);
  rig.clock.advance(intervalMs);
  assert.deepEqual(again.told, ['1 s: state 2']);
});
