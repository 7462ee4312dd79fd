// SlabPool against a simple model, in random order of everything that can be done to it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { SlabPoolModel } from '../../test/support/slab-pool-model.ts';
import { smallArena } from '../../test/support/small-arena.ts';
import { KiB, MiB } from '../limits.ts';
import { slabUnitBytes, smallBodySizeBytesMax } from './size-class.ts';
import { SlabPool } from './slab-pool.ts';
import type { SlabWait } from './slab-wait.ts';

const spanCount = 4;
const largePageCount = 40;
const spanBodySizeBytes = 256 * KiB;

interface ModelWait {
  readonly bodySizeBytes: number;
  handle: SlabWait | undefined;
}

type Step =
  | { readonly kind: 'reserve' | 'wait'; readonly bodySizeBytes: number }
  | { readonly kind: 'free' | 'cancel'; readonly pick: number }
  | { readonly kind: 'shrink'; readonly pick: number; readonly toPercent: number }
  | { readonly kind: 'settle' };

const sizes = fc.oneof(
  fc.integer({ min: 0, max: spanBodySizeBytes }),
  fc.constantFrom(256, 257, 100_000, spanBodySizeBytes, spanBodySizeBytes + 1),
  fc.integer({ min: spanBodySizeBytes + 1, max: MiB }),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reserve'), bodySizeBytes: sizes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), bodySizeBytes: sizes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('free'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel'), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('shrink'),
      pick: fc.nat(),
      toPercent: fc.integer({ min: 0, max: 100 }),
    }),
  },
);

/** A pool, its model, and the waits that neither has settled. */
class Subject {
  readonly pool: SlabPool;
  readonly model: SlabPoolModel;
  readonly waits: ModelWait[] = [];

  constructor(arena: ReturnType<typeof smallArena>) {
    this.pool = new SlabPool(arena, 0);
    const first = this.pool.reserve(0);
    this.pool.free(first);
    this.model = new SlabPoolModel(arena, spanCount, first);
  }

  /**
   * Does one step; only 'settle' lets grants be delivered, so cancels meet every state of a wait.
   */
  async step(step: Step): Promise<void> {
    if (step.kind === 'reserve') this.reserve(step.bodySizeBytes);
    else if (step.kind === 'wait') this.wait(step.bodySizeBytes);
    else if (step.kind === 'free') this.free(step.pick);
    else if (step.kind === 'cancel') this.cancel(step.pick);
    else if (step.kind === 'shrink') this.shrink(step.pick, step.toPercent);
    else await this.settle();
  }

  reserve(bodySizeBytes: number): void {
    // Grants that are not delivered yet hold slabs that the model does not know of.
    const known = this.#settled || this.waits.length === 0;
    const queued = this.#lineOf(bodySizeBytes).length > 0;
    const fits = this.model.fits(bodySizeBytes);
    const firstFitBytes = this.model.firstFitOffsetBytes(bodySizeBytes);
    const slab = this.pool.reserve(bodySizeBytes);
    if (slab !== 0) this.model.add(slab, bodySizeBytes);
    if (!known) return;
    assert.equal(slab !== 0, fits && !queued, 'reserve() overtakes, or does not give what fits');
    const isLarge = bodySizeBytes > smallBodySizeBytesMax;
    if (slab !== 0 && isLarge) assert.equal(slab * slabUnitBytes, firstFitBytes, 'not first fit');
  }

