// `npm run bench -- --profile --only TITLE`: one scenario with GopherShip under V8's sampling
// profiler. The engine gets it by a wrapper around Node, because its launcher takes no flags of
// Node.

import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { describeProfile, readProfile, type ThreadProfile } from './cpu-profile.ts';
import type { LogBody } from './load/log-bodies.ts';
import { type Bench, measureRound } from './measurement.ts';
import { gopherShipPeer } from './peers/gophership-peer.ts';
import { gopherShipName } from './report.ts';
import type { Scenario } from './scenarios.ts';

/** Runs a round and returns, as text, where the time of the busiest thread went. */
export async function profileScenario(
  bench: Bench,
  checkoutPath: string,
  scenario: Scenario,
  body: LogBody,
  requests: number,
): Promise<string> {
  const directory = temporaryDirectory('bench-profile');
  try {
    const profilesPath = join(directory.path, 'profiles');
    mkdirSync(profilesPath);
    const wrapperPath = writeWrapper(directory.path, profilesPath);
    const { start } = gopherShipPeer(gopherShipName, checkoutPath, {
      GOPHERSHIP_NODE: wrapperPath,
    });
    const { path, protocol } = scenario;
    const { files, sink } = bench;
    const peer = await start({ path, protocol, files, sinkPort: sink.port });
    const round = await measureRound(bench, peer, scenario, body, requests);
    const refused = await peer.stop();
    const threads = readdirSync(profilesPath).map((name) =>
      readProfile(join(profilesPath, name), checkoutPath),
    );
    return [
      `${scenario.title}: ${Math.round(round.megabytesPerCpuSecond)} MB/cpu-s, ` +
        `${Math.round(round.requestsPerCpuSecond)} requests/cpu-s with the profiler on; ` +
        `${round.failedRequests} failed, ${refused} refused`,
      ...threads.toSorted((a, b) => b.busyMs - a.busyMs).map(threadLine),
      '',
      describeProfile(busiest(threads)),
      '',
    ].join('\n');
  } finally {
    directory.remove();
  }
}

function writeWrapper(directory: string, profilesPath: string): string {
  const path = join(directory, 'node');
  const command = `exec '${process.execPath}' --cpu-prof --cpu-prof-dir='${profilesPath}' "$@"`;
  writeFileSync(path, `#!/bin/sh\n${command}\n`);
  chmodSync(path, 0o755);
  return path;
}

function threadLine({ thread, busyMs, idleMs }: ThreadProfile): string {
  return `thread ${thread}: busy ${Math.round(busyMs)} ms, idle ${Math.round(idleMs)} ms`;
}

/** Under load this is a shard; the main thread only watches. */
function busiest(threads: readonly ThreadProfile[]): ThreadProfile {
  const [first, ...others] = threads;
  if (first === undefined) throw new Error('the engine wrote no profile');
  return others.reduce((most, next) => (next.busyMs > most.busyMs ? next : most), first);
}
