import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { testSeed } from '../../test/support/seed.ts';
import { silentLog } from '../log.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import { ByteView } from './byte-view.ts';
import { PendingEntry, VaultAnswer, VaultLogId } from './hand-over.ts';
import { IdentityGate, IdentityShare } from './identity-share.ts';
import { IdentityShareNews } from './identity-share-news.ts';
import { SegmentShares } from './identity-share-segments.ts';
import { IdentitySummary } from './identity-share-summary.ts';

const roomBytes = 1_000_000;
const shareBytes = 800_000;

/** A share, and entries of identities: slab n is of identity n. */
class Rig {
  readonly area = new ByteView(new Uint8Array(64 * 1_000));
  readonly share = new IdentityShare(this.area, roomBytes);
  readonly #end = new DurableEnd();

  constructor() {
    for (let slab = 0; slab < 1_000; slab += 1)
      this.area.view.setUint32(slab * 64 + 24, slab, true);
  }

  /** One group, of bodies of one size each, that takes so much of the segment. */
  commit(segmentId: number, identities: readonly number[], storedBytes: number): void {
    const entries = identities.map((slab) => Object.assign(new PendingEntry(), { slab }));
    for (const entry of entries) entry.bodySizeBytes = 936; // 1000 with its header
    this.#end.endBytes = segmentId === this.#end.liveSegmentId ? this.#end.endBytes : 0;
    this.#end.liveSegmentId = segmentId;
    this.#end.endBytes += storedBytes;
    this.share.committed(entries, entries.length, this.#end);
  }

  sizes(identities: readonly number[]): number[] {
    return identities.map((identity) => this.share.sizeBytesOf(identity));
  }

  refused(identities: readonly number[]): boolean[] {
    return identities.map((identity) => this.share.refuses(identity));
  }
}

test('refuses() nobody as long as there is one identity, and then who has 80 %', () => {
  const rig = new Rig();
  assert.deepEqual(rig.refused([7]), [false]);
  rig.commit(1, [7], roomBytes);
  assert.deepEqual(rig.refused([7, 7]), [false, false]);
  assert.deepEqual(rig.refused([8, 7, 8, 7]), [false, true, false, true]);
  rig.commit(1, [8], 1_000);
  assert.deepEqual(rig.refused([7, 8, 9]), [true, false, false]);
});

test('refuses() from 80 % of the room on, over all segments', () => {
  const rig = new Rig();
  rig.refused([1, 2]);
  rig.commit(1, [1], 300_000);
  rig.commit(2, [1], 300_000);
  rig.commit(3, [1], 100_000);
  rig.commit(3, [2], 150_000);
  rig.commit(3, [1], 99_999);
  assert.deepEqual(rig.sizes([1, 2]), [shareBytes - 1, 150_000]);
  assert.deepEqual(rig.refused([1, 2]), [false, false]);
  rig.commit(3, [1], 1);
  assert.deepEqual(rig.refused([1, 2, 3]), [true, false, false]);
});

test('keepFrom() gives back what deleted segments held', () => {
  const rig = new Rig();
  rig.refused([1, 2]);
  rig.commit(4, [1], 500_000);
  rig.commit(9, [1, 2], 200_000);
  rig.commit(10, [1], 300_000);
  assert.deepEqual(rig.sizes([1, 2]), [900_000, 100_000]);
  rig.share.keepFrom(4);
  assert.deepEqual(rig.refused([1, 2]), [true, false]);
  rig.share.keepFrom(9);
  assert.deepEqual(rig.sizes([1, 2]), [400_000, 100_000]);
  assert.deepEqual(rig.refused([1, 2]), [false, false]);
  rig.share.keepFrom(Infinity); // there is only the live one
  assert.deepEqual(rig.sizes([1, 2]), [300_000, 0]);
  rig.commit(11, [1], 600_000);
  assert.deepEqual(rig.refused([1]), [true]);
});

test('committed() shares the bytes of a group by the sizes of its entries', () => {
  const rig = new Rig();
  rig.commit(1, [1, 2, 1, 1], 4_096);
  rig.commit(1, [3], 4_096);
  assert.deepEqual(rig.sizes([1, 2, 3]), [3_072, 1_024, 4_096]);
});

test('IdentityGate refuses() answers Full, and lets dead letters pass', () => {
  const rig = new Rig();
  rig.refused([1, 2]);
  rig.commit(1, [1], shareBytes);
  const answers: unknown[] = [];
  const gate = new IdentityGate(rig.share, {
    answer: (entries, count, answer) => answers.push([entries[0]!.slab, count, answer]),
  });
  const entry = Object.assign(new PendingEntry(), { slab: 1 });
  assert.equal(gate.refuses(entry), true);
  assert.deepEqual(answers, [[1, 1, VaultAnswer.Full]]);
  entry.log = VaultLogId.DeadLetter;
  assert.equal(gate.refuses(entry), false);
  assert.equal(gate.refuses(Object.assign(new PendingEntry(), { slab: 2 })), false);
  assert.equal(answers.length, 1);
});

test('IdentityShareNews refused() names the client, once a minute', () => {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const warn = (...line: unknown[]) => lines.push(line);
  const { area } = new Rig();
  area.view.setUint32(5 * 64 + 28, 0xab, true);
  const news = new IdentityShareNews(area, clock, { ...silentLog, warn });
  for (const afterMs of [0, 0, 59_999, 1]) {
    clock.advance(afterMs);
    news.refused(5);
  }
  assert.equal(lines.length, 2);
  assert.deepEqual(lines[1], lines[0]);
  const [code, , fields] = lines[0] as unknown[];
  assert.deepEqual([code, fields], ['VAULT_FULL', { producer_hash: '000000ab00000005' }]);
});

test('sizeBytesOf() tells identities apart by the upper half of the hash too', () => {
  const rig = new Rig();
  rig.area.view.setUint32(2 * 64 + 24, 1, true);
  rig.area.view.setUint32(2 * 64 + 28, 1, true);
  rig.commit(1, [1, 2], 2_000);
  assert.deepEqual(rig.sizes([1, 1 + 2 ** 32]), [1_000, 1_000]);
});

// The bound of Misra and Gries over several segments: never too much, and too little by at most a
// sixteenth of all; for who is over half, by a fifteenth of what the others have.
test('sizeBytesOf() is never above the truth, and below it by a sixteenth of all at most', (t) => {
  const identity = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(1, 1, 2) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }) },
  );
  const group = fc.record({
    identities: fc.array(identity, { minLength: 1, maxLength: 20 }),
    storedBytes: fc.integer({ min: 1, max: 50_000 }),
    isNewSegment: fc.integer({ max: 7, min: 0 }).map((draw) => draw === 0),
    isDeletion: fc.integer({ max: 9, min: 0 }).map((draw) => draw === 0),
  });
  const groups = fc.array(group, { minLength: 1, maxLength: 120, size: 'max' });
  const property = fc.property(groups, (all) => {
    const rig = new Rig();
    const segments: Map<number, number>[] = [new Map()];
    let deletedCount = 0;
    for (const { identities, storedBytes, isNewSegment, isDeletion } of all) {
      if (isNewSegment) segments.push(new Map());
      const live = segments.at(-1)!;
      for (const each of identities) {
        const before = live.get(each) ?? 0;
        live.set(each, before + Math.round(storedBytes / identities.length));
      }
      rig.commit(segments.length, identities, storedBytes);
      if (isDeletion && deletedCount + 1 < segments.length) {
        deletedCount += 1;
        rig.share.keepFrom(deletedCount + 1);
      }
      const truth = sumOf(segments.slice(deletedCount));
      const totalBytes = [...truth.values()].reduce((sum, bytes) => sum + bytes, 0);
      for (const [each, bytes] of truth) {
        const counted = rig.share.sizeBytesOf(each);
        const othersBytes = totalBytes - bytes;
        assert.ok(counted <= bytes, `${each}: ${counted} of ${bytes}`);
        assert.ok(counted >= bytes - totalBytes / 16, `${each}: ${counted} of ${bytes}`);
        assert.ok(counted >= bytes - othersBytes / 15, `${each}: ${counted} of ${bytes}`);
      }
    }
  });
  fc.assert(property, { numRuns: 150, seed: testSeed(t) });
});