  wait(bodySizeBytes: number): void {
    const wait: ModelWait = { bodySizeBytes, handle: undefined };
    wait.handle = this.pool.wait(bodySizeBytes, (slab) => {
      assert.equal(this.#lineOf(bodySizeBytes)[0], wait, 'not first come first served');
      this.waits.splice(this.waits.indexOf(wait), 1);
      this.model.add(slab, bodySizeBytes);
    });
    this.waits.push(wait);
    this.#settled = false;
  }

  free(pick: number): void {
    if (this.model.live.length === 0) return;
    this.pool.free(this.model.remove(pick % this.model.live.length).slab);
    this.#settled = false;
  }

  shrink(pick: number, toPercent: number): void {
    if (this.model.live.length === 0) return;
    const index = pick % this.model.live.length;
    const { slab } = this.model.live[index]!; // below the length
    const bodySizeBytes = Math.floor((this.pool.capacityBytes(slab) * toPercent) / 100);
    this.pool.shrink(slab, bodySizeBytes);
    this.model.shrink(index, bodySizeBytes);
    assert.ok(this.pool.capacityBytes(slab) >= bodySizeBytes);
    this.#settled = false;
  }

  cancel(pick: number): void {
    const [wait] = this.waits.splice(pick % Math.max(this.waits.length, 1), 1);
    wait?.handle?.cancel();
    this.#settled = false;
  }

  /** Lets the grants be delivered; after that pool and model must agree in everything. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#settled = true;
    assert.equal(this.pool.reservedBytes, this.model.reservedBytes);
    assert.equal(this.pool.occupancyPercent, this.model.occupancyPercent);
    for (const line of [this.#lineOf(0), this.#lineOf(MiB)]) {
      const fits = line[0] !== undefined && this.model.fits(line[0].bodySizeBytes);
      assert.equal(fits, false, 'the first in line waits for what is free');
    }
  }

  #settled = true;

  #lineOf(bodySizeBytes: number): ModelWait[] {
    const isSmall = (size: number) => size <= smallBodySizeBytesMax;
    return this.waits.filter((wait) => isSmall(wait.bodySizeBytes) === isSmall(bodySizeBytes));
  }
}

test('SlabPool gives, queues and takes back slabs as the model says, in any order', async (context) => {
  const seed = testSeed(context);
  const arena = smallArena({ spanCount, largePageCount });
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 150, size: 'max' }), async (run) => {
      const subject = new Subject(arena);
      for (const step of run) await subject.step(step);
      await subject.settle();
      // Freeing what is out must bring everybody who waits to a turn.
      while (subject.model.live.length > 0) {
        subject.free(0);
        await subject.settle();
      }
      assert.equal(subject.waits.length, 0);
      checkEmpty(subject.pool);
    }),
    { seed, numRuns: 150 },
  );
});

test('SlabPool has nothing reserved and all of its memory after 10^6 random operations', async (context) => {
  const random = randomNumbers(testSeed(context));
  const slabs = new SlabPool(smallArena({ spanCount, largePageCount }), 0);
  const live: number[] = [];
  const waits: SlabWait[] = [];
  let refused = 0;
  for (let operation = 0; operation < 1_000_000; operation += 1) {
    // In turn more is taken than freed and the other way round, from full to empty and back.
    const reservePercent = (operation & 0x800) === 0 ? 66 : 30;
    const choice = random() * 100;
    const bodySizeBytes = Math.floor(2 ** (random() * 20.3));
    if (choice < reservePercent) {
      const slab = slabs.reserve(bodySizeBytes);
      if (slab !== 0) live.push(slab);
      else refused += 1;
    } else if (choice > 99) {
      const slab = live[Math.floor(random() * live.length)];
      if (slab !== undefined) slabs.shrink(slab, Math.floor(random() * slabs.capacityBytes(slab)));
    } else if (choice < 96) {
      const index = Math.floor(random() * live.length);
      const last = live.pop();
      if (last !== undefined && index < live.length) {
        slabs.free(live[index]!); // below the length
        live[index] = last;
      } else if (last !== undefined) slabs.free(last);
    } else if (choice < 98) {
      waits.push(slabs.wait(bodySizeBytes, (slab) => live.push(slab)));
    } else {
      waits.splice(Math.floor(random() * waits.length), 1)[0]?.cancel();
    }
    if (operation % 64 === 0) await undefined; // grants arrive
  }
  assert.ok(refused > 50_000, 'the pool was never full');
  for (const wait of waits.reverse()) wait.cancel();
  await new Promise<void>((resolve) => setImmediate(resolve));
  for (const slab of live) slabs.free(slab);
  checkEmpty(slabs);
});

/** Nothing is reserved, and every byte of both regions can be had at once. */
function checkEmpty(slabs: SlabPool): void {
  assert.equal(slabs.reservedBytes, 0);
  const all = [slabs.reserve(slabs.bodySizeBytesMax)];
  for (let span = 0; span < spanCount; span += 1) all.push(slabs.reserve(spanBodySizeBytes));
  assert.ok(!all.includes(0), 'some of the memory is gone');
  for (const slab of all) slabs.free(slab);
  assert.equal(slabs.reservedBytes, 0);
}

/** mulberry32: small, fast and good enough to choose operations; 0 up to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
