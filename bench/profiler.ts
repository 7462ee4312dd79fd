// GopherShip under V8's sampling profiler. The engine gets it by a wrapper around Node, because its
// launcher takes no flags of Node. Profiles are written when it ends well.

import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeProfile, readProfile, type ThreadProfile } from './cpu-profile.ts';

export interface Profiler {
  /** For the environment of the engine. */
  readonly env: Readonly<Record<string, string>>;
  /** After its end: where the time of the busy threads went. */
  report(checkoutPath: string): string;
}

export function makeProfiler(directory: string): Profiler {
  const profilesPath = join(directory, 'profiles');
  mkdirSync(profilesPath);
  const wrapperPath = join(directory, 'node');
  const command = `exec '${process.execPath}' --cpu-prof --cpu-prof-dir='${profilesPath}' "$@"`;
  writeFileSync(wrapperPath, `#!/bin/sh\n${command}\n`);
  chmodSync(wrapperPath, 0o755);
  return {
    env: { GOPHERSHIP_NODE: wrapperPath },
    report(checkoutPath) {
      const threads = readdirSync(profilesPath)
        .map((name) => readProfile(join(profilesPath, name), checkoutPath))
        .toSorted((a, b) => b.busyMs - a.busyMs);
      return [
        'wall time by the profiler:',
        ...threads.map(threadLine),
        ...busy(threads).flatMap((thread) => ['', describeProfile(thread)]),
      ].join('\n');
    },
  };
}

function threadLine({ thread, entry, busyMs, idleMs }: ThreadProfile): string {
  return `thread ${thread} (${entry}): busy ${Math.round(busyMs)} ms, idle ${Math.round(idleMs)} ms`;
}

/** Of the time of the busiest. */
const busyShareMin = 0.2;

/** Those that do the work: the main thread only watches. */
function busy(threads: readonly ThreadProfile[]): ThreadProfile[] {
  const [first] = threads;
  if (first === undefined) throw new Error('the engine wrote no profile');
  return threads.filter(({ busyMs }) => busyMs >= busyShareMin * first.busyMs);
}
