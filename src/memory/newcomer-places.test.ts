import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { NewcomerPlaces } from './newcomer-places.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('take() gives a place to a client of whom nothing is there, one for each client', () => {
  const places = new NewcomerPlaces(2, () => true);
  places.hold('greedy');
  assert.equal(places.take('greedy'), false);
  assert.equal(places.take('a'), true);
  assert.equal(places.take('a'), false, 'by another connection');
  assert.equal(places.take('b'), true);
  assert.equal(places.take('c'), false, 'no place is left');
  places.leave('a');
  assert.equal(places.take('c'), true);
  assert.equal(places.holderCount, 3);
});

test('take() gives nothing while there is no room', () => {
  let hasRoom = false;
  const places = new NewcomerPlaces(1, () => hasRoom);
  assert.equal(places.take('a'), false);
  hasRoom = true;
  assert.equal(places.take('a'), true);
});

test('wait() calls back in order of arrival, as places become free', async () => {
  const places = new NewcomerPlaces(1, () => true);
  assert.equal(places.take('a'), true);
  const called: string[] = [];
  for (const name of ['b', 'c']) {
    places.wait(() => {
      called.push(name);
      assert.equal(places.take(name), true);
    });
  }
  await turn();
  assert.deepEqual(called, []);
  places.leave('a');
  await turn();
  assert.deepEqual(called, ['b']);
  places.leave('b');
  await turn();
  assert.deepEqual(called, ['b', 'c']);
});

test('NewcomerPlaces has never more out than there are, and forgets who holds nothing', (context) => {
  const step = fc.record({
    identity: fc.constantFrom('a', 'b', 'c', 'd'),
    what: fc.constantFrom('take', 'leave', 'hold', 'release'),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const places = new NewcomerPlaces(2, () => true);
      const placed = new Set<string>();
      const held: string[] = [];
      for (const { identity, what } of steps) {
        if (what === 'hold') {
          places.hold(identity);
          held.push(identity);
        } else if (what === 'release' && held.includes(identity)) {
          places.release(identity);
          held.splice(held.indexOf(identity), 1);
        } else if (what === 'leave' && placed.delete(identity)) places.leave(identity);
        else if (what === 'take') {
          const isNew = !placed.has(identity) && !held.includes(identity);
          assert.equal(places.isNew(identity), isNew);
          assert.equal(places.take(identity), isNew && placed.size < 2);
          if (isNew && placed.size < 2) placed.add(identity);
        }
        assert.equal(places.holderCount, placed.size + held.length);
      }
    }),
    { seed: testSeed(context) },
  );
});