test('SegmentShares keepFrom() forgets identities that are in no segment any more', () => {
  const shares = new SegmentShares();
  const summary = new IdentitySummary();
  for (let segmentId = 1; segmentId <= 300; segmentId += 1) {
    summary.clear();
    summary.add(segmentId, 1_000 - segmentId);
    summary.add(0, 10);
    shares.append(segmentId, summary);
    shares.keepFrom(segmentId - 2);
    const kept = Math.min(3, segmentId);
    assert.deepEqual([shares.identityCount, shares.sizeBytesOf(0)], [kept + 1, 10 * kept]);
    assert.equal(shares.largestBytes, 1_000 - segmentId + kept - 1, 'the oldest of those kept');
  }
  shares.keepFrom(Infinity);
  assert.deepEqual([shares.identityCount, shares.largestBytes], [0, 0]);
});

test('add() keeps what is heavy among any number of identities, in 15 counters', () => {
  const summary = new IdentitySummary();
  for (let index = 0; index < 10_000; index += 1) {
    summary.add(1, 4);
    summary.add(1_000 + index, 1);
  }
  assert.ok(summary.count <= 15);
  assert.equal(summary.totalBytes, 50_000);
  assert.ok(summary.sizeBytesOf(1) >= 40_000 - 10_000 / 15);
  assert.ok(summary.sizeBytesOf(1) <= 40_000);
  summary.clear();
  assert.deepEqual([summary.count, summary.totalBytes, summary.sizeBytesOf(1)], [0, 0, 0]);
});

function sumOf(segments: readonly Map<number, number>[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const segment of segments) {
    for (const [identity, bytes] of segment) {
      sums.set(identity, (sums.get(identity) ?? 0) + bytes);
    }
  }
  return sums;
}
