import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallArena } from '../../test/support/small-arena.ts';
import { KiB, MiB } from '../limits.ts';
import { arenaPageSizeBytes } from './region.ts';
import { slabUnitBytes } from './size-class.ts';
import { SlabPool } from './slab-pool.ts';

const assertion = { name: 'AssertionFailed' };

function pool(options: Parameters<typeof smallArena>[0] = {}): SlabPool {
  return new SlabPool(smallArena(options), 0);
}

/** Slabs in the order in which the waits got them. */
function waits(of: SlabPool) {
  const order: string[] = [];
  const slabs: number[] = [];
  return {
    order,
    slabs,
    wait: (name: string, sizeBytes: number) =>
      of.wait(sizeBytes, (slab) => {
        order.push(name);
        slabs.push(slab);
      }),
  };
}

const microtasks = () => new Promise<void>((resolve) => setImmediate(resolve));

test('reserve() gives aligned slabs with room for the header and at least the size', () => {
  const slabs = pool();
  for (const sizeBytes of [0, 1, 256, 257, 70 * KiB, 256 * KiB, 256 * KiB + 1, MiB]) {
    const slab = slabs.reserve(sizeBytes);
    assert.ok(slab > 0 && slab < 2 ** 32);
    assert.equal(slabs.bodyOffsetBytes(slab), slab * slabUnitBytes + 64);
    assert.ok(slabs.capacityBytes(slab) >= sizeBytes);
    slabs.free(slab);
  }
  assert.equal(slabs.reservedBytes, 0);
});

test('reservedBytes and occupancyPercent count whole slabs, the fuller region decides', () => {
  const slabs = pool({ spanCount: 4, largePageCount: 10 });
  const small = slabs.reserve(256 * KiB);
  assert.equal(slabs.reservedBytes, 256 * KiB + 64);
  assert.equal(slabs.occupancyPercent, (100 * (256 * KiB + 64)) / (4 * 257 * KiB));
  const large = slabs.reserve(4 * arenaPageSizeBytes + 1); // five pages
  assert.equal(slabs.reservedBytes, 256 * KiB + 64 + 5 * arenaPageSizeBytes);
  assert.equal(slabs.occupancyPercent, 50);
  assert.equal(slabs.occupancyPercentWith(5 * arenaPageSizeBytes - 64), 100);
  assert.equal(slabs.occupancyPercentWith(256), 50, 'the other region is the fuller one');
  slabs.free(large);
  slabs.free(small);
  assert.equal(slabs.occupancyPercent, 0);
});

test('reserve() gives each class the whole region in turn: spans change their class', () => {
  const slabs = pool({ spanCount: 3 });
  for (let sizeBytes = 256; sizeBytes <= 256 * KiB; sizeBytes *= 2) {
    const taken: number[] = [];
    for (let slab = slabs.reserve(sizeBytes); slab !== 0; slab = slabs.reserve(sizeBytes)) {
      taken.push(slab);
    }
    assert.equal(taken.length, 3 * Math.floor((257 * KiB) / (sizeBytes + 64)));
    for (const slab of taken) slabs.free(slab);
  }
});

test('reserve() of large slabs is first fit, and joins what became free in any order', () => {
  const slabs = pool({ largePageCount: 15 });
  const fivePages = 5 * arenaPageSizeBytes - 64;
  // three
  const [a, b, c] = [0, 1, 2].map(() => slabs.reserve(fivePages)) as [number, number, number];
  assert.equal(slabs.reserve(fivePages), 0);
  slabs.free(c);
  slabs.free(a);
  assert.equal(slabs.reserve(2 * fivePages), 0, 'ten pages are free, but not in one run');
  assert.equal(slabs.reserve(fivePages), a, 'first fit');
  slabs.free(b);
  slabs.free(a);
  const all = slabs.reserve(slabs.bodySizeBytesMax);
  assert.equal(all, a);
  assert.equal(slabs.capacityBytes(all), 15 * arenaPageSizeBytes - 64);
});

test('free() of a slab twice, of none, of part of one or of another pool is our bug', () => {
  const arena = smallArena({ shardCount: 2 });
  const slabs = new SlabPool(arena, 0);
  const other = new SlabPool(arena, 1).reserve(300);
  const small = slabs.reserve(300);
  const neighbour = slabs.reserve(300);
  const large = slabs.reserve(MiB);
  slabs.free(large);
  slabs.free(small);
  for (const slab of [small, large, other, 0, neighbour + 1, neighbour + 0.5, large + 1, 2 ** 32]) {
    assert.throws(() => slabs.free(slab), assertion, `${slab}`);
  }
  slabs.free(neighbour);
  assert.throws(() => slabs.free(neighbour), assertion, 'the span has no class any more');
  assert.equal(slabs.reservedBytes, 0);
});

test('reserve() and wait() for more than the largest slab is a bug of the caller', () => {
  const slabs = pool();
  assert.throws(() => slabs.reserve(slabs.bodySizeBytesMax + 1), assertion);
  assert.throws(() => slabs.wait(slabs.bodySizeBytesMax + 1, () => {}), assertion);
  assert.throws(() => slabs.reserve(-1), assertion);
});

