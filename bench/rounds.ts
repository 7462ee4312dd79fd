// One scenario with all engines: they are started together, get a round to warm up, and then take
// turns, so that a slow spell of the machine hits all of them.

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
  { rounds, requests }: RoundCounts,
): Promise<ScenarioFigures> {
  const { running, absent } = await startPeers(bench, starters, scenario);
  for (const { peer } of running) {
    if (scenario.protocol === 'grpc') await expectOk(peer.port, body.path, bench.files);
    await measureRound(bench, peer, scenario, body, Math.ceil(requests / 4));
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, peer, results } of running) {
      const result = await measureRound(bench, peer, scenario, body, requests);
      results.push(result);
      const perCpu = Math.round(result.megabytesPerCpuSecond);
      process.stderr.write(`${scenario.title}: ${name}: ${perCpu} MB/cpu-s\n`);
    }
  }
  const peers: PeerFigures[] = [];
  for (const { name, peer, results } of running) {
    const { rssPeakBytes } = peer.usage();
    const refusedRequests = await peer.stop();
    peers.push({ name, rounds: results, rssPeakBytes, refusedRequests });
  }
  return { scenario, peers, absent };
}

interface RunningPeer {
  readonly name: string;
  readonly peer: BenchPeer;
  readonly results: Round[];
}

// Every engine speaks gRPC. One from before OTLP/HTTP was built ends with a configuration error.
async function startPeers(
  { files, sink }: Bench,
  starters: readonly PeerStarter[],
  { path, protocol }: Scenario,
): Promise<{ running: RunningPeer[]; absent: AbsentPeer[] }> {
  const running: RunningPeer[] = [];
  const absent: AbsentPeer[] = [];
  for (const { name, start } of starters) {
    try {
      const peer = await start({ path, protocol, files, sinkPort: sink.port });
      running.push({ name, peer, results: [] });
    } catch (error) {
      if (protocol === 'grpc') throw error;
      absent.push({ name, why: shortReason(error) });
    }
  }
  return { running, absent };
}

/** One line, which is all that a list has room for. */
function shortReason(error: unknown): string {
  const lines = String(error).split('\n');
  return (lines.find((line) => line.startsWith('error:')) ?? lines[0] ?? '').trim();
}
