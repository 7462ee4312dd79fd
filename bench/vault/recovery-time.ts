// T10: how long a start takes on a vault of an engine that was killed under load, and how much
// memory, for vaults of growing size.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineProcess } from '../../test/support/engine-process.ts';
import { expectDiskRoom, storedBytes } from '../disk-room.ts';
import type { LogBody } from '../load/log-bodies.ts';
import { expectOk } from '../load/one-request.ts';
import { settledRecords } from '../load/settled-records.ts';
import { whole } from '../report.ts';
import {
  fillVault,
  startVaultEngine,
  stopEngine,
  type VaultBench,
  wireSpeedLoad,
} from './vault-engine.ts';

export const recoveryColumns = [
  ...['acknowledged GiB', 'files MB', 'listening after ms', 'first ack after ms', 'recovery ms'],
  ...['RSS MB', 'RSS peak MB', 'anonymous MB'],
];

/** Long enough to be under load when the kill comes. */
const loadMsBeforeKill = 1_500;
const requestsUnderKill = 50_000;

/** The same vault grows from size to size. `gib` are sizes before compression, rising. */
export async function measureRecovery(
  bench: VaultBench,
  body: LogBody,
  gib: readonly number[],
): Promise<{ rows: string[][]; proof: string }> {
  const { files, sink } = bench;
  const directory = join(bench.directory, 'recovery');
  mkdirSync(directory);
  const rows: string[][] = [];
  let acknowledged = 0;
  let engine: EngineProcess | undefined;
  try {
    expectDiskRoom(directory, Math.max(...gib) * 2 ** 30 + requestsUnderKill * body.sizeBytes);
    // The very first start makes the vault and fills the cache of compiled code.
    engine = await startVaultEngine(bench, { directory, zone: 'red' });
    for (const size of gib) {
      const have = (acknowledged / body.records) * body.sizeBytes;
      acknowledged += await fillVault(bench, engine, body, size * 2 ** 30 - have);
      if (size > 0) acknowledged += await killUnderLoad(bench, engine, body);
      else await engine.kill();
      const stored = storedBytes(directory);

      const startMs = performance.now();
      engine = await startVaultEngine(bench, { directory, zone: 'red' });
      const listeningMs = performance.now() - startMs;
      await expectOk(engine.port, body.path, files);
      const firstAckMs = performance.now() - startMs;
      acknowledged += body.records;
      const { rssBytes, rssPeakBytes, anonymousBytes } = engine.usage();
      const open = engine.logs().find(({ msg }) => msg === 'vault is open');
      const gibNow = ((acknowledged / body.records) * body.sizeBytes) / 2 ** 30;
      rows.push([
        ...[gibNow.toFixed(2), whole(stored / 1e6), whole(listeningMs), whole(firstAckMs)],
        String(open?.recovery_ms ?? '-'),
        ...[rssBytes, rssPeakBytes, anonymousBytes].map((bytes) => whole(bytes / 1e6)),
      ]);
      process.stderr.write(`T10: ${rows.at(-1)?.join(' | ')}\n`);
    }
    await engine.kill();

    const { records: before } = await sink.counts();
    engine = await startVaultEngine(bench, { directory, zone: 'green', sinkPort: sink.port });
    await settledRecords(sink, before, acknowledged);
    await stopEngine(engine);
    const arrived = (await sink.counts()).records - before;
    const left = whole(storedBytes(directory) / 1e6);
    return {
      rows,
      proof:
        `${acknowledged} records were acknowledged, ${arrived} arrived at the end, after ` +
        `${gib.length + 1} kills; ${left} MB of files were left`,
    };
  } finally {
    await engine?.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns the records that were acknowledged before it died. */
async function killUnderLoad(
  { h2load }: VaultBench,
  engine: EngineProcess,
  body: LogBody,
): Promise<number> {
  const load = { ...wireSpeedLoad, port: engine.port, bodyPath: body.path };
  const running = h2load.run({ ...load, requests: requestsUnderKill });
  await pause(loadMsBeforeKill);
  await engine.kill();
  const { succeeded, failed } = await running;
  if (failed === 0) throw new Error('the load was over before the engine was killed');
  return succeeded * body.records;
}
