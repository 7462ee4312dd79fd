// The vault thread of vault-page.test.ts: publishes one durable end after the other, as fast as it
// can, until it is told to stop.

import { workerData } from 'node:worker_threads';
import { DurableEnd, VaultPage } from '../../src/memory/vault-page.ts';

export interface VaultPageWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly offsetBytes: number;
  /** 1: stop. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** The values of the n-th end: both halves of each change from one to the next. */
export function durableEnd(n: number, out: DurableEnd): void {
  const step = 2 ** 32 + 1;
  out.liveSegmentId = n * step;
  out.endBytes = n * step * 2;
  out.blockSeq = n * step * 3;
  out.entryEnd = n * step * 5;
}

if (workerData !== null) {
  const data = workerData as VaultPageWorkerData; // what the test passes
  const page = new VaultPage(data.buffer, data.offsetBytes);
  const end = new DurableEnd();
  for (let n = 1; Atomics.load(data.stop, 0) === 0; n = (n % 100_000) + 1) {
    durableEnd(n, end);
    page.publishEnd(end);
  }
}
