import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuilder } from '../../test/support/log-builder.ts';
import { endOf, LogReading, putSegment } from '../../test/support/log-read-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { segmentPath } from './file-names.ts';
import { sealedSummary, summarizeSegment } from './offline-segment.ts';
import { ReadStatus } from './read-status.ts';

const path = segmentPath(1);

/** A sealed segment of seven units, and one behind it. */
function sealedLog() {
  const disk = new SimulatedDisk();
  const builder = new LogBuilder();
  builder.begin();
  builder.addGroup([Buffer.alloc(300, 'ab'), Buffer.alloc(7)]);
  builder.addMark();
  builder.addGroup([Buffer.from('one more')]);
  builder.seal();
  putSegment(disk, builder);
  builder.end();
  builder.begin();
  builder.addGroup([Buffer.from('the next')]);
  putSegment(disk, builder);
  return { disk, builder };
}

/** What reading all of it and looking at each segment finds. */
function find({ disk, builder }: ReturnType<typeof sealedLog>): string[] {
  const end = endOf(builder, false);
  const reading = new LogReading(disk, builder.vaultUuid);
  const { source, reader } = reading;
  const found = reading.toEnd(end).includes('lost') ? ['lost'] : [];
  for (const segment of source.segments) {
    if (segment.headerStatus !== ReadStatus.Ok) found.push('header');
    const { footer, state } = summarizeSegment({ source }, segment);
    if (state === 'sealed' && footer.kind !== 'footer') found.push('footer');
  }
  reader.close();
  return found;
}

test('summarizeSegment() says what a segment is', () => {
  const { disk, builder } = sealedLog();
  const { source } = new LogReading(disk, builder.vaultUuid);
  source.refresh(endOf(builder, false));
  const [sealed, live] = source.segments.map((segment) => summarizeSegment({ source }, segment));
  assert.deepEqual(find({ disk, builder }), []);
  assert.deepEqual([sealed?.state, sealed?.blockCount, sealed?.rawBytes], ['sealed', 3, 512]);
  assert.deepEqual([live?.state, live?.blockCount, live?.storedBytes], ['live', 1, 4096]);
});

test('sealedSummary() says the same by the footer, as far as that goes', () => {
  const { disk, builder } = sealedLog();
  const { source } = new LogReading(disk, builder.vaultUuid);
  source.refresh(endOf(builder, false));
  const [sealed, live] = source.segments;
  assert.ok(sealed !== undefined && live !== undefined);
  const quick = sealedSummary({ source }, sealed);
  // The builder's trailer ends a minute behind the last block.
  const newestMs = quick?.newestMs;
  const summary = { ...summarizeSegment({ source }, sealed), rawBytes: undefined, newestMs };
  assert.deepEqual(quick, summary);
  assert.equal(sealedSummary({ source }, live), undefined);
  // Behind the header of the segment and its blocks.
  disk.flipBit(path, 8 * (4_096 + (quick?.storedBytes ?? 0) + 200));
  assert.equal(sealedSummary({ source }, sealed), undefined, 'a footer that does not hold');
});

test('one flipped bit in any byte of a sealed segment is found', (context) => {
  const random = new SeededRandom(testSeed(context));
  const log = sealedLog();
  const sizeBytes = log.disk.contents(path).length;
  // All of them if there are as many cases, else every nth.
  const step = Math.max(1, Math.floor(sizeBytes / caseCount(700)));
  for (let at = random.below(step); at < sizeBytes; at += step) {
    const bit = 8 * at + random.below(8);
    log.disk.flipBit(path, bit);
    assert.notDeepEqual(find(log), [], `bit ${bit}`);
    log.disk.flipBit(path, bit);
  }
});
