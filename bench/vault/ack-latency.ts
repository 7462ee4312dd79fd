// T7: how long a producer waits for an answer that is given once its batch is on disk, with half of
// the load that the engine can take.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expectDiskRoom } from '../disk-room.ts';
import { drainPeer } from '../drain.ts';
import type { LoadResult } from '../load/h2-load.ts';
import { readRequestLog } from '../load/request-log.ts';
import type { BodyName, PeerStarter } from '../peers/bench-peer.ts';
import { whole } from '../report.ts';
import { smallLoad, type VaultBench, wireSpeedLoad } from './vault-engine.ts';

export const latencyColumns = [
  ...['body', 'engine', 'full load req/s', 'asked req/s', 'reached req/s', 'CPUs used'],
  ...['p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'arrived / acknowledged'],
];

/** Of the run that finds the full rate; the one to warm up has half of it. */
const fullRequests = { small: 120_000, big: 3_000, real: 3_000 } as const;
const storedBytesMax = 8 * 2 ** 30;
/**
 * At half load a request is sent when it is due, not when another has been answered; but no more
 * than the memory for what arrives can hold, or a stall of the disk would turn into refusals.
 */
const halfLoadStreams = { small: 64, big: 16, real: 16 } as const;

export async function measureLatency(
  bench: VaultBench,
  starter: PeerStarter,
  bodyName: BodyName,
  seconds: number,
): Promise<string[]> {
  const { h2load, files, sink } = bench;
  const body = bench.bodies[bodyName];
  const directory = join(bench.directory, 'latency');
  mkdirSync(directory);
  expectDiskRoom(directory, storedBytesMax);
  const options = { protocol: 'grpc', files, sinkPort: sink.port, directory } as const;
  const peer = await starter.start({ ...options, path: 'durable' });
  try {
    const share = starter.share?.({ path: 'durable', body: bodyName }) ?? 1;
    const full = Math.ceil(fullRequests[bodyName] * share);
    const { port, okAnswerSizeBytes } = peer;
    const load = { port, okAnswerSizeBytes, bodyPath: body.path };
    const shape = bodyName === 'small' ? smallLoad : wireSpeedLoad;
    const warm = await h2load.run({ ...load, ...shape, requests: Math.ceil(full / 2) });
    const fullRun = await h2load.run({ ...load, ...shape, requests: full });
    const fullRate = fullRun.succeeded / fullRun.seconds;

    const logPath = join(directory, 'requests.tsv');
    const cpuBefore = peer.usage().cpuSeconds;
    const halfRun = await h2load.run({
      ...load,
      ...{
        connections: shape.connections,
        streamsPerConnection: halfLoadStreams[bodyName],
        logPath,
      },
      ...{ requests: Math.ceil((fullRate / 2) * seconds), requestsPerSecond: fullRate / 2 },
    });
    const cpusUsed = (peer.usage().cpuSeconds - cpuBefore) / halfRun.seconds;
    const times = readRequestLog(logPath);
    rmSync(logPath);

    await peer.kill();
    const acknowledged = (warm.succeeded + fullRun.succeeded + halfRun.succeeded) * body.records;
    const drain = await drainPeer(bench, starter, directory, acknowledged);
    return [
      ...[bodyName, starter.name, whole(fullRate), whole(fullRate / 2)],
      ...[whole(halfRun.succeeded / halfRun.seconds), cpusUsed.toFixed(2)],
      ...[times.p50Ms, times.p99Ms, times.p999Ms, times.maxMs].map((ms) => ms.toFixed(2)),
      `${drain.arrivedRecords} / ${acknowledged}${failures(warm, fullRun, halfRun)}`,
    ];
  } finally {
    await peer.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

function failures(...runs: readonly LoadResult[]): string {
  const sum = (pick: (run: LoadResult) => number) => runs.map(pick).reduce((a, b) => a + b, 0);
  const failed = sum((run) => run.failed);
  const refused = sum((run) => run.refused);
  return [
    ...(failed === 0 ? [] : [`, ${failed} requests failed`]),
    ...(refused === 0 ? [] : [`, ${refused} refused`]),
  ].join('');
}
