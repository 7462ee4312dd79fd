// One damaged place in a vault that was written without faults: what is lost is what stood there,
// counted to the entry, before a start and after it (V6, V7, V5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KiB, MiB } from '../../src/limits.ts';
import { blockSizeBytes } from '../../src/vault/block-size.ts';
import { BlockFlag, BlockType, unitSizeBytes } from '../../src/vault/format.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';
import { listBlocks } from '../support/block-list.ts';
import { RigMemory } from '../support/rig-memory.ts';
import { testSeed } from '../support/seed.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { caseCount } from '../support/vault-cases.ts';
import { bodyOf } from '../support/vault-model.ts';
import { VaultRig } from '../support/vault-rig.ts';

const memory = new RigMemory({ slabsSizeBytes: 8 * MiB });

interface Case {
  readonly groups: readonly (readonly number[])[];
  readonly isLarge: boolean;
  readonly isClosed: boolean;
  /** Which file, which unit of it, which bit of that. */
  readonly place: readonly [number, number, number];
}

function rigOn(disk: SimulatedDisk, isLarge: boolean): VaultRig {
  const segmentSizeBytes = isLarge ? 3 * MiB : 64 * KiB;
  const limits = { limitBytes: 32 * segmentSizeBytes, deadLetterLimitBytes: 128 * KiB };
  return new VaultRig({ directory: disk, memory, config: { segmentSizeBytes, ...limits } });
}

/** Entries with bytes in the block that has this place; none if it is none of them. */
function entriesAt(disk: SimulatedDisk, path: string, atBytes: number): number[] {
  for (const { path: of, header } of listBlocks(disk)) {
    const from = header.offsetUnits * unitSizeBytes;
    const isThere = of === path && atBytes >= from;
    if (!isThere || atBytes >= from + blockSizeBytes(header.storedSizeBytes)) continue;
    if (header.type !== BlockType.Data) return [];
    const { firstEntrySeq, entryCount, flags } = header;
    if ((flags & BlockFlag.Continued) !== 0) return [firstEntrySeq];
    return Array.from({ length: entryCount }, (_, index) => firstEntrySeq + index);
  }
  return [];
}

function check(rig: VaultRig, bodies: readonly string[], expected: readonly number[]): void {
  const { entries, others } = rig.read(0);
  const lost: number[] = [];
  for (const read of others) {
    if (read.kind !== 'lost') assert.fail(`V7: ${JSON.stringify(read)}`);
    assert.ok(read.exact, 'V6: the count is not exact');
    for (let seq = read.fromEntrySeq; seq < read.toEntrySeq; seq += 1) lost.push(seq);
  }
  assert.deepEqual(lost, expected, 'V6: what is called lost');
  const rest = bodies.map((body, entrySeq) => ({ entrySeq, body }));
  const wanted = rest.filter(({ entrySeq }) => !expected.includes(entrySeq));
  assert.equal(entries.length, wanted.length, 'V6: what is read');
  for (const [index, { entrySeq, body }] of entries.entries()) {
    assert.equal(entrySeq, wanted[index]?.entrySeq);
    assert.ok(body === wanted[index]?.body, `V2: entry ${entrySeq}`);
  }
}

function run({ groups, isLarge, isClosed, place: [file, unit, bit] }: Case): number {
  let disk = new SimulatedDisk();
  const rig = rigOn(disk, isLarge);
  const bodies: string[] = [];
  for (const sizes of groups) {
    for (const sizeBytes of sizes) {
      const body = bodyOf(bodies.length, isLarge ? sizeBytes * 180 : sizeBytes);
      bodies.push(body);
      rig.append(body);
      if (isLarge) rig.turn();
    }
    rig.turn();
    for (const { answer } of rig.answers()) assert.equal(answer, VaultAnswer.Acked);
  }
  rig.pass(200);
  if (isClosed) rig.vault.close();
  const paths = [...new Set(listBlocks(disk).map(({ path }) => path))];
  const path = paths[file % Math.max(paths.length, 1)];
  if (path === undefined) return 0;
  const units = disk.contents(path).length / unitSizeBytes;
  const bitIndex = (unit % units) * unitSizeBytes * 8 + (bit % (unitSizeBytes * 8));
  const expected = entriesAt(disk, path, Math.floor(bitIndex / 8));
  disk.flipBit(path, bitIndex);
  if (!isClosed) check(rig, bodies, expected);
  for (let starts = 0; starts < 2; starts += 1) {
    disk = disk.crashed((count) => count - 1);
    check(rigOn(disk, isLarge), bodies, expected);
  }
  return expected.length;
}

const sizes = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 4 });

// Scenario: groups of batches over several segments, a MARK or a clean end behind the last; then
// one bit anywhere in one file is another; the vault is read, and started twice.
// Guarantees: exactly the batches with bytes in that block are lost, and said to be; headers, MARK,
// footers, trailers and what lies behind the end cost nothing.
test('a flipped bit costs the entries of its block, and the count is exact', (context) => {
  const seed = testSeed(context);
  let lost = 0;
  const cases = (isLarge: boolean) =>
    fc.record<Case>({
      groups: fc.array(sizes, { minLength: 1, maxLength: isLarge ? 3 : 16 }),
      isLarge: fc.constant(isLarge),
      isClosed: fc.boolean(),
      place: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    });
  const property = (isLarge: boolean) =>
    fc.property(cases(isLarge), (one) => {
      lost += run(one);
    });
  fc.assert(property(false), { seed, numRuns: caseCount(150) });
  fc.assert(property(true), { seed, numRuns: caseCount(10) });
  context.diagnostic(`${lost} entries lost`);
  assert.ok(lost > 0);
});
