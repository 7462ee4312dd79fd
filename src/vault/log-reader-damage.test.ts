// Scenario: random logs of sealed, crashed, poisoned and live segments are damaged at random
// places, or lose whole files, and are read from random entries on.
// Guarantees: what is handed out is what was put in; what comes covers every entry once, in order;
// one damaged unit loses only the entries with bytes in its block; void entries never come.
//
// GOPHERSHIP_VAULT_FACTOR multiplies the cases, GOPHERSHIP_SEED repeats them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuiltBlock } from '../../test/support/built-log.ts';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf, LogReading, putSegment } from '../../test/support/log-read-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { segmentPath } from './file-names.ts';

const MiB = 1024 * 1024;
const unit = 4096;

interface Built {
  readonly disk: SimulatedDisk;
  readonly builder: LogBuilder;
  readonly end: DurableEnd;
  /** By entry; those of a jump are missing. */
  readonly bodies: ReadonlyMap<number, Buffer>;
  /** Torn, poisoned or given up. */
  readonly voidBodies: readonly ReadonlyMap<number, Buffer>[];
  /** Those that count, without footers and trailers. */
  readonly blocks: readonly BuiltBlock[];
}

function randomBody(random: SeededRandom, sizeBytes: number): Uint8Array {
  const body = Buffer.alloc(sizeBytes, random.below(256));
  const noiseBytes = random.oneIn(2) ? Math.min(sizeBytes, 5_000) : 0;
  for (let at = 0; at < noiseBytes; at += 1) body[at] = random.next();
  return body;
}

function randomLog(random: SeededRandom): Built {
  const disk = new SimulatedDisk();
  const builder = new LogBuilder(random.below(3));
  const bodies = new Map<number, Buffer>();
  const voidBodies: Map<number, Buffer>[] = [];
  const isVoid = new Set<BuiltBlock>();
  const segmentCount = 1 + random.below(4);
  const isLive = random.oneIn(2);
  for (let segment = 0; segment < segmentCount; segment += 1) {
    const skippedEntries = random.oneIn(3) ? random.below(5) : 0;
    const capacityBytes = 16 * MiB;
    builder.begin({ skippedEntries, skippedBlocks: random.below(2), capacityBytes });
    const groupCount = 1 + random.below(4);
    for (let group = 0; group < groupCount; group += 1) addGroup(random, builder, bodies);
    if (random.oneIn(3)) builder.addMark();
    const isLast = segment === segmentCount - 1;
    const voidFrom = builder.blocks.length;
    if (!isLast && random.oneIn(3)) {
      const point = builder.point();
      voidBodies.push(addGroup(random, builder, new Map()));
      builder.restore(point);
      for (const block of builder.blocks.slice(voidFrom)) isVoid.add(block);
    } else if (!isLast || (!isLive && random.oneIn(2))) {
      builder.seal();
    }
    const isSealed = builder.blocks.at(-1)?.type === 4;
    putSegment(disk, builder, isSealed ? undefined : builder.endBytes + unit * random.below(4));
    builder.end();
  }
  const blocks = builder.blocks.filter((block) => block.type < 3 && !isVoid.has(block));
  return { disk, builder, end: endOf(builder, isLive), bodies, voidBodies, blocks };
}

function addGroup(
  random: SeededRandom,
  builder: LogBuilder,
  bodies: Map<number, Buffer>,
): Map<number, Buffer> {
  const isCut = random.oneIn(20);
  const count = isCut ? 1 : 1 + random.below(6);
  const sizeMax = random.pick([10, 3_000, 30_000]);
  const group = Array.from({ length: count }, () =>
    randomBody(random, isCut ? MiB + random.below(2 * MiB) : random.below(sizeMax)),
  );
  for (const [index, body] of group.entries())
    bodies.set(builder.entryEnd + index, Buffer.from(body));
  builder.addGroup(group);
  return bodies;
}

interface Covered {
  readonly given: ReadonlySet<number>;
  readonly lost: ReadonlySet<number>;
  readonly isExact: boolean;
}

/** Reads to the end, and checks what must hold whatever the damage is. */
function cover(built: Built, from: number, allowsVoid = false): Covered {
  const { disk, builder, end, bodies, voidBodies } = built;
  const reading = new LogReading(disk, builder.vaultUuid);
  reading.reader.seek(from);
  const given = new Set<number>();
  const lost = new Set<number>();
  let isExact = true;
  let next: number | undefined;
  for (let steps = 0; steps < 10_000; steps += 1) {
    const read = reading.next(end);
    if (read.kind === 'end') {
      assert.equal(next ?? from, end.entryEnd);
      reading.reader.close();
      return { given, lost, isExact };
    }
    assert.ok(read.kind !== 'fault' && read.kind !== 'no-room', read.kind);
    const first = read.kind === 'entries' ? read.firstEntrySeq : read.fromEntrySeq;
    const to = read.kind === 'entries' ? first + read.entryCount : read.toEntrySeq;
    if (next === undefined) assert.ok(first <= from && (to > from || read.kind === 'lost'));
    else assert.ok(first === next || (allowsVoid && first < next), `${first} after ${next}`);
    assert.ok(to >= (next ?? first));
    next = to;
    if (read.kind === 'entries') {
      for (const [seq, body] of reading.bodies(read)) {
        const isIt = bodies.get(seq)?.equals(body) === true;
        const isVoid =
          allowsVoid && voidBodies.some((group) => group.get(seq)?.equals(body) === true);
        assert.ok(isIt || isVoid, `entry ${seq} is another one`);
        given.add(seq);
      }
    } else if (read.kind === 'lost') {
      isExact &&= read.exact;
      for (let seq = first; seq < to; seq += 1) lost.add(seq);
    } else {
      for (let seq = first; seq < to; seq += 1) assert.ok(!bodies.has(seq), 'an entry is skipped');
    }
  }
  throw new Error('reading does not end');
}

