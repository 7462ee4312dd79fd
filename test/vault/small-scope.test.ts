// Scenario: the last group of a log, of up to 3 blocks of up to 4 units, loses any of its units: to
// a crash, when nothing says that it was durable, or to damage, when a mark, META, a cursor or a
// later file says so. What is lost reads as zeros or as what stood there before.
// Guarantees: an unacknowledged group is never reported as loss, a durable one never as torn; what
// was durable and can be read is kept; the number that comes next was never seen before.
//
// Exhaustive with GOPHERSHIP_VAULT_FACTOR=10, about 10^5 states; a part of them, that
// GOPHERSHIP_SEED repeats, otherwise.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { segmentPath } from '../../src/vault/file-names.ts';
import type { CursorEvidence } from '../../src/vault/log-evidence.ts';
import type { RecoveredLog } from '../../src/vault/recovery.ts';
import { RecoveryRow } from '../../src/vault/recovery-report.ts';
import type { LogImage } from '../support/log-image.ts';
import { logOf, newImage, newVault, put, putMeta, recover, unit } from '../support/recovery-rig.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedDisk } from '../support/simulated-disk.ts';
import { vaultFactor } from '../support/vault-cases.ts';

const sources = ['none', 'mark', 'meta', 'cursor', 'later-file'] as const;
type Source = (typeof sources)[number];

interface Scene {
  readonly disk: SimulatedDisk;
  readonly cursors: readonly CursorEvidence[];
  readonly image: LogImage;
  readonly whole: Uint8Array;
  readonly stale: Uint8Array;
  readonly source: Source;
  /** First unit of the group, and the units of its blocks. */
  readonly fromUnit: number;
  readonly units: readonly number[];
}

const unitsBefore = 2;
const fileUnits = 16;

/** Block 1 is durable for certain, the group is blocks 2 and up, a mark may come behind. */
function makeScene(units: readonly number[], source: Source): Scene {
  const disk = newVault();
  const lastSeq = 1 + units.length;
  const isMeta = source === 'meta';
  putMeta(disk, isMeta ? numbers(lastSeq) : {});
  const cursors = source === 'cursor' ? [{ ...numbers(lastSeq), watermark: 0, rangesEnd: 0 }] : [];
  const stale = newImage();
  stale.header.segmentId = 8; // of another file, and valid there
  const old = stale.begin().group(...Array.from({ length: fileUnits - 1 }, () => 1));
  const staleBytes = old.bytes(fileUnits * unit);
  const image = newImage().begin().group(1);
  image.group(...units);
  if (source === 'mark') image.mark();
  const whole = image.bytes(fileUnits * unit);
  put(disk, segmentPath(1), whole);
  if (source === 'later-file') {
    image.begin().group(1);
    put(disk, segmentPath(2), image.bytes(4 * unit).fill(0, 0, unit));
  }
  return { disk, cursors, image, whole, stale: staleBytes, source, fromUnit: unitsBefore, units };
}

function numbers(lastSeq: number) {
  const durable = { durableSeq: lastSeq, durableEntryEnd: lastSeq };
  return { ...durable, nextBlockSeq: lastSeq + 1, nextEntrySeq: lastSeq };
}

/** What the specification says: rows, last block, damage ranges. */
function expectation({ units, source }: Scene, survives: readonly boolean[], isStale: boolean) {
  let at = 0;
  const isWhole = units.map((count) => {
    at += count;
    return survives.slice(at - count, at).every(Boolean);
  });
  const firstBad = isWhole.indexOf(false);
  const rows = new Set<RecoveryRow>();
  if (source === 'later-file') rows.add(RecoveryRow.TornFile);
  const lastSeq = 1 + units.length;
  if (firstBad === -1) {
    // The block behind the group: stale bytes there are seen only if they were put there.
    rows.add(RecoveryRow.CleanEnd);
    return { rows, lastBlockSeq: lastSeq + (source === 'mark' ? 1 : 0), damageCount: 0 };
  }
  if (source === 'none') {
    const before = units.slice(0, firstBad).reduce((sum, count) => sum + count, 0);
    const isContent = isStale || survives.slice(before).some(Boolean);
    rows.add(isContent ? RecoveryRow.Torn : RecoveryRow.CleanEnd);
    return { rows, lastBlockSeq: 1 + firstBad, damageCount: 0 };
  }
  const isTailLost = source !== 'mark' && !isWhole.at(-1);
  const runs = isWhole.filter((whole, index) => !whole && isWhole[index - 1] !== false).length;
  const damageCount = runs - (isTailLost ? 1 : 0);
  if (damageCount > 0) rows.add(RecoveryRow.DurableDamage);
  rows.add(isTailLost ? RecoveryRow.DurableTailLost : RecoveryRow.CleanEnd);
  return { rows, lastBlockSeq: lastSeq + (source === 'mark' ? 1 : 0), damageCount };
}

