// GopherShip in the flood: default settings, so that it makes
// of the box's limit what it makes of a container's. What it has stored is counted by its own tool,
// which checks every byte.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEngine } from '../../test/support/engine-process.ts';
import { vaultConfig } from '../peers/gophership-config.ts';
import { gopherShipName } from '../report.ts';
import type { FloodedEngine, FloodPeer, FloodPeerOptions, StoredFlood } from './flood-peer.ts';

const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;

export const floodedGopherShip: FloodPeer = {
  name: gopherShipName,
  timeShare: 1,
  start,
  countStored: (_bench, stored) => countEntries(stored),
};

async function start({ files, box, directory }: FloodPeerOptions): Promise<FloodedEngine> {
  // Nothing is forced: it has to find out by itself that this is Red.
  const config = { ...vaultConfig({ files, directory, zone: 'green', limit: '16GiB' }), zones: {} };
  const engine = await startEngine({ config, box, liveZones: true });
  let isAlive = true;
  void engine.exited.then(() => {
    isAlive = false;
  });
  return {
    port: engine.port,
    okAnswerSizeBytes: 5,
    get isAlive() {
      return isAlive;
    },
    cpuSeconds: () => engine.usage().cpuSeconds,
    kill: () => engine.kill(),
  };
}

async function countEntries({ directory }: StoredFlood): Promise<number> {
  const args = ['vault', 'verify', join(directory, 'vault'), '--output-format', 'json'];
  const { stdout } = await promisify(execFile)(launcherPath, args);
  const { clean, entries } = JSON.parse(stdout);
  return clean === true ? Number(entries) : Number.NaN;
}
