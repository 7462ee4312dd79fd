// T9, second half: what producers feel of a replay that runs beside them. Green, at half of the
// load that the path takes without one.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expectDiskRoom } from '../disk-room.ts';
import { readRequestLog } from '../load/request-log.ts';
import { settledRecords } from '../load/settled-records.ts';
import { whole } from '../report.ts';
import {
  fillVault,
  smallLoad,
  startVaultEngine,
  stopEngine,
  type VaultBench,
} from './vault-engine.ts';

export const liveColumns = [
  ...['replay', 'live req/s asked', 'reached', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
  ...['replayed MB/s meanwhile', 'live failed or refused'],
];

/** `none` comes twice, so that the noise of the machine shows. */
const replays = [
  { title: 'none', rate: undefined },
  { title: '50 MiB/s (default)', rate: '50MiB/s' },
  { title: 'no limit', rate: '64GiB/s' },
  { title: 'none, again', rate: undefined },
] as const;

const fullRequests = 150_000;
const halfLoadStreams = 64;

/** Live requests are small, what is replayed is big. */
export async function measureLiveLatency(
  bench: VaultBench,
  seconds: number,
  backlogBytes: number,
): Promise<{ rows: string[][]; proof: string }> {
  const { sink, bodies } = bench;
  const directory = join(bench.directory, 'live');
  mkdirSync(directory);
  const rows: string[][] = [];
  const { records: before } = await sink.counts();
  let acknowledged = 0;
  let arrived = 0;
  try {
    expectDiskRoom(directory, 2 * backlogBytes);
    const rate = await findHalfRate(bench, directory);
    acknowledged += rate.acknowledgedRecords;
    for (const replay of replays) {
      if (replay.rate !== undefined) {
        const red = await startVaultEngine(bench, { directory, zone: 'red' });
        acknowledged += await fillVault(bench, red, bodies.big, backlogBytes);
        await stopEngine(red);
      }
      const replayRate = replay.rate === undefined ? {} : { replayRate: replay.rate };
      const engine = await startVaultEngine(bench, {
        ...{ directory, zone: 'green', sinkPort: sink.port, ...replayRate },
      });
      // Without a backlog what is left of an earlier one must be gone first.
      if (replay.rate === undefined) await settledRecords(sink, before, acknowledged);
      const live = await runLive(bench, directory, engine.port, rate.perSecond, seconds);
      acknowledged += live.acknowledgedRecords;
      rows.push([replay.title, ...live.cells]);
      await stopEngine(engine);
      process.stderr.write(`T9 live: ${rows.at(-1)?.join(' | ')}\n`);
    }
    arrived = await settledRecords(sink, before, acknowledged);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return { rows, proof: `${arrived} records arrived, ${acknowledged} were acknowledged` };
}

async function findHalfRate(
  bench: VaultBench,
  directory: string,
): Promise<{ perSecond: number; acknowledgedRecords: number }> {
  const { h2load, sink, bodies } = bench;
  const engine = await startVaultEngine(bench, {
    ...{ directory, zone: 'green', sinkPort: sink.port },
  });
  const load = { ...smallLoad, port: engine.port, bodyPath: bodies.small.path };
  const warm = await h2load.run({ ...load, requests: fullRequests / 4 });
  const full = await h2load.run({ ...load, requests: fullRequests });
  await stopEngine(engine);
  return {
    perSecond: full.succeeded / full.seconds / 2,
    acknowledgedRecords: (warm.succeeded + full.succeeded) * bodies.small.records,
  };
}

async function runLive(
  { h2load, sink, bodies }: VaultBench,
  directory: string,
  port: number,
  requestsPerSecond: number,
  seconds: number,
): Promise<{ cells: string[]; acknowledgedRecords: number }> {
  const logPath = join(directory, 'requests.tsv');
  const { records: before } = await sink.counts();
  const run = await h2load.run({
    ...{ port, bodyPath: bodies.small.path, logPath, requestsPerSecond },
    ...{ connections: smallLoad.connections, streamsPerConnection: halfLoadStreams },
    requests: Math.ceil(requestsPerSecond * seconds),
  });
  const acknowledgedRecords = run.succeeded * bodies.small.records;
  // In Green every answer means that the sink has the batch: the rest came out of the vault.
  const replayed = (await sink.counts()).records - before - acknowledgedRecords;
  const { big } = bodies;
  const replayedMegabytes = ((replayed / big.records) * big.sizeBytes) / 1e6;
  const times = readRequestLog(logPath);
  rmSync(logPath);
  return {
    acknowledgedRecords,
    cells: [
      ...[whole(requestsPerSecond), whole(run.succeeded / run.seconds)],
      ...[times.p50Ms, times.p99Ms, times.p999Ms, times.maxMs].map((ms) => ms.toFixed(2)),
      ...[whole(replayedMegabytes / run.seconds), String(run.failed + run.refused)],
    ],
  };
}