for (const [kind, sizeBytes, smaller] of [
  ['small', 256 * KiB, 300],
  ['large', MiB, 300 * KiB],
] as const) {
  const tight = { spanCount: 1, largePageCount: 17 }; // one slab of either size and no second

  test(`wait() for ${kind} slabs is first come first served, and no reserve() overtakes`, async () => {
    const slabs = pool(tight);
    const held = slabs.reserve(sizeBytes);
    const line = waits(slabs);
    line.wait('first', sizeBytes);
    line.wait('second', smaller);
    line.wait('third', smaller);
    slabs.free(held);
    assert.deepEqual(line.order, [], 'never inside free()');
    assert.equal(slabs.reserve(smaller), 0);
    await microtasks();
    assert.deepEqual(line.order, ['first']);
    slabs.free(line.slabs[0]!);
    await microtasks();
    assert.deepEqual(line.order, ['first', 'second', 'third']);
    assert.notEqual(slabs.reserve(smaller), 0, 'nobody waits any more');
  });

  test(`wait() for a free ${kind} slab grants it, but later`, async () => {
    const slabs = pool(tight);
    const line = waits(slabs);
    line.wait('only', sizeBytes);
    assert.deepEqual(line.order, []);
    assert.equal(slabs.reserve(sizeBytes), 0, 'the slab is on its way');
    await microtasks();
    assert.deepEqual(line.order, ['only']);
  });

  test(`cancel() of the first who waits for a ${kind} slab hands the turn on`, async () => {
    const slabs = pool(tight);
    const part = slabs.reserve(smaller);
    const line = waits(slabs);
    const first = line.wait('first', sizeBytes);
    line.wait('second', smaller);
    await microtasks();
    assert.deepEqual(line.order, [], 'the first does not fit, and the second may not pass it');
    first.cancel();
    first.cancel();
    await microtasks();
    assert.deepEqual(line.order, ['second']);
    slabs.free(part);
    slabs.free(line.slabs[0]!);
    assert.equal(slabs.reservedBytes, 0);
  });

  test(`cancel() between grant and delivery gives the ${kind} slab back`, async () => {
    const slabs = pool(tight);
    const held = slabs.reserve(sizeBytes);
    const line = waits(slabs);
    const first = line.wait('first', sizeBytes);
    line.wait('second', sizeBytes);
    slabs.free(held); // grants the first
    first.cancel();
    await microtasks();
    assert.deepEqual(line.order, ['second']);
    first.cancel();
    slabs.free(line.slabs[0]!);
    assert.equal(slabs.reservedBytes, 0);
  });

  test(`close() delivers no ${kind} slab any more and keeps none`, async () => {
    const slabs = pool(tight);
    const held = slabs.reserve(sizeBytes);
    const line = waits(slabs);
    line.wait('first', sizeBytes);
    line.wait('second', smaller);
    slabs.free(held); // grants the first
    slabs.close();
    await microtasks();
    assert.deepEqual(line.order, []);
    assert.equal(slabs.reservedBytes, 0);
  });
}

test('shrink() of a large slab gives its tail pages back at once, to who waits for them', async () => {
  const slabs = pool({ largePageCount: 17 });
  const slab = slabs.reserve(MiB);
  const line = waits(slabs);
  line.wait('first', 300 * KiB);
  line.wait('second', 700 * KiB);
  slabs.shrink(slab, 12 * arenaPageSizeBytes - 64);
  assert.equal(slabs.capacityBytes(slab), 12 * arenaPageSizeBytes - 64);
  await microtasks();
  assert.deepEqual(line.order, ['first']);
  slabs.shrink(slab, 0);
  assert.equal(slabs.capacityBytes(slab), arenaPageSizeBytes - 64, 'a page for a body of nothing');
  assert.equal(slabs.reservedBytes, (1 + 5 + 11) * arenaPageSizeBytes, 'the second has its turn');
  await microtasks();
  assert.deepEqual(line.order, ['first', 'second']);
  for (const each of [slab, ...line.slabs]) slabs.free(each);
  assert.equal(slabs.capacityBytes(slabs.reserve(slabs.bodySizeBytesMax)), slabs.bodySizeBytesMax);
});

test('shrink() of a small slab changes nothing; beyond its size it is our bug', () => {
  const slabs = pool();
  const [small, large] = [slabs.reserve(100 * KiB), slabs.reserve(MiB)];
  const reservedBytes = slabs.reservedBytes;
  slabs.shrink(small, 10);
  slabs.shrink(large, MiB);
  assert.equal(slabs.reservedBytes, reservedBytes);
  assert.equal(slabs.capacityBytes(small), 128 * KiB);
  assert.throws(() => slabs.shrink(small, 128 * KiB + 1), assertion);
  assert.throws(() => slabs.shrink(large, slabs.capacityBytes(large) + 1), assertion);
  slabs.free(large);
  assert.throws(() => slabs.shrink(large, 1), assertion);
});

test('small and large slabs have lines of their own', async () => {
  const slabs = pool({ spanCount: 1, largePageCount: 17 });
  slabs.reserve(256 * KiB);
  const line = waits(slabs);
  line.wait('small', 300);
  assert.notEqual(slabs.reserve(MiB), 0);
  line.wait('large', MiB);
  await microtasks();
  assert.deepEqual(line.order, []);
});
