// T8: how long after the first sample above a threshold the data plane acts on it, how fast a shard
// that runs out of memory acts by itself, and what one sample of the host costs.

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { writeBody } from '../load/log-bodies.ts';
import type { Bench } from '../measurement.ts';
import { recordsPerBody } from '../scenarios.ts';
import { smallLoad } from '../vault/vault-engine.ts';
import { type ReflexEngine, startReflexEngine } from './reflex-engine.ts';

export const reflexColumns = ['what', 'repetitions', 'p50 us', 'p99 us', 'max us', 'target p99 us'];

const zoneSeconds = 12;
/** The load begins before the measurement and ends after it. */
const settleMs = 1_500;
const loadSeconds = zoneSeconds + 4;

export async function measureReflex(bench: Bench): Promise<string[][]> {
  const zones = await withEngine(bench, {}, (engine) => measureZones(bench, engine));
  // Green again soon, so that it can be repeated.
  const quick = { memory: { limit_mib: 128 }, zones: { red_dwell: '100ms' } };
  const local = await withEngine(bench, quick, (engine) => measureLocal(bench, engine));
  return [
    row('sample begins, zone word set', zones.words, '-'),
    row(
      'any moment, next whole batch: what the next row cannot be faster than',
      zones.arrivals,
      '-',
    ),
    row('sample begins, first batch on its way to the vault', zones.appends, '1,000'),
    row('a shard has no memory left and is Red, next batch is whole', local.arrivals, '-'),
    row('from there on: it is on its way to the vault', local.appends, '500'),
    ...(await sampleRows()),
  ];
}

async function withEngine<Result>(
  bench: Bench,
  keys: object,
  measure: (engine: ReflexEngine) => Promise<Result>,
): Promise<Result> {
  const engine = await startReflexEngine(bench, keys);
  try {
    return await measure(engine);
  } finally {
    await engine.end();
  }
}

async function measureZones({ directory, h2load }: Bench, engine: ReflexEngine) {
  const { path: bodyPath } = writeBody(directory, 'small', recordsPerBody.small);
  const load = { ...smallLoad, port: engine.port, bodyPath, requests: 0 };
  const loaded = h2load.run({ ...load, seconds: loadSeconds });
  await pause(settleMs);
  const figures = await engine.ask({ kind: 'zones', seconds: zoneSeconds });
  await loaded;
  return figures;
}

const bursts = 50;
/**
 * More than the memory for batches holds. Each fits into what a stream may send before it has
 * memory: of longer ones what would be measured is how long the rest takes to come.
 */
const burst = { connections: 32, streamsPerConnection: 32, requests: 2_048 } as const;
const recordsPerBurstBody = 80;
/** Until the shard is Green again: the dwell, and what it still has to send. */
const calmMs = 300;

async function measureLocal({ directory, h2load }: Bench, engine: ReflexEngine) {
  const { path: bodyPath } = writeBody(directory, 'burst', recordsPerBurstBody);
  const appends: number[] = [];
  const arrivals: number[] = [];
  for (let count = 0; count < bursts; count += 1) {
    await h2load.run({ ...burst, port: engine.port, bodyPath });
    await pause(calmMs);
    const times = await engine.ask({ kind: 'local' });
    appends.push(...times.appends);
    arrivals.push(...times.arrivals);
  }
  return { appends, arrivals };
}

/** From the bench of the sampler alone, in a process that does nothing else. */
async function sampleRows(): Promise<string[][]> {
  const path = new URL('../micro/host-sample.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [path]);
  const found = [...stdout.matchAll(/^(.+), (\d+): p50 (\S+) us, p99 (\S+) us, max (\S+) us$/gm)];
  return found.map(([, name = '', count = '', ...times]) => {
    return [`one full sample, ${name}`, count, ...times, '60'];
  });
}

function row(what: string, microseconds: readonly number[], target: string): string[] {
  const sorted = microseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return [what, `${sorted.length}`, ...[0.5, 0.99, 1].map((share) => at(share).toFixed(0)), target];
}
