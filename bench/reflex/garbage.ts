// T12: what share of their busy time the threads of the engine spend collecting garbage, in Red at
// full load.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readProfile, type ThreadProfile } from '../cpu-profile.ts';
import { expectDiskRoom } from '../disk-room.ts';
import { writeBody } from '../load/log-bodies.ts';
import type { Bench } from '../measurement.ts';
import { makeProfiler } from '../profiler.ts';
import { whole } from '../report.ts';
import { recordsPerBody } from '../scenarios.ts';
import { smallLoad, startVaultEngine, stopEngine, wireSpeedLoad } from '../vault/vault-engine.ts';

export const garbageColumns = ['load', 'requests/s', 'thread', 'busy ms', 'in GC'];

const seconds = 8;
const storedBytesMax = 2 * 2 ** 30;
const loads = [
  { name: 'big', shape: wireSpeedLoad },
  { name: 'small', shape: smallLoad },
] as const;

export async function measureGarbage(bench: Bench, checkoutPath: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { name, shape } of loads) {
    const directory = join(bench.directory, `garbage-${name}`);
    mkdirSync(directory);
    expectDiskRoom(directory, storedBytesMax);
    try {
      const { env } = makeProfiler(directory);
      const engine = await startVaultEngine(bench, { directory, zone: 'red', env });
      const body = writeBody(directory, name, recordsPerBody[name]);
      const load = { ...shape, port: engine.port, bodyPath: body.path, requests: 0, seconds };
      const { succeeded } = await bench.h2load.run(load);
      // Profiles are written when it ends well.
      await stopEngine(engine);
      const threads = readProfiles(join(directory, 'profiles'), checkoutPath);
      rows.push(...threads.map((thread) => row(name, succeeded / seconds, thread)));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return rows;
}

/** Those that do the work. */
function readProfiles(path: string, checkoutPath: string): ThreadProfile[] {
  const threads = readdirSync(path)
    .map((file) => readProfile(join(path, file), checkoutPath))
    .filter(({ entry }) => entry === 'shard-thread' || entry === 'vault-thread');
  if (threads.length < 2) throw new Error(`no profile of a shard and the vault in ${path}`);
  return threads;
}

function row(load: string, perSecond: number, { entry, busyMs, functions }: ThreadProfile) {
  const collecting = functions.filter(({ name }) => name === '(garbage collector)');
  const ms = collecting.reduce((sum, { selfMs }) => sum + selfMs, 0);
  const thread = entry.replace('-thread', '');
  return [load, whole(perSecond), thread, whole(busyMs), `${((100 * ms) / busyMs).toFixed(1)} %`];
}
