import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ThreadRing, threadRingSizeBytes } from '../memory/thread-ring.ts';
import { ByteView } from './byte-view.ts';
import { GroupIntake, type IntakeGate, slabNumberBytes } from './group-intake.ts';
import { masksWord } from './hand-over.ts';

const ringCapacity = 8;
const slabsFromBytes = 64 * 1024;

interface Append {
  readonly producer: number;
  readonly bodySizeBytes: number;
  readonly log: 0 | 1;
}

describe('GroupIntake', () => {
  it('gather() takes every entry once, in the order of its producer, into groups of one log', () => {
    const appends = fc.array(
      fc.record({
        producer: fc.nat({ max: 2 }),
        bodySizeBytes: fc.oneof(fc.nat({ max: 2_000 }), fc.integer({ min: 1e6, max: 6e6 })),
        log: fc.constantFrom<0 | 1>(0, 0, 0, 1),
      }),
      { maxLength: 40 },
    );
    fc.assert(fc.property(appends, gathersAll));
  });

  it('gather() takes turns between the rings', () => {
    const { intake, push } = rig(2);
    for (let index = 0; index < 3; index += 1) push({ producer: 0, bodySizeBytes: 10, log: 0 });
    push({ producer: 1, bodySizeBytes: 10, log: 0 });
    assert.ok(intake.gather());
    const producers = intake.entries.slice(0, intake.count).map(({ producer }) => producer);
    assert.deepEqual(producers, [0, 1, 0, 0]);
  });

  it('gather() leaves what does not fit for the next group, before all that came later', () => {
    const { intake, push } = rig(1);
    for (const bodySizeBytes of [3e6, 2e6, 10]) push({ producer: 0, bodySizeBytes, log: 0 });
    const sizes = () => intake.entries.slice(0, intake.count).map((entry) => entry.bodySizeBytes);
    assert.ok(intake.gather());
    assert.deepEqual(sizes(), [3e6]);
    assert.ok(intake.waits);
    assert.ok(intake.gather());
    assert.deepEqual(sizes(), [2e6, 10]);
    assert.ok(!intake.waits);
    assert.ok(!intake.gather());
  });

  it('gather() leaves out what its gate refuses, and ends although that comes again at once', () => {
    let refusedCount = 0;
    const gate: IntakeGate = {
      refuses({ bodySizeBytes }) {
        if (bodySizeBytes !== 13) return false;
        refusedCount += 1;
        assert.notEqual(push({ producer: 0, bodySizeBytes: 13, log: 0 }), 0); // with its answer
        return true;
      },
    };
    const { intake, push } = rig(2, gate);
    for (const bodySizeBytes of [13, 10, 11]) push({ producer: 0, bodySizeBytes, log: 0 });
    push({ producer: 1, bodySizeBytes: 12, log: 0 });
    assert.ok(intake.gather());
    const sizes = intake.entries.slice(0, intake.count).map((entry) => entry.bodySizeBytes);
    assert.deepEqual(sizes, [12, 10, 11]);
    assert.equal(intake.plan.entryCount, 3);
    assert.equal(refusedCount, 2 * ringCapacity - 3);
    assert.ok(!intake.gather());
    assert.equal(refusedCount, 4 * ringCapacity - 3);
  });

  it('gather() splits the masks of an append', () => {
    const { intake, rings } = rig(1);
    rings[0]!.push(1_200, masksWord(0b101, 0b1000_0000_0000_0010), 0);
    intake.gather();
    const { heldMask, settledMask, slab } = intake.entries[0]!;
    assert.deepEqual([slab, heldMask, settledMask], [1_200, 0b101, 0b1000_0000_0000_0010]);
  });
});

function gathersAll(appends: readonly Append[]): void {
  const { intake, push } = rig(3);
  const wanted: number[][] = [[], [], []];
  const found: number[][] = [[], [], []];
  const gather = () => {
    if (!intake.gather()) return false;
    const group = intake.entries.slice(0, intake.count);
    assert.equal(intake.plan.entryCount, group.length);
    for (const entry of group) {
      assert.equal(entry.log, intake.log);
      found[entry.producer]!.push(entry.slab);
    }
    return true;
  };
  for (const append of appends) {
    let slab = push(append);
    while (slab === 0) {
      gather();
      slab = push(append);
    }
    wanted[append.producer]!.push(slab);
  }
  while (gather());
  assert.deepEqual(found, wanted);
}

function rig(ringCount: number, gate?: IntakeGate) {
  const ringBytes = threadRingSizeBytes(ringCapacity);
  const buffer = new SharedArrayBuffer(slabsFromBytes * 2);
  const arena = new ByteView(new Uint8Array(buffer));
  const rings = Array.from(
    { length: ringCount },
    (_, index) => new ThreadRing(buffer, index * ringBytes, ringCapacity),
  );
  let nextSlab = slabsFromBytes / slabNumberBytes;
  /** Its slab; 0: the ring is full. */
  const push = ({ producer, bodySizeBytes, log }: Append): number => {
    const slab = nextSlab;
    arena.view.setUint32(slab * slabNumberBytes + 32, bodySizeBytes, true);
    if (!rings[producer]!.push(slab, 0, log)) return 0;
    nextSlab += 1;
    return slab;
  };
  return { intake: new GroupIntake(rings, arena, gate), push, rings };
}
