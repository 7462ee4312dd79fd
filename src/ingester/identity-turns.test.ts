import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallBodySizeBytesMax } from '../memory/size-class.ts';
import { Admission } from './admission.ts';
import { ConnectionTurns } from './connection-turns.ts';

/** A pool's line that moves when a test says so. */
class Line {
  readonly #waits: ((slab: number) => void)[] = [];

  get length(): number {
    return this.#waits.length;
  }

  wait(_sizeBytes: number, granted: (slab: number) => void): { cancel(): void } {
    this.#waits.push(granted);
    return {
      cancel: () => {
        const at = this.#waits.indexOf(granted);
        if (at >= 0) this.#waits.splice(at, 1);
      },
    };
  }

  grant(): void {
    this.#waits.shift()?.(1);
  }
}

const [busy, other, third] = [{}, {}, {}];

test('wait() gives connections their turns one after the other, however much each wants', () => {
  const line = new Line();
  const turns = new ConnectionTurns(line);
  const order: string[] = [];
  const wait = (connection: object, name: string) =>
    turns.wait(connection, 1, () => order.push(name));
  for (const name of ['a1', 'a2', 'a3', 'a4']) wait(busy, name);
  wait(other, 'b1');
  for (const name of ['c1', 'c2']) wait(third, name);
  assert.equal(line.length, 3);
  while (line.length > 0) line.grant();
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
});

test('cancel() leaves the turn to the next of the connection', () => {
  const line = new Line();
  const turns = new ConnectionTurns(line);
  const order: string[] = [];
  const waits = ['a1', 'a2', 'a3'].map((name) => turns.wait(busy, 1, () => order.push(name)));
  turns.wait(other, 1, () => order.push('b1'));
  waits[1]?.cancel();
  waits[0]?.cancel();
  waits[0]?.cancel();
  assert.equal(line.length, 2);
  while (line.length > 0) line.grant();
  assert.deepEqual(order, ['b1', 'a3']);
});

test('Admission.wait() makes nobody wait for a small slab behind a large one', () => {
  const line = new Line();
  const slabs = {
    ...{ reserve: () => 0, free() {}, shrink() {}, bodyOffsetBytes: () => 0 },
    ...{ capacityBytes: () => 0, reservedBytes: 0, occupancyPercent: 0 },
    wait: line.wait.bind(line),
  };
  const admission = new Admission(slabs, () => 0.5);
  for (const sizeBytes of [1, smallBodySizeBytesMax, smallBodySizeBytesMax + 1]) {
    admission.wait(busy, sizeBytes, () => {});
  }
  assert.deepEqual([line.length, admission.waitingCount], [2, 3]);
  while (line.length > 0) line.grant();
  assert.equal(admission.waitingCount, 0);
});
