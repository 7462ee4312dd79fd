// T9: what it costs to send a backlog out of the vault, and whether memory grows with the backlog.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expectDiskRoom, storedBytes } from '../disk-room.ts';
import { settledRecords } from '../load/settled-records.ts';
import type { BodyName } from '../peers/bench-peer.ts';
import { whole } from '../report.ts';
import {
  fillVault,
  startVaultEngine,
  stopEngine,
  type VaultBench,
  watchMemory,
} from './vault-engine.ts';

export const replayColumns = [
  ...['body', 'backlog MB', 'files MB', 'MB/cpu-s', 'entries/cpu-s', 'MB/s wall', 'CPUs used'],
  ...['RSS at start MB', 'RSS peak MB', 'anonymous peak MB', 'files after MB'],
  'arrived / acknowledged',
];

export async function measureReplay(
  bench: VaultBench,
  bodyName: BodyName,
  backlogBytes: number,
  /** Of the engine that replays. */
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { sink } = bench;
  const body = bench.bodies[bodyName];
  const directory = join(bench.directory, 'replay');
  mkdirSync(directory);
  try {
    expectDiskRoom(directory, backlogBytes);
    const filled = await startVaultEngine(bench, { directory, zone: 'red' });
    const acknowledged = await fillVault(bench, filled, body, backlogBytes);
    await stopEngine(filled);
    const files = storedBytes(directory);

    const { records: before } = await sink.counts();
    const engine = await startVaultEngine(bench, {
      ...{ directory, zone: 'green', sinkPort: sink.port, env },
    });
    const memory = watchMemory(engine);
    // What went out while the listeners were opened is left out, and so is the start.
    const usage = engine.usage();
    const early = (await sink.counts()).records - before;
    const startMs = performance.now();
    const arrived = await settledRecords(sink, before, acknowledged);
    const seconds = (performance.now() - startMs) / 1000;
    const cpuSeconds = engine.usage().cpuSeconds - usage.cpuSeconds;
    const peak = memory.peak();
    memory.end();
    await stopEngine(engine);

    const total = (await sink.counts()).records - before;
    const entries = (arrived - early) / body.records;
    const megabytes = (entries * body.sizeBytes) / 1e6;
    const mb = (bytes: number) => whole(bytes / 1e6);
    return [
      ...[bodyName, mb((acknowledged / body.records) * body.sizeBytes), mb(files)],
      ...[whole(megabytes / cpuSeconds), whole(entries / cpuSeconds)],
      ...[whole(megabytes / seconds), (cpuSeconds / seconds).toFixed(2)],
      ...[mb(usage.rssBytes), mb(peak.rssBytes), mb(peak.anonymousBytes)],
      ...[mb(storedBytes(directory)), `${total} / ${acknowledged}`],
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
