// Layer I of the vault's tests. Scenario: a vault on a real directory takes 10 to 50 MB/s for two
// destinations, one close behind the end, one far behind it; segments are sealed and deleted, and
// once a second one bit of a random file is flipped. Time is the vault's own, so it passes as fast
// as the disk allows. At the end everything is verified, and the vault is started again.
// Guarantees: V6 and V7. Each destination is told of exactly the batches that stood in damaged
// blocks and gets all others as they were handed over; verify finds every flip that is still on the
// disk.
//
// VAULT_LONG_MINUTES: how long, instead of a few seconds.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { vaultVerify } from '../../src/cli/vault-verify.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { DurableEnd, VaultWord } from '../../src/memory/vault-page.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { BlockType, segmentHeaderSizeBytes } from '../../src/vault/format.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';
import { LogSource } from '../../src/vault/log-source.ts';
import { RigMemory } from '../support/rig-memory.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VaultRig } from '../support/vault-rig.ts';
import { BitFlips, type Flip } from './bit-flips.ts';
import { SoakReader } from './soak-reader.ts';

const minutes = Number(process.env.VAULT_LONG_MINUTES ?? 0);
const soakMs = minutes > 0 ? minutes * 60_000 : 6_000;
const segmentSizeBytes = 8 * MiB;
const backlogBytesMax = 40 * MiB;
const memory = new RigMemory({ slabsSizeBytes: 16 * MiB });
const consumers = ['near', 'far'];

function start(directory: DirectDirectory): VaultRig {
  const config = { segmentSizeBytes, limitBytes: 160 * MiB, deadLetterLimitBytes: 128 * KiB };
  // Buffered, as the flips are: both must see the same bytes.
  return new VaultRig({ directory, direct: false, memory, consumers, config });
}

class Soak {
  readonly random: SeededRandom;
  readonly flips: BitFlips;
  readonly source: LogSource;
  readonly readers: readonly [near: SoakReader, far: SoakReader];
  readonly rig: VaultRig;
  appendedBytes = 0;
  seconds = 0;
  /** Number in the body, by entry, of what some destination has not read. */
  readonly #numbers = new Map<number, number>();
  #nextNumber = 0;
  #backlogBytes = 0;
  readonly #noise: Uint8Array;

  constructor(folder: string, random: SeededRandom) {
    this.random = random;
    this.flips = new BitFlips(folder, random);
    this.#noise = Uint8Array.from({ length: 2 * MiB }, () => random.next());
    const directory = new DirectDirectory(folder);
    const rig = start(directory);
    this.rig = rig;
    const { kernel, hash } = memory.buffers;
    this.source = new LogSource({
      ...{ directory, direct: false, vaultUuid: rig.vault.vaultUuid, kernel, hash },
      ...{ area: rig.area, region: memory.reader },
    });
    const reader = (index: number) => new SoakReader(rig, memory, this.source, index, 0);
    this.readers = [reader(0), reader(1)];
  }

