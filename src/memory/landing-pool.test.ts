import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import {
  type Landing,
  LandingPool,
  landingBlockSizeBytes,
  landingRoomBytesMin,
} from './landing-pool.ts';
import type { RoomWait } from './room-line.ts';

const assertion = { name: 'AssertionFailed' };
const guardSizeBytes = 64;
const block = landingBlockSizeBytes;

/** A pool of so many blocks between two guards that nobody may write to. */
function rig(blockCount: number) {
  const sizeBytes = blockCount * landingBlockSizeBytes;
  const bytes = new Uint8Array(sizeBytes + 2 * guardSizeBytes).fill(0xee);
  const pool = new LandingPool(bytes, { offsetBytes: guardSizeBytes, sizeBytes });
  const checkGuards = () => {
    const guards = [bytes.subarray(0, guardSizeBytes), bytes.subarray(guardSizeBytes + sizeBytes)];
    assert.ok(guards.every((guard) => guard.every((byte) => byte === 0xee)));
  };
  return { pool, bytes, checkGuards };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function contents(landing: Landing): Uint8Array {
  const target = new Uint8Array(landing.sizeBytes + 5);
  landing.copyTo(target, 5);
  return target.subarray(5);
}

test('append() takes all of a part or nothing of it', () => {
  const { pool, bytes } = rig(4);
  const [one, other] = [pool.land(), pool.land()];
  const source = Uint8Array.from({ length: 5 * block }, (_, index) => index % 251);
  assert.ok(one.append(source, 7, 7 + block + 1), 'one byte in the second block');
  assert.equal(pool.freeBytes, 2 * block);
  assert.equal(other.append(source, 0, 2 * block + 1), false);
  assert.equal(other.sizeBytes, 0);
  assert.ok(other.append(source, 0, 2 * block));
  assert.equal(pool.freeBytes, 0);
  assert.equal(other.append(source, 0, 1), false, 'its last block is full');
  assert.ok(
    one.append(source, 7 + block + 1, 7 + 2 * block),
    'the rest of its last block is its own',
  );
  assert.deepEqual(contents(one), source.slice(7, 7 + 2 * block));
  other.copyTo(bytes, 0); // a target in the same memory is as good
  assert.deepEqual(bytes.slice(0, 2 * block), source.slice(0, 2 * block));
});

test('release() gives all blocks back, once, and ends the landing', () => {
  const { pool } = rig(4);
  const landing = pool.land();
  landing.append(new Uint8Array(2 * block + 808), 0, 2 * block + 808);
  landing.release();
  landing.release();
  assert.equal(pool.freeBytes, pool.sizeBytes);
  assert.equal(landing.sizeBytes, 0);
  assert.throws(() => landing.append(new Uint8Array(1), 0, 1), assertion);
  assert.throws(() => landing.copyTo(new Uint8Array(1), 0), assertion);
});

test('append() and copyTo() beyond the source or the target are bugs of the caller', () => {
  const landing = rig(4).pool.land();
  assert.throws(() => landing.append(new Uint8Array(10), 0, 11), assertion);
  assert.throws(() => landing.append(new Uint8Array(10), 5, 4), assertion);
  landing.append(new Uint8Array(10), 0, 10);
  assert.throws(() => landing.copyTo(new Uint8Array(12), 3), assertion);
});

test('whenRoom() calls back later, in order, as many in a turn as 64 KiB fit into the room', async () => {
  const roomBlocks = landingRoomBytesMin / landingBlockSizeBytes;
  const { pool } = rig(4 * roomBlocks); // half of it is no room
  const [most, rest] = [pool.land(), pool.land()];
  most.append(new Uint8Array(pool.sizeBytes), 0, landingRoomBytesMin);
  assert.equal(pool.roomBytes, landingRoomBytesMin);
  rest.append(new Uint8Array(1), 0, 1); // a block less than the room that is asked for
  const called: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) pool.whenRoom(() => called.push(name));
  await turn();
  assert.deepEqual(called, []);
  rest.release();
  assert.deepEqual(called, [], 'never inside release()');
  await turn();
  assert.deepEqual(called, ['a']);
  most.release();
  await turn();
  assert.deepEqual(called, ['a', 'b', 'c']);
  await turn();
  assert.deepEqual(called, ['a', 'b', 'c', 'd', 'e']);
});

test('expect() leaves no room for others in what is to come, and calls them when it is less', async () => {
  const { pool } = rig((8 * landingRoomBytesMin) / block);
  const half = 4 * landingRoomBytesMin;
  assert.deepEqual([pool.roomBytes, pool.firstRoomBytes], [half, 1.5 * half]);
  pool.expect(3 * landingRoomBytesMin);
  assert.deepEqual([pool.roomBytes, pool.firstRoomBytes], [half, 5 * landingRoomBytesMin]);
  pool.expect(6 * landingRoomBytesMin);
  assert.deepEqual([pool.roomBytes, pool.firstRoomBytes], [0, 0]);
  const called: string[] = [];
  pool.whenRoom(() => called.push('any'));
  pool.whenFirstRoom(() => called.push('first'));
  await turn();
  assert.deepEqual(called, []);
  pool.expect(-2 * landingRoomBytesMin);
  assert.equal(pool.roomBytes, landingRoomBytesMin);
  await turn();
  assert.deepEqual(called.sort(), ['any', 'first']);
  assert.throws(() => pool.expect(-8 * landingRoomBytesMin), assertion);
});

