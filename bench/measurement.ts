// One round of one engine: a fixed amount of load, the CPU time that the whole process spent on it,
// and what the sink really received.

import { setTimeout as pause } from 'node:timers/promises';
import type { CertificateFiles } from '../test/support/certificates.ts';
import type { DiscardSink } from './load/discard-sink.ts';
import type { H2Load } from './load/h2-load.ts';
import type { LogBody } from './load/log-bodies.ts';
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
  /** Undefined where nothing is sent on. */
  readonly arrivedRecords: number | undefined;
  readonly failedRequests: number;
}

export interface Bench {
  readonly files: CertificateFiles;
  readonly h2load: H2Load;
  readonly sink: DiscardSink;
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
  const load = { ...scenario.load, port: peer.port, protocol, bodyPath, requests };
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
    failedRequests: result.failed,
  };
}

const settleStepMs = 20;
const settleMsMax = 15_000;

/**
 * Waits for what is still on its way; returns what came, which may be less or more than `wanted`.
 */
async function settledRecords(sink: DiscardSink, before: number, wanted: number): Promise<number> {
  let arrived = 0;
  for (let waitedMs = 0; waitedMs < settleMsMax; waitedMs += settleStepMs) {
    arrived = (await sink.counts()).records - before;
    if (arrived >= wanted) return arrived;
    await pause(settleStepMs);
  }
  return arrived;
}
