import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { PartOutlet } from './part-outlet.ts';

test('give() sends at once while there is room', () => {
  const taken = new SharedArrayBuffer(4);
  const sent: number[] = [];
  const outlet = new PartOutlet<number>(taken, 2, (part) => sent.push(part));
  outlet.give(1);
  outlet.give(2);
  Atomics.add(new Int32Array(taken), 0, 2);
  outlet.give(3);
  outlet.give(4);
  assert.deepEqual(sent, [1, 2, 3, 4]);
});

test('give() waits for the other thread to take one', async () => {
  const taken = new SharedArrayBuffer(4);
  const word = new Int32Array(taken);
  const worker = new Worker(
    `import { workerData, parentPort } from 'node:worker_threads';
     const { PartOutlet } = await import(workerData.file);
     const outlet = new PartOutlet(workerData.taken, 1, (part) => parentPort.postMessage(part));
     for (let part = 1; part <= 3; part += 1) outlet.give(part);`,
    {
      eval: true,
      workerData: { taken, file: new URL('./part-outlet.ts', import.meta.url).href },
    },
  );
  const arrived: number[] = [];
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  for await (const part of partsOf(worker)) {
    arrived.push(part);
    // Whatever it sends too early is here by the time that a turn is over.
    await new Promise(setImmediate);
    assert.equal(Atomics.load(word, 0), arrived.length - 1);
    Atomics.add(word, 0, 1);
    Atomics.notify(word, 0);
    if (arrived.length === 3) break;
  }
  assert.deepEqual(arrived, [1, 2, 3]);
  await ended;
});

/** In order; one that is early stays the next. */
async function* partsOf(worker: Worker): AsyncGenerator<number> {
  const waiting: number[] = [];
  let wake = () => {};
  worker.on('message', (part: number) => {
    waiting.push(part);
    wake();
  });
  for (;;) {
    if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    assert.equal(waiting.length, 1, 'a part came before the one in front of it was taken');
    yield waiting.shift()!; // there is one
  }
}
