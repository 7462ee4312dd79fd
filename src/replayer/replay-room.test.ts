import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { ReplayRoom } from './replay-room.ts';

const region = { offsetBytes: 65_536, sizeBytes: 65_536 };

test('take() gives extents that are aligned and apart, and all of it again in the end', (context) => {
  const step = fc.record({ sizeBytes: fc.integer({ min: 1, max: 30_000 }), pick: fc.nat() });
  const property = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const room = new ReplayRoom(region);
    const extents: { at: number; sizeBytes: number }[] = [];
    for (const { sizeBytes, pick } of steps) {
      const fits = room.fits(sizeBytes);
      const at = room.take(sizeBytes);
      assert.equal(at !== 0, fits);
      if (at === 0) {
        const [gone] = extents.splice(pick % Math.max(1, extents.length), 1);
        if (gone !== undefined) room.release(gone.at);
        continue;
      }
      assert.equal(at % 64, 0);
      assert.ok(at >= 65_536 && at + sizeBytes <= 131_072);
      for (const other of extents) {
        assert.ok(at + sizeBytes <= other.at || other.at + other.sizeBytes <= at);
      }
      extents.push({ at, sizeBytes });
    }
    for (const { at } of extents) room.release(at);
    assert.ok(room.isEmpty);
    assert.equal(room.take(65_536), 65_536);
  });
  fc.assert(property, { numRuns: 200, seed: testSeed(context) });
});

test('release() gives an extent back when its last holder has gone', () => {
  const room = new ReplayRoom(region);
  const at = room.take(65_536);
  room.hold(at);
  room.release(at);
  assert.equal(room.take(1), 0);
  room.release(at);
  assert.equal(room.take(1), at);
});
