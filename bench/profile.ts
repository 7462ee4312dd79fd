// `npm run bench -- --profile --only TITLE`: one scenario with GopherShip under a profiler.

import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { expectDiskRoom } from './disk-room.ts';
import type { LogBody } from './load/log-bodies.ts';
import { type Bench, measureRound } from './measurement.ts';
import { gopherShipPeer } from './peers/gophership-peer.ts';
import { makeProfiler } from './profiler.ts';
import { gopherShipName } from './report.ts';
import type { Scenario } from './scenarios.ts';
import { describeThreadUsage, readThreadUsage } from './thread-usage.ts';

/** Runs a round and returns, as text, where the time of the busy threads went. */
export async function profileScenario(
  bench: Bench,
  checkoutPath: string,
  scenario: Scenario,
  body: LogBody,
  requests: number,
): Promise<string> {
  const directory = temporaryDirectory('bench-profile');
  try {
    if (scenario.path === 'durable') expectDiskRoom(directory.path, requests * body.sizeBytes);
    const profiler = makeProfiler(directory.path);
    const { start } = gopherShipPeer(gopherShipName, checkoutPath, profiler.env);
    const { path, protocol } = scenario;
    const { files, sink } = bench;
    const { path: folder } = directory;
    const peer = await start({ path, protocol, files, sinkPort: sink.port, directory: folder });
    const before = readThreadUsage(peer.pid);
    const round = await measureRound(bench, peer, scenario, body, requests);
    const usage = describeThreadUsage(before, readThreadUsage(peer.pid));
    await peer.stop();
    return [
      `${scenario.title}: ${Math.round(round.megabytesPerCpuSecond)} MB/cpu-s, ` +
        `${Math.round(round.requestsPerCpuSecond)} requests/cpu-s with the profiler on; ` +
        `${round.failedRequests} failed, ${round.refusedRequests} refused`,
      'CPU by threads, without start and end:',
      ...usage,
      profiler.report(checkoutPath),
      '',
    ].join('\n');
  } finally {
    directory.remove();
  }
}
