import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { KiB, MiB } from '../limits.ts';
import { blockSizeBytesMax, entrySizeBytes } from './block-size.ts';
import { BlockFlag, bodySizeBytesMax, pieceSizeBytesMax } from './format.ts';
import { GroupPlan } from './group-plan.ts';

/** Bodies of a whole entry of this raw size. */
const bodyOf = (rawSizeBytes: number) => rawSizeBytes - 64;

function planned(...bodySizesBytes: number[]): { plan: GroupPlan; taken: number } {
  const plan = new GroupPlan();
  const taken = bodySizesBytes.findIndex((size) => !plan.add(size));
  return { plan, taken: taken === -1 ? bodySizesBytes.length : taken };
}

function check(bodySizesBytes: number[], rawSizesBytes: number[]) {
  const { plan, taken } = planned(...bodySizesBytes);
  assert.equal(taken, bodySizesBytes.length, `${bodySizesBytes}`);
  const found = Array.from({ length: plan.blockCount }, (_, n) => plan.block(n).rawSizeBytes);
  assert.deepEqual(found, rawSizesBytes, `${bodySizesBytes}`);
}

test('add() shares a block up to 256 KiB, to the byte', () => {
  const shared = 256 * KiB;
  check([0], [64]);
  check([bodyOf(shared)], [shared]);
  check([bodyOf(shared / 2), bodyOf(shared / 2)], [shared]);
  check([bodyOf(shared / 2), bodyOf(shared / 2) - 7], [shared]);
  check([bodyOf(shared / 2), bodyOf(shared / 2) + 1], [shared / 2, shared / 2 + 8]);
  check([bodyOf(shared), 0], [shared, 64]);
});

test('add() gives an entry above 256 KiB a block of its own, and keeps the order', () => {
  check([0, bodyOf(256 * KiB) + 1, 0, 0], [64, 256 * KiB + 8, 128]);
  check([bodyOf(MiB)], [MiB]);
  check([bodyOf(MiB) - 1], [MiB]);
});

test('add() cuts an entry above 1 MiB into pieces', () => {
  check([pieceSizeBytesMax + 1], [MiB, 72]);
  check([2 * pieceSizeBytesMax], [MiB, MiB]);
  check([2 * pieceSizeBytesMax + 1, 0, 0], [MiB, MiB, 72, 128]);
  const { plan } = planned(0, 2 * pieceSizeBytesMax + 9);
  const { First, Last } = { First: BlockFlag.GroupFirst, Last: BlockFlag.GroupLast };
  const { Frame, More, Continued } = BlockFlag;
  assert.deepEqual(
    [0, 1, 2, 3].map((block) => plan.flags(block)),
    [Frame | First, Frame | More, Frame | More | Continued, Frame | Continued | Last],
  );
  assert.deepEqual(
    [1, 2, 3].map((block) => plan.block(block).pieceOffsetBytes),
    [0, pieceSizeBytesMax, 2 * pieceSizeBytesMax],
  );
});

test('add() takes 4 MiB, 64 blocks or one entry of any size', () => {
  assert.equal(planned(...Array(5).fill(bodyOf(MiB))).taken, 4);
  assert.equal(planned(...Array(4).fill(bodyOf(MiB)), 0).taken, 4);
  assert.equal(planned(bodyOf(MiB) - 64, ...Array(3).fill(bodyOf(MiB)), 0).taken, 5);
  const { plan, taken } = planned(bodySizeBytesMax, 0);
  assert.equal(taken, 1);
  assert.equal(plan.blockCount, 65);
  assert.equal(planned(0, bodySizeBytesMax).taken, 1);
  assert.equal(planned(0, 4 * MiB).taken, 1);
  assert.equal(planned(4 * MiB, 0).taken, 1);
  assert.equal(planned(...Array(70_000).fill(0)).taken, 65_536);
});

test('GroupPlan: blocks hold every byte once, in order, within all limits', (context) => {
  const size = fc.oneof(
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 0, max: 3 * MiB }),
    fc.constantFrom(
      ...[64, 128, 256, 512, 1024].flatMap((kib) => [-1, 0, 1].map((by) => by + bodyOf(kib * KiB))),
    ),
  );
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 80 }), (sizes) => {
      const { plan, taken } = planned(...sizes);
      assert.ok(taken >= 1 && plan.entryCount === taken);
      assert.ok(plan.blockCount <= 64 && (taken === 1 || plan.rawSizeBytes <= 4 * MiB));
      let entry = 0;
      let pieceBytes = 0;
      let sizeBytesMax = 0;
      for (let n = 0; n < plan.blockCount; n += 1) {
        const block = plan.block(n);
        assert.equal(block.entryIndex, entry);
        assert.ok(block.rawSizeBytes <= MiB);
        assert.ok(block.partCount === 1 || block.rawSizeBytes <= 256 * KiB);
        sizeBytesMax += blockSizeBytesMax(block.rawSizeBytes);
        if (block.cutFlags === 0) {
          const parts = sizes.slice(entry, entry + block.partCount);
          const raw = parts.reduce((sum, body) => sum + entrySizeBytes(body), 0);
          assert.equal(block.rawSizeBytes, raw);
          entry += block.partCount;
        } else {
          assert.equal(block.pieceOffsetBytes, pieceBytes);
          const piece = Math.min(sizes[entry]! - pieceBytes, pieceSizeBytesMax); // below taken
          assert.equal(block.rawSizeBytes, entrySizeBytes(piece));
          const more = (block.cutFlags & BlockFlag.More) !== 0;
          assert.equal((block.cutFlags & BlockFlag.Continued) !== 0, pieceBytes > 0);
          pieceBytes = more ? pieceBytes + piece : 0;
          if (!more) entry += 1;
        }
      }
      assert.equal(entry, taken);
      assert.equal(plan.sizeBytesMax, sizeBytesMax);
      // What was refused would not have fitted.
      const refused = sizes[taken];
      if (refused === undefined) return;
      const alone = planned(refused).plan;
      const isFull = plan.rawSizeBytes + alone.rawSizeBytes > 4 * MiB;
      assert.ok(isFull || plan.blockCount + alone.blockCount > 64, 'refused too early');
    }),
    { seed: testSeed(context), numRuns: caseCount(500) },
  );
});

test('clear() makes the plan as new', () => {
  const { plan } = planned(0, 3 * MiB);
  plan.clear();
  assert.equal(plan.sizeBytesMax + plan.blockCount + plan.entryCount + plan.rawSizeBytes, 0);
  assert.ok(plan.add(bodySizeBytesMax));
});