test('whenRoom() calls nobody after the room has been used, and nobody who cancelled', async () => {
  const { pool } = rig((4 * landingRoomBytesMin) / block);
  const called: string[] = [];
  const landing = pool.land();
  pool.whenRoom(() => {
    called.push('user');
    // Of room for two, more than its own part.
    landing.append(new Uint8Array(pool.sizeBytes), 0, landingRoomBytesMin + 1);
  });
  const cancelled = pool.whenRoom(() => called.push('cancelled'));
  pool.whenRoom(() => called.push('next'));
  cancelled.cancel();
  cancelled.cancel();
  await turn();
  await turn();
  assert.deepEqual(called, ['user']);
  landing.release();
  await turn();
  assert.deepEqual(called, ['user', 'next']);
});

type Step =
  | { readonly kind: 'append'; readonly pick: number; readonly sizeBytes: number }
  | { readonly kind: 'release' | 'cancel'; readonly pick: number }
  | { readonly kind: 'land' | 'wait' | 'turn' };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('land', 'wait', 'turn') }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      pick: fc.nat(),
      sizeBytes: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(block, 2 * block)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('release', 'cancel'), pick: fc.nat() }),
  },
);

/** A pool beside what it should hold: whole messages in plain arrays, and who waits. */
class Subject {
  readonly #blockCount = 80;
  readonly #rig = rig(this.#blockCount);
  readonly #landings: { landing: Landing; bytes: number[] }[] = [];
  readonly #waits: { wait: RoomWait | undefined }[] = [];
  #stamp = 0;

  get #freeBytes(): number {
    const blocks = ({ bytes }: { bytes: number[] }) => Math.ceil(bytes.length / block);
    const usedCount = this.#landings.reduce((sum, each) => sum + blocks(each), 0);
    return (this.#blockCount - usedCount) * block;
  }

  /** Of so small a pool 64 KiB are room, and what is beyond is kept. */
  get #roomBytes(): number {
    return this.#freeBytes - (this.#blockCount * block - landingRoomBytesMin);
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'land') this.#landings.push({ landing: this.#rig.pool.land(), bytes: [] });
    else if (step.kind === 'append') this.#append(step.pick, step.sizeBytes);
    else if (step.kind === 'release') this.#release(step.pick);
    else if (step.kind === 'wait') this.#wait();
    else if (step.kind === 'cancel') {
      this.#waits.splice(step.pick % Math.max(1, this.#waits.length), 1)[0]?.wait?.cancel();
    } else await this.settle();
    assert.equal(this.#rig.pool.freeBytes, this.#freeBytes);
  }

  async settle(): Promise<void> {
    // One is called in a turn, or more.
    for (let turns = this.#waits.length; turns >= 0; turns -= 1) await turn();
    const waitsForRoom = this.#waits.length > 0 && this.#roomBytes >= landingRoomBytesMin;
    assert.equal(waitsForRoom, false, 'the first in line waits for room that there is');
  }

  async end(): Promise<void> {
    while (this.#landings.length > 0) this.#release(0);
    await this.settle();
    assert.equal(this.#waits.length, 0);
    assert.equal(this.#rig.pool.freeBytes, this.#rig.pool.sizeBytes);
    this.#rig.checkGuards();
  }

  #append(pick: number, sizeBytes: number): void {
    const chosen = this.#landings[pick % Math.max(1, this.#landings.length)];
    if (chosen === undefined) return;
    const stamp = this.#stamp++;
    const source = Uint8Array.from({ length: sizeBytes + 3 }, (_, at) => (stamp + 7 * at) & 0xff);
    const roomBytes = (block - (chosen.bytes.length % block)) % block;
    const fits = sizeBytes <= roomBytes + this.#freeBytes;
    assert.equal(chosen.landing.append(source, 3, sizeBytes + 3), fits);
    if (fits) chosen.bytes.push(...source.subarray(3));
    assert.equal(chosen.landing.sizeBytes, chosen.bytes.length);
  }

  #release(pick: number): void {
    const [chosen] = this.#landings.splice(pick % Math.max(1, this.#landings.length), 1);
    if (chosen === undefined) return;
    assert.deepEqual(contents(chosen.landing), Uint8Array.from(chosen.bytes));
    chosen.landing.release();
  }

  #wait(): void {
    const entry: { wait: RoomWait | undefined } = { wait: undefined };
    entry.wait = this.#rig.pool.whenRoom(() => {
      assert.equal(this.#waits.shift(), entry, 'not in order, or called after cancel');
      assert.ok(this.#roomBytes >= landingRoomBytesMin, 'called without room');
    });
    this.#waits.push(entry);
  }
}

test('LandingPool keeps messages apart and gives every block back, in any order', async (context) => {
  const seed = testSeed(context);
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 100, size: 'max' }), async (run) => {
      const subject = new Subject();
      for (const step of run) await subject.step(step);
      await subject.end();
    }),
    { seed, numRuns: 150 },
  );
});
