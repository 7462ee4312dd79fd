import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { durableEnd, type VaultPageWorkerData } from '../../test/support/vault-page-worker.ts';
import { destinationsMax } from './state-page.ts';
import { TimeHistogram } from './time-histogram.ts';
import {
  ConsumerWord,
  DurableEnd,
  deadLetterReasonMax,
  VaultPage,
  VaultWord,
  vaultPageSizeBytes,
} from './vault-page.ts';

const guardSizeBytes = 64;

function pageBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(vaultPageSizeBytes + 2 * guardSizeBytes);
}

test('VaultPage keeps every word apart and shows it to another view', () => {
  const buffer = pageBuffer();
  const writer = new VaultPage(buffer, guardSizeBytes);
  const reader = new VaultPage(buffer, guardSizeBytes);
  const end = new DurableEnd();
  durableEnd(7, end);
  writer.publishEnd(end);
  // A different number in each word: two that shared a place would show a wrong one.
  let number = 1;
  const expected: [get: () => number, value: number][] = [];
  for (const word of Object.values(VaultWord)) {
    writer.set(word, number);
    writer.add(word, 0.5);
    expected.push([() => reader.get(word), number++ + 0.5]);
  }
  for (let index = 0; index < destinationsMax; index += 1) {
    for (const word of Object.values(ConsumerWord)) {
      writer.consumer(index).set(word, number);
      writer.consumer(index).add(word, 2 ** 40);
      expected.push([() => reader.consumer(index).get(word), number++ + 2 ** 40]);
    }
  }
  for (let reason = 0; reason <= deadLetterReasonMax; reason += 1) {
    const [batchCount, recordCount] = [1, number++];
    writer.addDeadLetter(reason, recordCount);
    expected.push([() => reader.deadLetters(reason).batchCount, batchCount]);
    expected.push([() => reader.deadLetters(reason).recordCount, recordCount]);
  }
  const syncs = new TimeHistogram();
  syncs.add(70_000);
  writer.setSyncTimes(syncs.words);
  expected.push([() => reader.syncTimes().count, 1], [() => reader.syncTimes().sumMs, 70_000]);
  assert.deepEqual(
    expected.map(([get]) => get()),
    expected.map(([, value]) => value),
  );
  const out = new DurableEnd();
  reader.readEnd(out);
  assert.deepEqual(out, end);
  const bytes = new Uint8Array(buffer);
  assert.ok(bytes.subarray(0, guardSizeBytes).every((byte) => byte === 0));
  assert.ok(bytes.subarray(-guardSizeBytes).every((byte) => byte === 0));
});

test('readEnd() gives the end that was published last, zeros before, up to 2^53 - 1', () => {
  const buffer = pageBuffer();
  const page = new VaultPage(buffer, 0);
  const out = Object.assign(new DurableEnd(), { blockSeq: 9 });
  page.readEnd(out);
  assert.deepEqual(out, new DurableEnd());
  new Uint32Array(buffer)[0] = 2 ** 32 - 3; // the version wraps on the way
  for (let n = 1; n < 6; n += 1) {
    const end = Object.assign(new DurableEnd(), {
      liveSegmentId: n,
      endBytes: 2 ** 32 - 1 + n,
      blockSeq: 2 ** 53 - n,
      entryEnd: 0,
    });
    page.publishEnd(end);
    page.readEnd(out);
    assert.deepEqual(out, end);
  }
});

test('readEnd() never sees half of an end while another thread publishes', async () => {
  const data: VaultPageWorkerData = {
    buffer: pageBuffer(),
    offsetBytes: guardSizeBytes,
    stop: new Int32Array(new SharedArrayBuffer(4)),
  };
  const url = new URL('../../test/support/vault-page-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: data });
  const exit = once(worker, 'exit');
  const page = new VaultPage(data.buffer, guardSizeBytes);
  const end = new DurableEnd();
  const expected = new DurableEnd();
  let changes = 0;
  let torn = 0;
  let last = 0;
  // Both threads run for certain once the end has changed this often under the reader's eyes.
  for (let reads = 0; changes < 50_000; reads += 1) {
    assert.ok(reads < 200_000_000, 'the other thread does not publish any more');
    page.readEnd(end);
    const n = end.liveSegmentId / (2 ** 32 + 1);
    if (n !== last) changes += 1;
    last = n;
    durableEnd(n, expected);
    const whole = end.endBytes === expected.endBytes && end.blockSeq === expected.blockSeq;
    if (!whole || end.entryEnd !== expected.entryEnd || !Number.isInteger(n)) torn += 1;
    if (changes === 0) await Promise.race([exit, setImmediate()]); // it is starting
  }
  Atomics.store(data.stop, 0, 1);
  assert.equal(torn, 0);
  assert.deepEqual(await exit, [0]);
});

test('VaultPage has no consumer beyond its bounds and takes no end that is not a place', () => {
  const page = new VaultPage(pageBuffer(), 0);
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => page.consumer(-1));
  check(() => page.consumer(destinationsMax));
  check(() => page.publishEnd(Object.assign(new DurableEnd(), { endBytes: -1 })));
  check(() => page.publishEnd(Object.assign(new DurableEnd(), { entryEnd: 2 ** 53 })));
  check(() => new VaultPage(pageBuffer(), 8));
});
