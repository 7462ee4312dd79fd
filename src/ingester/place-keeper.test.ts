import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type HeldPlace, PlaceKeeper } from './place-keeper.ts';

/** A gate that says what the test wants, and connections of two protocols. */
class Rig {
  readonly clock = new FakeClock();
  readonly gate = {
    parkedCount: 0,
    lackingPlaceCount: 0,
    parkedForMs: (nowMs: number) => (this.gate.parkedCount === 0 ? 0 : nowMs - this.#startMs),
  };
  readonly #startMs = this.clock.nowMs();
  readonly keeper = new PlaceKeeper(this.gate, this.clock);
  readonly log: string[] = [];
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

test('PlaceKeeper sends those away that were idle longest, as many as wait, once one has waited long', () => {
  const rig = new Rig();
  rig.add('a', 70_000);
  rig.add('b', 90_000, 1);
  rig.add('c', 80_000);
  rig.add('d', 110_000, 1);
  rig.want(3);
  rig.keeper.parked();
  rig.keeper.parked();
  rig.clock.advance(9_999);
  assert.deepEqual(rig.log, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.log, ['goaway d 10', 'goaway b 10', 'goaway c 10']);
  rig.clock.advance(60_000);
  assert.equal(rig.log.length, 3, 'the fourth may stay');
  assert.equal(rig.clock.pendingCount, 0, 'nobody waits any more');
});

test('PlaceKeeper leaves those alone that were busy in the last minute', () => {
  const rig = new Rig();
  rig.add('a', 30_000);
  rig.want(1);
  rig.keeper.parked();
  rig.clock.advance(30_999);
  assert.deepEqual(rig.log, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.log, ['goaway a 31']);
});

test('PlaceKeeper leaves all alone when no place would help', () => {
  const rig = new Rig();
  rig.add('a', 70_000);
  rig.gate.parkedCount = 5; // for handshakes
  rig.keeper.parked();
  rig.clock.advance(25_000);
  assert.deepEqual(rig.log, []);
  rig.gate.lackingPlaceCount = 1;
  rig.clock.advance(1_000);
  assert.deepEqual(rig.log, ['goaway a 26']);
});

test('PlaceKeeper waits two seconds for one that does not answer, and counts it meanwhile', () => {
  const rig = new Rig();
  rig.add('a', 90_000, 0, false);
  rig.add('b', 80_000);
  rig.want(1);
  rig.keeper.parked();
  rig.clock.advance(11_999);
  assert.deepEqual(rig.log, ['goaway a 10']);
  rig.clock.advance(1);
  assert.deepEqual(rig.log, ['goaway a 10', 'destroy a 12']);
  rig.clock.advance(60_000);
  assert.equal(rig.log.length, 2);
});

test('PlaceKeeper sends four away in a second, however many wait', () => {
  const rig = new Rig();
  for (let count = 0; count < 20; count += 1) rig.add(`c${count}`, 100_000);
  rig.want(10);
  for (let count = 0; count < 10; count += 1) rig.keeper.parked();
  rig.clock.advance(10_999);
  assert.equal(rig.log.length, 4);
  rig.clock.advance(1);
  assert.equal(rig.log.length, 8);
  rig.clock.advance(60_000);
  assert.equal(rig.log.length, 10);
});