function damage(scene: Scene, survives: readonly boolean[], isStale: boolean): void {
  const bytes = scene.whole.slice();
  for (const [index, survived] of survives.entries()) {
    if (survived) continue;
    const from = (scene.fromUnit + index) * unit;
    if (isStale) bytes.set(scene.stale.subarray(from, from + unit), from);
    else bytes.fill(0, from, from + unit);
  }
  scene.disk.overwrite(segmentPath(1), bytes, 0);
}

function check(scene: Scene, survives: readonly boolean[], isStale: boolean): RecoveredLog {
  damage(scene, survives, isStale);
  const expected = expectation(scene, survives, isStale);
  const found = recover(scene.disk, { readOnly: true, cursors: scene.cursors });
  const { origin, report } = found;
  const state = `${scene.source} ${scene.units} ${survives.map(Number).join('')} stale ${isStale}`;
  assert.deepEqual([...report.rows].sort(), [...expected.rows].sort(), state);
  assert.equal(origin.lastBlockSeq, expected.lastBlockSeq, state);
  assert.equal(report.damage.length, expected.damageCount, state);
  assert.equal(origin.entryEnd, Math.min(expected.lastBlockSeq, 1 + scene.units.length), state);
  assert.ok(origin.nextBlockSeq > highestSeen(scene, survives), state);
  return found;
}

/** Headers that survived keep their numbers from being given again. */
function highestSeen({ units }: Scene, survives: readonly boolean[]): number {
  let at = 0;
  let highest = 1;
  for (const [index, count] of units.entries()) {
    if (survives[at]) highest = 2 + index;
    at += count;
  }
  return highest;
}

function* shapes(): Generator<readonly number[]> {
  const sizes = [1, 2, 3, 4];
  for (const a of sizes) {
    yield [a];
    for (const b of sizes) {
      yield [a, b];
      for (const c of sizes) yield [a, b, c];
    }
  }
}

it('every surviving subset of the last group has the verdict of the table', (context) => {
  const random = new SeededRandom(testSeed(context));
  let stateCount = 0;
  for (const units of shapes()) {
    const count = units.reduce((sum, each) => sum + each, 0);
    if (unitsBefore + count >= fileUnits) throw new Error('file too small');
    for (const source of sources) {
      const scene = makeScene(units, source);
      for (let subset = 0; subset < 2 ** count; subset += 1) {
        const survives = Array.from({ length: count }, (_, index) => ((subset >> index) & 1) === 1);
        const isKnown = count <= 4 || vaultFactor >= 10; // all of the small ones, always
        for (const isStale of [false, true]) {
          if (!isKnown && !random.oneIn(Math.ceil(400 / vaultFactor))) continue;
          check(scene, survives, isStale);
          stateCount += 1;
        }
      }
    }
  }
  context.diagnostic(`${stateCount} states`);
  assert.ok(stateCount > 1000);
});

it('what is found stays found: recovered, and recovered again', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (const units of [[2], [1, 1, 1], [1, 2]]) {
    for (const source of sources) {
      const count = units.reduce((sum, each) => sum + each, 0);
      for (let subset = 0; subset < 2 ** count; subset += 1) {
        const survives = Array.from({ length: count }, (_, index) => ((subset >> index) & 1) === 1);
        const scene = makeScene(units, source);
        const found = check(scene, survives, random.oneIn(2));
        const { disk, cursors } = scene;
        assert.deepEqual(logOf(recover(disk, { cursors })), logOf(found));
        assert.deepEqual(logOf(recover(disk, { cursors })), logOf(found));
        assert.deepEqual(logOf(recover(disk)), logOf(found)); // META knows by now
      }
    }
  }
});
