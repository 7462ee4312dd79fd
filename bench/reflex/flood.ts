// T5 and T6: a flood at an engine in a memory box whose destination is dead. What the producers
// got, what the box had to hold, and whether everything that was acknowledged is on disk after a
// SIGKILL.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createMemoryBox, type MemoryBox } from '../../test/support/memory-box.ts';
import { expectDiskRoom } from '../disk-room.ts';
import type { LoadResult, LoadShape } from '../load/h2-load.ts';
import type { LogBody } from '../load/log-bodies.ts';
import { readRequestLog } from '../load/request-log.ts';
import type { Bench } from '../measurement.ts';
import { whole } from '../report.ts';
import type { FloodedEngine, FloodPeer } from './flood-peer.ts';
import { startIdleConnections } from './idle-connections.ts';

export interface FloodShape extends LoadShape {
  readonly title: string;
  readonly boxMiB: number;
  readonly seconds: number;
  /** Beside the others: a handshake, and then nothing. */
  readonly idleConnections?: number;
}

export const floodColumns = [
  ...['flood', 'engine', 'req/s', 'MB/s', 'p50 ms', 'p99 ms', 'max ms', 'refused', 'broken'],
  ...['OOM kills', 'CPUs used', 'peak of the box MiB', 'found / acknowledged'],
];

export async function measureFlood(
  bench: Bench,
  peer: FloodPeer,
  plan: FloodShape,
  body: LogBody,
): Promise<string[]> {
  const shape = { ...plan, seconds: Math.round(plan.seconds * peer.timeShare) };
  const directory = join(bench.directory, 'flood');
  mkdirSync(directory);
  expectDiskRoom(directory, shape.seconds * requestsPerSecondMax * body.sizeBytes * storedShare);
  const box = createMemoryBox('flood', shape.boxMiB * 2 ** 20);
  try {
    const { files } = bench;
    const engine = await peer.start({ files, box, boxMiB: shape.boxMiB, directory });
    const figures = await flood(bench, engine, box, shape, body, directory);
    await engine.kill();
    const { acknowledged } = figures;
    const stored = { directory, acknowledged, recordsPerRequest: body.records };
    const found = await peer.countStored(bench, stored);
    return [
      ...[shape.title, peer.name, ...figures.cells],
      // More may be found: on disk, and killed before the answer.
      `${whole(found)} / ${whole(acknowledged)}`,
    ];
  } catch (error) {
    // An engine that cannot run in the box is a result, not the end of the bench.
    process.stderr.write(`${shape.title}: ${peer.name}: ${String(error)}\n`);
    const cells = floodColumns.slice(3).map(() => '-');
    return [shape.title, peer.name, failure(error), ...cells];
  } finally {
    box.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Of bodies, before compression, and what of them is stored at most: for the room on disk only. */
const requestsPerSecondMax = 3_000;
const storedShare = 0.5;

interface FloodFigures {
  readonly acknowledged: number;
  readonly cells: readonly string[];
}

async function flood(
  { files, h2load }: Bench,
  engine: FloodedEngine,
  box: MemoryBox,
  shape: FloodShape,
  body: LogBody,
  directory: string,
): Promise<FloodFigures> {
  const logPath = join(directory, 'requests.tsv');
  const { connections, streamsPerConnection, seconds } = shape;
  const watch = watchEngine(engine, box);
  const loaded = h2load.run({
    ...{ port: engine.port, okAnswerSizeBytes: engine.okAnswerSizeBytes, bodyPath: body.path },
    ...{ connections, streamsPerConnection, seconds, requests: 0, logPath },
  });
  loaded.catch(() => {}); // it is waited for below
  // After those of the flood, which would otherwise have to wait for a place.
  await pause(idleAfterMs);
  const idle = await startIdleConnections(engine.port, files, shape.idleConnections ?? 0);
  const result = await loaded.finally(() => watch.end());
  const idleBroken = await idle.end();
  const times = readRequestLog(logPath);
  const perSecond = result.succeeded / result.seconds;
  return {
    acknowledged: result.succeeded,
    cells: [
      ...[whole(perSecond), whole((perSecond * body.sizeBytes) / 1e6)],
      ...[times.p50Ms, times.p99Ms, times.maxMs].map((ms) => ms.toFixed(1)),
      refusedShare(result),
      `${result.failed} requests${idleBroken === 0 ? '' : `, ${idleBroken} idle connections`}`,
      `${box.oomKills()}${engine.isAlive ? '' : ', it ended'}`,
      ...[(watch.cpuSeconds() / result.seconds).toFixed(2), watch.peakMiB().toFixed(0)],
    ],
  };
}

/** One cell: the engine's own word for it, if it has one. */
function failure(error: unknown): string {
  const text = String(error);
  const line = /^error: (.*)$/m.exec(text)?.[1] ?? text.split('\n')[0] ?? '';
  return `failed: ${line.slice(0, failureLengthMax).replaceAll('|', '/')}`;
}

const failureLengthMax = 120;

const idleAfterMs = 1_000;

function refusedShare({ succeeded, refused }: LoadResult): string {
  return `${((100 * refused) / Math.max(1, succeeded + refused)).toFixed(1)} %`;
}

const watchIntervalMs = 50;

interface EngineWatch {
  /** That it has spent meanwhile; until its end, if it has ended. */
  cpuSeconds(): number;
  /** What cannot be reclaimed; the page cache fills every box. */
  peakMiB(): number;
  end(): void;
}

function watchEngine(engine: FloodedEngine, box: MemoryBox): EngineWatch {
  const cpuBefore = engine.cpuSeconds();
  let cpuSeconds = cpuBefore;
  let heldBytes = 0;
  const timer = setInterval(() => {
    const { anonymous, kernel } = box.usage().statBytes;
    heldBytes = Math.max(heldBytes, anonymous + kernel);
    try {
      cpuSeconds = engine.cpuSeconds();
    } catch {
      // It has ended, and what it had spent stands.
    }
  }, watchIntervalMs);
  return {
    cpuSeconds: () => cpuSeconds - cpuBefore,
    peakMiB: () => heldBytes / 2 ** 20,
    end: () => clearInterval(timer),
  };
}