  /** A second of the vault's time. */
  second(): void {
    const rateBytes = (10 + this.random.below(41)) * 1_000_000;
    let bytes = 0;
    while (bytes < rateBytes) bytes += this.#group((1_000 * bytes) / rateBytes);
    this.rig.pass(200, 100);
    this.appendedBytes += bytes;
    this.#backlogBytes += bytes;
    this.seconds += 1;
    const flip = this.flips.flip();
    const [near, far] = this.readers;
    if (flip !== undefined) for (const reader of this.readers) reader.expect(flip);
    this.#read(near);
    if (this.#backlogBytes > backlogBytesMax) {
      this.#read(far);
      this.#backlogBytes = 0;
      for (const entrySeq of this.#numbers.keys()) this.#numbers.delete(entrySeq);
      this.source.forgetBelow(far.nextEntrySeq);
      this.rig.pass(1_000, 250);
      const kept = new Set(this.flips.remaining());
      this.flips.forget((gone) => !kept.has(gone));
    }
  }

  #read(reader: SoakReader): void {
    reader.readToEnd((entrySeq) => this.#numbers.get(entrySeq));
    this.rig.turn();
    this.rig.notices();
  }

  // A few batches of any size in one commit.
  #group(atMs: number): number {
    let bytes = 0;
    const first = this.#nextNumber;
    for (let count = 1 + this.random.below(12); count > 0 && bytes < 3 * MiB; count -= 1) {
      const scale = [2 * KiB, 64 * KiB, 256 * KiB, 1_500 * KiB][this.random.below(4)] ?? KiB;
      const from = this.random.below(64 * KiB);
      const body = this.#noise.slice(from, from + 4 + this.random.below(scale));
      new DataView(body.buffer).setUint32(0, this.#nextNumber, true);
      this.#nextNumber += 1;
      this.rig.append(body);
      bytes += body.length;
    }
    this.rig.turn();
    for (const [index, { answer, entrySeq }] of this.rig.answers().entries()) {
      assert.equal(answer, VaultAnswer.Acked);
      this.#numbers.set(entrySeq, first + index);
    }
    if (atMs > 500) this.rig.clock.advance(1);
    return bytes;
  }
}

async function verify(folder: string) {
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  const rest = { environment: {}, directory: folder, isWatched: false };
  await vaultVerify(folder, { out, talk() {}, write() {}, format: 'json', ...rest });
  const value: { findings: { where: string; what: string }[]; lostEntries: number } =
    JSON.parse(text);
  return value;
}

/** What verify must say of this flip. */
function placeOf({ path, atBytes, block }: Flip): string {
  if (path === 'META') return `META, slot ${Math.floor(atBytes / 4_096)}`;
  const name = path.slice(path.indexOf('/') + 1, path.lastIndexOf('.'));
  if (path.startsWith('cursor/')) return `cursor ${name}, slot ${Math.floor(atBytes / 32_768)}`;
  if (atBytes < segmentHeaderSizeBytes) return `seg/${name} header`;
  if (block?.type === BlockType.Footer) return `seg/${name} footer`;
  if (block?.type === BlockType.Trailer) return `seg/${name} trailer`;
  return `seg/${name} at ${block?.fromBytes}`;
}

function partOf(what: string): string {
  return what.split(':')[0] ?? '';
}

/** Zeros of a spare or behind the end are none of the log. */
function isPart({ path, atBytes, block }: Flip): boolean {
  if (!path.startsWith('seg/')) return true;
  return path.endsWith('.vlt') && (atBytes < segmentHeaderSizeBytes || block !== undefined);
}

/** Itself, or in one range with the damaged block in front of it. */
function isFound(flip: Flip, all: readonly Flip[], found: ReadonlySet<string>): boolean {
  if (found.has(placeOf(flip))) return true;
  const before = all.find(
    ({ path, block }) => path === flip.path && block?.toBytes === flip.block?.fromBytes,
  );
  return before !== undefined && flip.block !== undefined && isFound(before, all, found);
}

test('a soak with a flipped bit each second loses what stood there, and nothing else', async (context) => {
  const temporary = temporaryDirectory('soak');
  context.after(() => temporary.remove());
  const folder = join(temporary.path, 'vault');
  mkdirSync(folder);
  const soak = new Soak(folder, new SeededRandom(testSeed(context)));
  const startMs = performance.now();
  while (performance.now() - startMs < soakMs) soak.second();
  const realSeconds = (performance.now() - startMs) / 1_000;
  const [near, far] = soak.readers;
  const { page, vault } = soak.rig;
  const freed = page.get(VaultWord.FreedSegments);
  const end = new DurableEnd();
  page.readEnd(end);
  assert.equal(near.nextEntrySeq, end.entryEnd);
  for (const reader of soak.readers) reader.close();
  vault.close();

  const remaining = soak.flips.remaining();
  const { findings, lostEntries } = await verify(folder);
  const lost = new Set<number>();
  for (const { block } of remaining)
    for (let seq = block?.fromEntrySeq ?? 0; seq < (block?.toEntrySeq ?? 0); seq += 1)
      lost.add(seq);
  assert.equal(lostEntries, lost.size, 'verify counts what stood in the damaged blocks');
  const found = new Set(findings.flatMap(({ where, what }) => [where, `${where} ${partOf(what)}`]));
  const missed = remaining.filter((flip) => isPart(flip) && !isFound(flip, remaining, found));
  assert.deepEqual(missed, [], 'verify finds every flip');

  const next = start(new DirectDirectory(folder));
  const { entries, others } = next.read(far.nextEntrySeq);
  const lostNow = others.flatMap((read) => (read.kind === 'lost' ? [read] : []));
  const count = lostNow.reduce(
    (sum, { fromEntrySeq, toEntrySeq }) => sum + toEntrySeq - fromEntrySeq,
    0,
  );
  const owed = [...lost].filter((entrySeq) => entrySeq >= far.nextEntrySeq);
  assert.equal(count, owed.length, 'lost for the one that is behind');
  assert.equal(entries.length, end.entryEnd - far.nextEntrySeq - owed.length);
  const rate = Math.round(soak.appendedBytes / realSeconds / 1_000_000);
  context.diagnostic(
    `${soak.seconds} s of the vault in ${Math.round(realSeconds)} s, ${rate} MB/s, ` +
      `${near.readCount} batches read, ${near.lostCount} and ${far.lostCount} lost, ` +
      `${remaining.length} flips left on the disk, ${freed} segments deleted`,
  );
  next.vault.close();
});
