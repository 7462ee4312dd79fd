// One scenario with all engines: they are started together, get a round to warm up, and then take
// turns, so that a slow spell of the machine hits all of them.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expectDiskRoom } from './disk-room.ts';
import { type Drain, drainPeer } from './drain.ts';
import type { LogBody } from './load/log-bodies.ts';
import { expectOk } from './load/one-request.ts';
import { type Bench, measureRound, type Round } from './measurement.ts';
import type { BenchPeer, PeerStarter } from './peers/bench-peer.ts';
import type { AbsentPeer, PeerFigures, ScenarioFigures } from './report.ts';
import type { Scenario } from './scenarios.ts';

export interface RoundCounts {
  readonly rounds: number;
  /** Of one round; the one to warm up is a quarter of it. */
  readonly requests: number;
}

export async function measureScenario(
  bench: Bench,
  starters: readonly PeerStarter[],
  scenario: Scenario,
  body: LogBody,
  counts: RoundCounts,
): Promise<ScenarioFigures> {
  const folder = mkdtempSync(join(bench.directory, 'scenario-'));
  if (scenario.path === 'durable') {
    const requests = counts.requests * (counts.rounds + 1) * starters.length;
    expectDiskRoom(folder, requests * body.sizeBytes);
  }
  const { running, absent } = await startPeers(bench, starters, scenario, folder);
  try {
    await takeTurns(bench, running, scenario, body, counts);
    const peers: PeerFigures[] = [];
    for (const each of running) peers.push(await finish(bench, each, scenario));
    return { scenario, peers, absent };
  } finally {
    for (const { peer } of running) await peer.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface RunningPeer {
  readonly starter: PeerStarter;
  readonly peer: BenchPeer;
  readonly directory: string;
  readonly results: Round[];
  /** Of its whole life, warming up included. */
  acknowledgedRecords: number;
}

// Every engine speaks gRPC and takes every path, but for GopherShip of an earlier commit, which
// ends with a configuration error.
async function startPeers(
  { files, sink }: Bench,
  starters: readonly PeerStarter[],
  { path, protocol }: Scenario,
  folder: string,
): Promise<{ running: RunningPeer[]; absent: AbsentPeer[] }> {
  const running: RunningPeer[] = [];
  const absent: AbsentPeer[] = [];
  for (const [index, starter] of starters.entries()) {
    const directory = join(folder, `peer-${index}`);
    mkdirSync(directory);
    try {
      const peer = await starter.start({ path, protocol, files, sinkPort: sink.port, directory });
      running.push({ starter, peer, directory, results: [], acknowledgedRecords: 0 });
    } catch (error) {
      if (starter.isEarlier !== true) throw error;
      absent.push({ name: starter.name, why: shortReason(error) });
    }
  }
  return { running, absent };
}

async function takeTurns(
  bench: Bench,
  running: readonly RunningPeer[],
  scenario: Scenario,
  body: LogBody,
  { rounds, requests }: RoundCounts,
): Promise<void> {
  const measure = async (each: RunningPeer, share: number) => {
    const count = Math.ceil(requests * share * (each.starter.share?.(scenario) ?? 1));
    const result = await measureRound(bench, each.peer, scenario, body, count);
    each.acknowledgedRecords += result.acknowledgedRecords;
    return result;
  };
  for (const each of running) {
    if (scenario.protocol === 'grpc') {
      await expectOk(each.peer.port, body.path, bench.files);
      each.acknowledgedRecords += body.records;
    }
    await measure(each, 1 / 4);
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of running) {
      const result = await measure(each, 1);
      each.results.push(result);
      const perCpu = Math.round(result.megabytesPerCpuSecond);
      process.stderr.write(`${scenario.title}: ${each.starter.name}: ${perCpu} MB/cpu-s\n`);
    }
  }
}

/** Ends the engine; what it promised to have on disk is proved first. */
async function finish(bench: Bench, each: RunningPeer, scenario: Scenario): Promise<PeerFigures> {
  const { starter, peer, results, directory, acknowledgedRecords } = each;
  const { name } = starter;
  const { rssPeakBytes } = peer.usage();
  if (scenario.path !== 'durable') {
    await peer.stop();
    return { name, rounds: results, rssPeakBytes, drain: undefined };
  }
  await peer.kill();
  const drain: Drain = await drainPeer(bench, starter, directory, acknowledgedRecords);
  process.stderr.write(
    `${scenario.title}: ${name}: ${drain.arrivedRecords} of ${acknowledgedRecords} records after kill -9\n`,
  );
  rmSync(directory, { recursive: true, force: true });
  return { name, rounds: results, rssPeakBytes, drain };
}

/** One line, which is all that a list has room for. */
function shortReason(error: unknown): string {
  const lines = String(error).split('\n');
  return (lines.find((line) => line.startsWith('error:')) ?? lines[0] ?? '').trim();
}
