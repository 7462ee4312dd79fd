import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InflationPlaces, type Place } from './inflation-places.ts';

function placesOf(countMax: number) {
  const places = new InflationPlaces(countMax);
  const entered: string[] = [];
  const inside: Place[] = [];
  return {
    places,
    entered,
    enter: (connection: object, name: string) =>
      places.enter(connection, (place) => {
        entered.push(name);
        inside.push(place);
      }),
    leaveOldest: () => inside.shift()?.leave(),
  };
}

test('InflationPlaces gives places in turns by connection, and to each in order of arrival', () => {
  const { places, entered, enter, leaveOldest } = placesOf(2);
  const [busy, other, third] = [{}, {}, {}];
  for (const name of ['b1', 'b2', 'b3', 'b4', 'b5']) enter(busy, name);
  enter(other, 'o1');
  enter(third, 't1');
  enter(third, 't2');
  assert.deepEqual(entered, ['b1', 'b2']);
  for (let count = 0; count < 6; count += 1) leaveOldest();
  assert.deepEqual(entered.slice(2), ['b3', 'o1', 't1', 'b4', 't2', 'b5']);
  for (let count = 0; count < 2; count += 1) leaveOldest();
  assert.equal(places.takenCount, 0);
});

test('InflationPlaces forgets who left the queue', () => {
  const { places, entered, enter, leaveOldest } = placesOf(1);
  const [busy, other] = [{}, {}];
  enter(busy, 'b1');
  const b2 = enter(busy, 'b2');
  const o1 = enter(other, 'o1');
  enter(other, 'o2');
  b2.leave();
  o1.leave();
  o1.leave();
  leaveOldest();
  assert.deepEqual(entered, ['b1', 'o2']);
  o1.leave();
  leaveOldest();
  assert.equal(places.takenCount, 0);
});
