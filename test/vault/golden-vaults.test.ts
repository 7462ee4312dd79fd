// Layer K of the vault's tests. Scenario: copies of vaults that an earlier version of the engine
// left on a disk (test/vault/golden) are opened by this one, for looking and for going on.
// Guarantees: exactly the batches that were in them are read, the cursors stand where they stood,
// no number is given again; what this version must not touch stays as it is to the byte (V18).

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { vaultVerify } from '../../src/cli/vault-verify.ts';
import { systemClock } from '../../src/clock.ts';
import { GopherShipError } from '../../src/errors.ts';
import { MiB } from '../../src/limits.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { EntryCursor } from '../../src/vault/entry-cursor.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import { VaultAnswer } from '../../src/vault/hand-over.ts';
import { type OfflineLog, OfflineVault } from '../../src/vault/offline.ts';
import { U64 } from '../../src/vault/u64.ts';
import {
  filePrints,
  type GoldenEntry,
  type GoldenFacts,
  goldenFacts,
  goldenNames,
  sha256,
  unpackGolden,
} from '../support/golden-vault.ts';
import { RigMemory } from '../support/rig-memory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VaultRig } from '../support/vault-rig.ts';
import { xxh64 } from '../support/xxh64.ts';

const temporary = temporaryDirectory('golden');
const memory = new RigMemory({ slabsSizeBytes: 8 * MiB });
after(() => temporary.remove());

let unpacked = 0;

function unpack(name: string): string {
  unpacked += 1;
  const folder = join(temporary.path, String(unpacked));
  unpackGolden(name, folder);
  return folder;
}

function start(folder: string, { segmentSizeBytes, cursors }: GoldenFacts): VaultRig {
  return new VaultRig({
    ...{ directory: new DirectDirectory(folder), direct: false, memory },
    consumers: cursors.map(({ consumer }) => consumer),
    config: {
      ...{ segmentSizeBytes, deadLetterLimitBytes: 2 * segmentSizeBytes, limitBytes: 64 * MiB },
    },
  });
}

/** Everything that a log has, and nothing that it lost. */
function entriesOf(vault: OfflineVault, log: OfflineLog | undefined): GoldenEntry[] {
  const entries: GoldenEntry[] = [];
  const cursor = new EntryCursor(vault.area, vault.hash);
  while (log !== undefined) {
    const read = log.reader.next(log.end, { take: (sizeBytes) => vault.take(sizeBytes) });
    if (read.kind === 'end') break;
    if (read.kind !== 'entries') assert.fail(JSON.stringify(read));
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      assert.ok(cursor.checkBody(), 'the body is what its producer hashed');
      const { entrySeq, kind, codec, bodySizeBytes: sizeBytes } = cursor.entry;
      const { bodyOffsetBytes: at } = cursor;
      const body = vault.area.bytes.slice(at, at + sizeBytes);
      entries.push({ entrySeq, kind, codec, sizeBytes, sha256: sha256(body) });
    }
  }
  log?.reader.close();
  return entries;
}

function checkCursors(rig: VaultRig, { cursors }: GoldenFacts): void {
  for (const [index, { consumer, watermark, ranges, delivered, dropped }] of cursors.entries()) {
    const found = rig.vault.cursors.cursor(index).snapshot();
    assert.equal(found.watermark, watermark, consumer);
    assert.equal(found.delivered, delivered, consumer);
    assert.equal(found.dropped, dropped, consumer);
    // What was burnt is skipped already, in one range behind the others.
    assert.deepEqual([...found.ranges].slice(0, 2 * ranges.length), ranges.flat(), consumer);
  }
}

function seqsOf(entries: readonly { readonly entrySeq: number }[], fromSeq = 0): number[] {
  return entries.map(({ entrySeq }) => entrySeq).filter((entrySeq) => entrySeq >= fromSeq);
}

async function verify(folder: string): Promise<{ clean: boolean; findings: unknown[] }> {
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  const talk = (more: string) => assert.fail(more);
  const rest = { environment: {}, directory: folder, isWatched: false };
  await vaultVerify(folder, { out, talk, write() {}, format: 'json', ...rest });
  return JSON.parse(text);
}

for (const name of goldenNames()) {
  test(`golden vault ${name}: verify finds no damage`, async () => {
    assert.deepEqual((await verify(unpack(name))).findings, []);
  });
}

test('there are golden vaults of every minor version', () => {
  const names = ['crashed', 'dropped', 'large', 'sealed', 'torn'].map((name) => `1.0/${name}`);
  assert.deepEqual(goldenNames(), names);
});