function entriesOf(block: BuiltBlock): number[] {
  const count = Math.max(block.entryCount, block.type === 1 ? 1 : 0); // a piece has its entry
  return Array.from({ length: count }, (_, index) => block.firstEntrySeq + index);
}

test('a whole log is given as a whole, from every entry on', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(40); n += 1) {
    const built = randomLog(random);
    const { given, lost } = cover(built, built.blocks[0]!.firstEntrySeq);
    assert.equal(given.size, built.bodies.size);
    assert.equal(lost.size, 0);
    const seqs = [...built.bodies.keys()];
    const from = random.pick(seqs);
    const part = cover(built, from);
    assert.ok(seqs.every((seq) => seq < from || part.given.has(seq)));
  }
});

test('one damaged unit loses exactly the entries with bytes in its block', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(120); n += 1) {
    const built = randomLog(random);
    const block = random.pick(built.blocks);
    const units = (block.endBytes - block.offsetBytes) / unit;
    const unitIndex = block.offsetBytes / unit + random.below(units);
    const path = segmentPath(block.segmentId);
    const way = random.below(3);
    if (way === 0) built.disk.breakUnit(path, unitIndex);
    else if (way === 1) built.disk.overwrite(path, new Uint8Array(unit), unitIndex * unit);
    else built.disk.flipBit(path, 8 * unit * unitIndex + random.below(8 * unit));
    const { given, lost, isExact } = cover(built, built.blocks[0]!.firstEntrySeq);
    const expected = new Set(entriesOf(block));
    assert.deepEqual(lost, expected);
    assert.ok(isExact);
    assert.equal(given.size, built.bodies.size - expected.size);
  }
});

test('damage to a header, a footer or a trailer loses no entry', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(60); n += 1) {
    const built = randomLog(random);
    const extras = built.builder.blocks.filter((block) => block.type >= 3);
    const header = {
      segmentId: random.pick(built.blocks).segmentId,
      offsetBytes: 0,
      endBytes: unit,
    };
    const { segmentId, offsetBytes, endBytes } = random.pick([...extras, header]);
    const units = (endBytes - offsetBytes) / unit;
    const at = offsetBytes + unit * random.below(units);
    built.disk.overwrite(segmentPath(segmentId), new Uint8Array(unit).fill(n), at);
    const from = random.pick([...built.bodies.keys()]);
    const { given, lost } = cover(built, from);
    assert.equal(lost.size, 0);
    for (const seq of built.bodies.keys()) assert.ok(seq < from || given.has(seq));
  }
});

test('any damage ends in ranges that cover the log once, and in nothing that was not put in', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let n = 0; n < caseCount(150); n += 1) {
    const built = randomLog(random);
    const { disk, blocks } = built;
    const broken = new Set<string>();
    const ids = [...new Set(blocks.map(({ segmentId }) => segmentId))];
    for (let damage = 1 + random.below(8); damage > 0; damage -= 1) {
      const path = segmentPath(random.pick(ids));
      if (!disk.has(path)) continue;
      const sizeBytes = disk.contents(path).length;
      const at = unit * random.below(sizeBytes / unit);
      const from = unit * random.below(sizeBytes / unit);
      const way = random.below(6);
      if (way === 0) disk.flipBit(path, random.below(8 * sizeBytes));
      else if (way === 1 && !broken.has(path)) {
        broken.add(path); // once: a file of which nothing can be read is a fault
        disk.breakUnit(path, at / unit);
      } else if (way === 2) disk.overwrite(path, disk.contents(path).slice(from, from + unit), at);
      else if (way === 3) disk.overwrite(path, new Uint8Array(unit), at);
      else if (way === 4 && random.oneIn(4)) disk.unlink(path);
      else if (random.oneIn(2)) {
        const other = disk.contents(
          segmentPath(random.pick(ids.filter((id) => disk.has(segmentPath(id))))),
        );
        disk.overwrite(path, other.slice(at, at + unit), at % other.length);
      }
    }
    // Where what makes a group void is lost as well it may come: nobody was told otherwise.
    const { given, lost } = cover(built, built.blocks[0]!.firstEntrySeq, true);
    for (const seq of built.bodies.keys())
      assert.ok(given.has(seq) || lost.has(seq), `entry ${seq}`);
  }
});
