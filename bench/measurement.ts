// One round of one engine: a fixed amount of load, the CPU time that the whole process spent on it,
// and what the sink really received.

import type { CertificateFiles } from '../test/support/certificates.ts';
import type { DiscardSink } from './load/discard-sink.ts';
import type { H2Load } from './load/h2-load.ts';
import type { LogBody } from './load/log-bodies.ts';
import { settledRecords } from './load/settled-records.ts';
import type { BenchPeer } from './peers/bench-peer.ts';
import type { Scenario } from './scenarios.ts';

export interface Round {
  readonly megabytesPerCpuSecond: number;
  readonly requestsPerCpuSecond: number;
  readonly megabytesPerSecond: number;
  readonly requestsPerSecond: number;
  readonly latencyMeanMs: number;
  /** CPUs that the process kept busy while the load ran. */
  readonly cpusUsed: number;
  readonly acknowledgedRecords: number;
  /** Undefined where nothing is sent on, or only later. */
  readonly arrivedRecords: number | undefined;
  /** Answered with a status that is not OK. */
  readonly refusedRequests: number;
  readonly failedRequests: number;
}

export interface Bench {
  readonly files: CertificateFiles;
  readonly h2load: H2Load;
  readonly sink: DiscardSink;
  /** Everything that is written lies below it. */
  readonly directory: string;
}

export async function measureRound(
  bench: Bench,
  peer: BenchPeer,
  scenario: Scenario,
  body: LogBody,
  requests = scenario.requests,
): Promise<Round> {
  const { h2load, sink } = bench;
  const sinkBefore = await sink.counts();
  const cpuBefore = peer.usage().cpuSeconds;
  const { protocol } = scenario;
  const bodyPath = protocol === 'grpc' ? body.path : body.messagePath;
  const { port, okAnswerSizeBytes } = peer;
  const load = { ...scenario.load, port, protocol, bodyPath, requests, okAnswerSizeBytes };
  const result = await h2load.run(load);
  const acknowledgedRecords = result.succeeded * body.records;
  const arrivedRecords =
    scenario.path === 'forward'
      ? await settledRecords(sink, sinkBefore.records, acknowledgedRecords)
      : undefined;
  // Read after the last record has left, so that work put off is counted too.
  const cpuSeconds = peer.usage().cpuSeconds - cpuBefore;
  const megabytes = (result.succeeded * body.sizeBytes) / 1e6;
  return {
    megabytesPerCpuSecond: megabytes / cpuSeconds,
    requestsPerCpuSecond: result.succeeded / cpuSeconds,
    megabytesPerSecond: megabytes / result.seconds,
    requestsPerSecond: result.succeeded / result.seconds,
    latencyMeanMs: result.latencyMeanMs,
    cpusUsed: cpuSeconds / result.seconds,
    acknowledgedRecords,
    arrivedRecords,
    refusedRequests: result.refused,
    failedRequests: result.failed,
  };
}