for (const name of goldenNames()) {
  const facts = goldenFacts(name);

  test(`golden vault ${name}: ${facts.about}: the commands read it, and leave it alone`, async () => {
    const folder = unpack(name);
    const before = filePrints(folder);
    const vault = new OfflineVault(folder, systemClock);
    assert.deepEqual(vault.log.recovered.report.rows, facts.rows);
    const all = entriesOf(vault, vault.log);
    const lowest = Math.min(...facts.cursors.map(({ watermark }) => watermark));
    assert.deepEqual(
      all.filter(({ entrySeq }) => entrySeq >= lowest),
      facts.entries,
    );
    assert.deepEqual(entriesOf(vault, vault.deadLetters), facts.deadLetters);
    assert.deepEqual(filePrints(folder), before);
  });

  test(`golden vault ${name}: a start goes on with it, and so does the next`, () => {
    const folder = unpack(name);
    const lowest = Math.min(...facts.cursors.map(({ watermark }) => watermark));
    let entryEnd = facts.nextEntrySeq;
    const appended: number[] = [];
    for (const life of [1, 2]) {
      const rig = start(folder, facts);
      if (life === 1) checkCursors(rig, facts);
      const { entries, others } = rig.read(lowest);
      assert.deepEqual(seqsOf(entries), [...seqsOf(facts.entries), ...appended]);
      const lost = others.filter(({ kind }) => kind !== 'skipped');
      assert.deepEqual(lost, []);
      const { answer, entrySeq } = rig.commit(`of life ${life}`);
      assert.equal(answer, VaultAnswer.Acked);
      assert.ok(entrySeq >= entryEnd, 'a number that was given already');
      entryEnd = entrySeq + 1;
      appended.push(entrySeq);
      assert.deepEqual(seqsOf(rig.read(entrySeq).entries), [entrySeq]);
      rig.vault.close();
    }
  });
}

/** Puts a number into a field of a structure, under a hash that holds. */
function patch(path: string, { from, field, value, hashed }: Patch): void {
  const bytes = readFileSync(path);
  bytes.writeUInt16LE(value, from + field);
  const out = new U64();
  xxh64.hash64(bytes, from, hashed, out);
  out.write(new DataView(bytes.buffer, bytes.byteOffset), from + hashed);
  writeFileSync(path, bytes);
}

interface Patch {
  readonly from: number;
  readonly field: number;
  readonly value: number;
  /** Bytes in front of the hash. */
  readonly hashed: number;
}

const slot = (from: number, field: number, value: number) => ({ from, field, value, hashed: 4088 });

/** Fields of the segment header and of both slots of META, as the format has them. */
const refusals: readonly (readonly [string, string, Patch])[] = [
  ['a segment of major 2', segmentPath(1), slot(0, 16, 2)],
  ['a segment with an incompatible feature', segmentPath(1), slot(0, 128, 1)],
  ['META of major 2', 'META', slot(4096, 4, 2)],
  ['META with an incompatible feature', 'META', slot(4096, 80, 1)],
  ['dead letters of major 2', 'dead/META', slot(4096, 4, 2)],
  ['dead letters with an incompatible feature', 'dead/META', slot(4096, 80, 1)],
];

for (const [title, path, change] of refusals) {
  test(`golden vault 1.0/crashed with ${title} is refused, and is as it was`, () => {
    const folder = unpack('1.0/crashed');
    patch(join(folder, path), change);
    const before = filePrints(folder);
    const isTyped = (error: unknown) =>
      error instanceof GopherShipError && error.code === 'VAULT_REFUSED';
    assert.throws(() => start(folder, goldenFacts('1.0/crashed')), isTyped);
    assert.deepEqual(filePrints(folder), before);
    assert.throws(() => new OfflineVault(folder, systemClock), isTyped);
    assert.deepEqual(filePrints(folder), before);
  });
}

test('golden vault 1.0/crashed with unknown compatible features opens as if there were none', () => {
  const facts = goldenFacts('1.0/crashed');
  const folder = unpack('1.0/crashed');
  patch(join(folder, segmentPath(1)), slot(0, 136, 0x80));
  for (const from of [0, 4096]) patch(join(folder, 'META'), slot(from, 88, 0x80));
  const rig = start(folder, facts);
  assert.deepEqual(seqsOf(rig.read(facts.entries[0]?.entrySeq).entries), seqsOf(facts.entries));
  assert.equal(rig.commit('more').answer, VaultAnswer.Acked);
  rig.vault.close();
});

for (const [path, change] of [
  [segmentPath(1), slot(0, 132, 1)],
  ['META', slot(4096, 84, 1)],
] as const) {
  test(`golden vault 1.0/crashed with an unknown read-only feature in ${path} is only read`, () => {
    const facts = goldenFacts('1.0/crashed');
    const folder = unpack('1.0/crashed');
    patch(join(folder, path), change);
    const before = filePrints(folder);
    const rig = start(folder, facts);
    assert.deepEqual(seqsOf(rig.read(facts.entries[0]?.entrySeq).entries), seqsOf(facts.entries));
    assert.equal(rig.commit('more').answer, VaultAnswer.ReadOnly);
    rig.pass(40_000, 1_000);
    rig.vault.close();
    assert.deepEqual(filePrints(folder), before);
  });
}
