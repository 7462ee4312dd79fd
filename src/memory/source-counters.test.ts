import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readSources,
  SourceCounter,
  SourceCounters,
  sourcesMax,
  sourceWords,
} from './source-counters.ts';

function words(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(sourceWords * 8));
}

test('SourceCounters keeps every source and every word apart, readSources() adds the shards', () => {
  const shards = [words(), words()];
  const writers = shards.map((one) => new SourceCounters(one));
  for (const [shard, writer] of writers.entries()) {
    for (const [at, name] of ['CN=a', 'CN=ä 🙂', 'CN=a'].entries()) {
      const slot = writer.slotOf(name);
      for (const word of Object.values(SourceCounter)) {
        writer.add(slot, word, 100 ** at * (10 * shard + word + 1));
      }
    }
  }
  const both = Object.values(SourceCounter).map((word) => 10 + 2 * (word + 1));
  assert.deepEqual(readSources(shards), [
    { name: 'CN=a', counts: both.map((sum) => sum * 10_001) },
    { name: 'CN=ä 🙂', counts: both.map((sum) => sum * 100) },
  ]);
});

test('slotOf() gives what comes after the last slot, and what has no name, one together', () => {
  const memory = words();
  const writer = new SourceCounters(memory);
  for (let count = 0; count < 200; count += 1) {
    writer.add(writer.slotOf(`CN=${count}`), SourceCounter.Received, 1);
  }
  writer.add(writer.slotOf(''), SourceCounter.Received, 1);
  writer.add(writer.slotOf('CN=5'), SourceCounter.Received, 1);
  const found = readSources([memory]);
  assert.equal(found.length, sourcesMax);
  const received = (name: string) => found.find((one) => one.name === name)?.counts[0];
  assert.deepEqual(
    [received('CN=0'), received('CN=5'), received('CN=62'), received('CN=63'), received('')],
    [1, 2, 1, undefined, 200 - 63 + 1],
  );
});

test('readSources() shows the beginning of a long name', () => {
  const memory = words();
  const writer = new SourceCounters(memory);
  writer.add(writer.slotOf(`CN=${'x'.repeat(500)}`), SourceCounter.Acked, 1);
  assert.deepEqual(readSources([memory]), [
    { name: `CN=${'x'.repeat(125)}`, counts: [0, 1, 0, 0, 0, 0] },
  ]);
  assert.deepEqual(readSources([words()]), []);
});
