import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { smallBodySizeBytesMax } from '../memory/size-class.ts';
import { Admission } from './admission.ts';
import { IdentityTurns } from './identity-turns.ts';

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

function connectionOf(peerSubject: string) {
  return { peerSubject, remoteAddress: '' };
}

/** What was granted, in order. */
function rig() {
  const line = new Line();
  const turns = new IdentityTurns(line);
  const order: string[] = [];
  const wait = (connection: { peerSubject: string }, name: string) =>
    turns.wait(connection, 1, () => order.push(name));
  const grantAll = () => {
    while (line.length > 0) line.grant();
    return order;
  };
  return { line, turns, order, wait, grantAll };
}

test('wait() gives identities their turns one after the other, however many connections each has', () => {
  const { line, turns, wait, grantAll } = rig();
  for (let connection = 1; connection <= 5; connection += 1) {
    const greedy = connectionOf('CN=greedy');
    wait(greedy, `g${connection}`);
    wait(greedy, `g${connection}'`);
  }
  const modest = connectionOf('CN=modest');
  for (const name of ['m1', 'm2', 'm3']) wait(modest, name);
  wait(connectionOf('CN=third'), 't1');
  assert.deepEqual([line.length, turns.identityCount], [3, 3]);
  assert.deepEqual(grantAll(), [
    ...['g1', 'm1', 't1', 'g2', 'm2', 'g3', 'm3', 'g4', 'g5'],
    ...["g1'", "g2'", "g3'", "g4'", "g5'"],
  ]);
  assert.equal(turns.identityCount, 0, 'nothing is kept of who does not wait');
});

test('wait() gives connections of an identity their turns one after the other, however much each wants', () => {
  const { line, wait, grantAll } = rig();
  const [busy, other, third] = ['CN=a', 'CN=a', 'CN=a'].map(connectionOf);
  for (const name of ['a1', 'a2', 'a3', 'a4']) wait(busy!, name);
  wait(other!, 'b1');
  for (const name of ['c1', 'c2']) wait(third!, name);
  assert.equal(line.length, 1);
  assert.deepEqual(grantAll(), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
});

test('cancel() leaves the turn to the next of the identity', () => {
  const { line, turns, wait, grantAll } = rig();
  const busy = connectionOf('CN=busy');
  const waits = ['a1', 'a2', 'a3'].map((name) => wait(busy, name));
  wait(connectionOf('CN=other'), 'b1');
  waits[1]?.cancel();
  waits[0]?.cancel();
  waits[0]?.cancel();
  assert.equal(line.length, 2);
  assert.deepEqual(grantAll(), ['b1', 'a3']);
  wait(busy, 'a4').cancel();
  assert.deepEqual([line.length, turns.identityCount], [0, 0]);
});

type Step =
  | { readonly kind: 'wait'; readonly identity: number; readonly connection: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'grant' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      identity: fc.nat(3),
      connection: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'grant' as const }) },
);

/** One request that waits, and who was served since it began to. */
interface Waiter {
  readonly identity: number;
  readonly connection: object;
  readonly wait: { cancel(): void };
}

test('whoever waits is served before any other identity is twice, or any other connection of its own', async (context) => {
  let grantedCount = 0;
  await fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 150 }), (steps) => {
      const line = new Line();
      const turns = new IdentityTurns(line);
      const connections = [0, 1, 2, 3].map((identity) =>
        Array.from({ length: 4 }, () => connectionOf(`CN=${identity}`)),
      );
      const waiters = new Set<Waiter>();
      /** Of what waits, by identity or connection: how often which other was served since. */
      const seen = new Map<unknown, Map<unknown, number>>();
      const served = (what: unknown, others: Iterable<unknown>, countMax: number) => {
        seen.delete(what);
        for (const other of others) {
          if (other === what) continue;
          const counts = seen.get(other) ?? new Map<unknown, number>();
          seen.set(other, counts);
          const count = (counts.get(what) ?? 0) + 1;
          counts.set(what, count);
          assert.ok(count <= countMax, 'served again and again before one that waits');
        }
      };
      const leave = (waiter: Waiter) => {
        waiters.delete(waiter);
        const rest = [...waiters];
        if (!rest.some(({ identity }) => identity === waiter.identity))
          seen.delete(waiter.identity);
        if (!rest.some(({ connection }) => connection === waiter.connection)) {
          seen.delete(waiter.connection);
        }
      };
      const open = (identity: number, connection: number) => {
        const of = connections[identity]![connection]!; // four of each
        const waiter: Waiter = {
          identity,
          connection: of,
          wait: turns.wait(of, 1, () => {
            leave(waiter);
            grantedCount += 1;
            const rest = [...waiters];
            served(identity, new Set(rest.map((other) => other.identity)), 1);
            const own = rest.filter((other) => other.identity === identity);
            served(of, new Set(own.map((other) => other.connection)), 1);
          }),
        };
        waiters.add(waiter);
      };
      for (const next of steps) {
        if (next.kind === 'wait') open(next.identity, next.connection);
        else if (next.kind === 'grant') line.grant();
        else {
          const chosen = [...waiters][next.which % Math.max(1, waiters.size)];
          if (chosen === undefined) continue;
          chosen.wait.cancel();
          leave(chosen);
          seen.clear(); // whose turn was cancelled goes to the end, and the counts begin again
        }
        const identities = new Set([...waiters].map(({ identity }) => identity));
        assert.deepEqual([turns.identityCount, line.length], [identities.size, identities.size]);
      }
      while (line.length > 0) line.grant();
      assert.deepEqual([waiters.size, turns.identityCount], [0, 0]);
    }),
    { seed: testSeed(context), numRuns: 300 },
  );
  assert.ok(grantedCount > 1_000, 'hardly anything was granted');
});

test('Admission.wait() makes nobody wait for a small slab behind a large one', () => {
  const line = new Line();
  const slabs = {
    ...{ reserve: () => 1, free() {}, shrink() {}, bodyOffsetBytes: () => 0 },
    ...{ capacityBytes: () => 0, reservedBytes: 0, occupancyPercent: 0, onFree: undefined },
    wait: line.wait.bind(line),
  };
  const admission = new Admission(slabs, () => 0.5);
  const busy = connectionOf('CN=busy');
  admission.wait(busy, smallBodySizeBytesMax + 1, () => {});
  assert.equal(admission.reserve(smallBodySizeBytesMax), 1);
  assert.equal(admission.reserve(smallBodySizeBytesMax + 1), 0, 'others wait');
  for (const sizeBytes of [1, smallBodySizeBytesMax]) admission.wait(busy, sizeBytes, () => {});
  assert.equal(admission.reserve(1), 0, 'others wait');
  assert.deepEqual([line.length, admission.waitingCount], [2, 3]);
  while (line.length > 0) line.grant();
  assert.equal(admission.waitingCount, 0);
});
