import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  damage,
  first,
  folder,
  makeVault,
  second,
  temporary,
} from '../../test/support/vault-command-rig.ts';
import { writeCursor } from '../../test/support/vault-folder.ts';
import { systemClock } from '../clock.ts';
import { OfflineVault } from '../vault/offline.ts';
import { exportBatches } from './batch-export.ts';
import { listLetters } from './dead-letters.ts';
import { payloadsUnbounded } from './entry-payload.ts';
import { checkVault } from './vault-check.ts';
import { listVault } from './vault-list.ts';

after(() => temporary.remove());

const ignored = () => {};

/** The vault is looked at, then an engine does something, then it is read. */
function openThen(meanwhile: (builder: ReturnType<typeof makeVault>) => void): OfflineVault {
  const builder = makeVault();
  const vault = new OfflineVault(folder, systemClock);
  meanwhile(builder);
  return vault;
}

/** Every consumer has all of the first segment, and so it is deleted. */
function settleFirst(builder: ReturnType<typeof makeVault>): void {
  writeCursor(folder, builder, 'otlp/primary', 5);
  rmSync(join(folder, first));
}

function exportAll(vault: OfflineVault) {
  const sink = { write: ignored, failed: ignored, read: ignored };
  const all = { slot: undefined, fromMs: 0, toMs: Number.POSITIVE_INFINITY };
  return exportBatches(vault, { format: 'jsonl', ...all }, payloadsUnbounded, sink);
}

test('checkVault() finds no damage in what was settled and deleted meanwhile', () => {
  const check = checkVault(openThen(settleFirst), ignored);
  assert.deepEqual(check.findings, []);
  assert.deepEqual(check.notes, ['1 files were settled and deleted meanwhile']);
  assert.equal(check.entries, 3);
});

test('checkVault() finds what vanished that somebody still waits for', () => {
  const vault = openThen(() => rmSync(join(folder, first)));
  const { findings, lostEntries } = checkVault(vault, ignored);
  assert.equal(lostEntries, 5);
  assert.match(findings[0]?.what ?? '', /^file is missing: entries 0 to 4/);
});

test('checkVault() says how far it is, up to the end', () => {
  makeVault();
  const seen: [number, number][] = [];
  checkVault(new OfflineVault(folder, systemClock), (done, total) => seen.push([done, total]));
  assert.ok(seen.length >= 3);
  for (const [index, [done, total]] of seen.entries()) {
    assert.equal(total, seen[0]?.[1]);
    assert.ok(done <= total && done >= (seen[index - 1]?.[0] ?? 0));
  }
});

test('exportBatches() loses nothing by a file that was settled and deleted meanwhile', () => {
  assert.deepEqual(exportAll(openThen(settleFirst)), { written: 2, failed: 0, lost: 0 });
  const gone = openThen(() => rmSync(join(folder, first)));
  assert.deepEqual(exportAll(gone), { written: 2, failed: 0, lost: 5 });
});

test('exportBatches() leaves out what is larger than its bounds, and counts it', () => {
  makeVault();
  const vault = new OfflineVault(folder, systemClock);
  const failures: string[] = [];
  const bounds = { bodySizeBytesMax: 400, jsonSizeBytesMax: 1_048_576 };
  const all = { slot: undefined, fromMs: 0, toMs: Number.POSITIVE_INFINITY };
  const counts = exportBatches(vault, { format: 'protobuf', ...all }, bounds, {
    ...{ write: ignored, read: ignored },
    failed: (entrySeq, why) => failures.push(`${entrySeq}: ${why}`),
  });
  assert.equal(counts.written + counts.failed, 7);
  assert.equal(counts.failed, failures.length);
  // Stored it is shorter.
  assert.ok(failures.includes('2: has more than 400 bytes'), failures.join());
});

test('listVault() leaves out segments that are gone, and reads few of many', () => {
  const options = { segmentsMax: 10, quick: true };
  const after = listVault(openThen(settleFirst), options);
  assert.deepEqual(
    after.segments.map(({ segmentId }) => segmentId),
    ['0000000000000002'],
  );
  makeVault();
  damage(first, 4096 + 60);
  const vault = new OfflineVault(folder, systemClock);
  const newest = listVault(vault, { segmentsMax: 1, quick: true });
  assert.deepEqual([newest.segments.length, newest.segmentsLeftOut], [1, 1]);
  assert.deepEqual([newest.totals.segments, newest.totals.entries], [2, 7]);
  const all = listVault(vault, { segmentsMax: 2, quick: false });
  assert.equal(newest.totals.fileBytes, all.totals.fileBytes);
});

test('listLetters() goes on where it stopped, and a deleted letter is none', () => {
  const vault = openThen(ignored);
  assert.deepEqual(listLetters(vault, { fromEntrySeq: 0, countMax: 0 }, ignored).nextEntrySeq, 0);
  const { deadLetters, nextEntrySeq } = listLetters(
    vault,
    { fromEntrySeq: 0, countMax: 1 },
    ignored,
  );
  assert.deepEqual([deadLetters.length, nextEntrySeq], [1, undefined]);
  assert.deepEqual(listLetters(vault, { fromEntrySeq: 1, countMax: 9 }, ignored).deadLetters, []);
  const purged = openThen(() => rmSync(join(folder, 'dead', second.replace('2.vlt', '1.vlt'))));
  const none = listLetters(purged, { fromEntrySeq: 0, countMax: 9 }, ignored);
  assert.deepEqual([none.deadLetters, none.lost], [[], 0]);
});
