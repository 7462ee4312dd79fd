// `npm run bench:sample`: what one sample of this host's files costs the main thread (target T8),
// and what it leaves for the garbage collector. Wall time, so run it on a calm machine. Back to
// back is the work itself; paced is what it costs when other work had the caches in between.

import { setTimeout as sleep } from 'node:timers/promises';
import { HostSampler } from '../../src/monitor/host-sampler.ts';
import { createReadings } from '../../src/monitor/signals.ts';
import { machineLine } from '../report.ts';

const MiB = 1024 * 1024;
const sampleCount = 10_000;
const warmUpCount = 20_000;
const pacedCount = 300;
const paceMs = 10;
const targetMicroseconds = 60;

const sampler = new HostSampler({ memoryLimitBytes: 256 * MiB, arenaSizeBytes: 64 * MiB });
const readings = createReadings();
const backToBack = new Float64Array(sampleCount);
for (let index = 0; index < warmUpCount; index += 1) sampler.sample(index * 100, readings);

const heapBeforeBytes = process.memoryUsage().heapUsed;
for (let index = 0; index < sampleCount; index += 1) {
  backToBack[index] = microsecondsOf((warmUpCount + index) * 100);
}
const heapBytes = process.memoryUsage().heapUsed - heapBeforeBytes;

const paced = new Float64Array(pacedCount);
for (let index = 0; index < pacedCount; index += 1) {
  paced[index] = microsecondsOf((warmUpCount + sampleCount + index) * 100);
  await sleep(paceMs);
}

process.stdout.write(`${machineLine()}; one full sample\n`);
report(`back to back, ${sampleCount}`, backToBack);
report(`every ${paceMs} ms, ${pacedCount}`, paced);
process.stdout.write(`target: p99 < ${targetMicroseconds} us\n`);
process.stdout.write(`heap: ${(heapBytes / sampleCount).toFixed(1)} bytes a sample\n`);
const files = sampler.sources().map(({ live, file }) => (live ? file : undefined));
const liveFiles = new Set(files.filter((file) => file !== undefined));
process.stdout.write(`files of live signals: ${[...liveFiles].join(' ')}\n`);
sampler.close();

function microsecondsOf(nowMs: number): number {
  const startMs = performance.now();
  sampler.sample(nowMs, readings);
  return (performance.now() - startMs) * 1_000;
}

function report(name: string, microseconds: Float64Array): void {
  const sorted = microseconds.toSorted();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(1);
  process.stdout.write(`${name}: p50 ${at(0.5)} us, p99 ${at(0.99)} us, max ${at(1)} us\n`);
}
