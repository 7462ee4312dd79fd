import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type HeldPlace, PlaceKeeper } from './place-keeper.ts';

/** A gate that says what the test wants, and connections of two protocols. */
class Rig {
  readonly clock = new FakeClock();
  readonly gate = { parkedCount: 0, lackingPlaceCount: 0 };
  readonly keeper = new PlaceKeeper(this.gate, this.clock);
  readonly log: string[] = [];
  readonly #startMs = this.clock.nowMs();
  readonly #places = [new Map<string, HeldPlace>(), new Map<string, HeldPlace>()] as const;

  constructor() {
    for (const places of this.#places) this.keeper.watch(() => places.values());
  }

  /** `idleMs` as of now; `goes`: its client answers. */
  add(name: string, idleMs: number, protocol: 0 | 1 = 0, goes = true): void {
    const { clock } = this;
    const sinceMs = clock.nowMs() - idleMs;
    this.#places[protocol].set(name, {
      get idleMs() {
        return clock.nowMs() - sinceMs;
      },
      closeGracefully: () => {
        this.#say('goaway', name);
        if (goes) clock.after(300, () => this.gone(name));
      },
      destroy: () => {
        this.#say('destroy', name);
        this.gone(name);
      },
    });
  }

  /** Whoever waited first gets its place. */
  gone(name: string): void {
    for (const places of this.#places) places.delete(name);
    this.want(Math.max(0, this.gate.parkedCount - 1));
  }

  want(count: number): void {
    this.gate.parkedCount = count;
    this.gate.lackingPlaceCount = count;
  }

  #say(what: string, name: string): void {
    this.log.push(`${what} ${name} ${(this.clock.nowMs() - this.#startMs) / 1_000}`);
  }
}

test('PlaceKeeper sends those away at once that were idle longest, as many as wait', () => {
  const rig = new Rig();
  rig.add('a', 20_000);
  rig.add('b', 40_000, 1);
  rig.add('c', 30_000);
  rig.add('d', 60_000, 1);
  rig.want(3);
  rig.keeper.parked();
  rig.keeper.parked();
  rig.clock.advance(0);
  assert.deepEqual(rig.log, ['goaway d 0', 'goaway b 0', 'goaway c 0']);
  rig.clock.advance(60_000);
  assert.equal(rig.log.length, 3, 'the fourth may stay');
  assert.equal(rig.clock.pendingCount, 0, 'nobody waits any more');
});

test('PlaceKeeper leaves those alone that were busy in the last ten seconds', () => {
  const rig = new Rig();
  rig.add('a', 7_500);
  rig.want(1);
  rig.keeper.parked();
  rig.clock.advance(2_999);
  assert.deepEqual(rig.log, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.log, ['goaway a 3']);
});

test('PlaceKeeper leaves all alone when no place would help', () => {
  const rig = new Rig();
  rig.add('a', 20_000);
  rig.gate.parkedCount = 5; // for handshakes
  rig.keeper.parked();
  rig.clock.advance(5_000);
  assert.deepEqual(rig.log, []);
  rig.gate.lackingPlaceCount = 1;
  rig.clock.advance(1_000);
  assert.deepEqual(rig.log, ['goaway a 6']);
});

test('PlaceKeeper waits two seconds for one that does not answer, and counts it meanwhile', () => {
  const rig = new Rig();
  rig.add('a', 30_000, 0, false);
  rig.add('b', 20_000);
  rig.want(1);
  rig.keeper.parked();
  rig.clock.advance(1_999);
  assert.deepEqual(rig.log, ['goaway a 0']);
  rig.clock.advance(1);
  assert.deepEqual(rig.log, ['goaway a 0', 'destroy a 2']);
  rig.clock.advance(60_000);
  assert.equal(rig.log.length, 2);
});

test('PlaceKeeper looks once a second, however many come', () => {
  const rig = new Rig();
  for (const name of ['a', 'b', 'c', 'd']) rig.add(name, 20_000);
  rig.want(1);
  rig.keeper.parked();
  rig.clock.advance(500); // one has gone, and nobody waits
  for (let count = 1; count <= 3; count += 1) {
    rig.want(count);
    rig.keeper.parked();
    rig.clock.advance(100);
  }
  assert.deepEqual(rig.log, ['goaway a 0']);
  rig.clock.advance(200);
  assert.deepEqual(rig.log, ['goaway a 0', 'goaway b 1', 'goaway c 1', 'goaway d 1']);
});
