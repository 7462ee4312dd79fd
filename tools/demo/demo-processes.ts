// Starts the processes of the demo below one folder: the downstream, the engine, the producers.

import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createDevCertificates } from '../../src/tls/dev-certificates.ts';
import { DemoChild } from './demo-child.ts';
import { DemoEngine } from './demo-engine.ts';
import { engineConfig, minFreeGiB, vaultLimitGiB } from './engine-config.ts';
import type { Story } from './story.ts';

export interface DemoProcesses {
  readonly sink: DemoChild;
  readonly engine: DemoEngine;
  readonly producers: DemoChild;
}

/** Resolves when the engine listens and the producers are about to connect. */
export async function startProcesses(folder: string, story: Story): Promise<DemoProcesses> {
  const certificates = await createDevCertificates(join(folder, 'tls'));
  const { caCert, serverCert, serverKey, clientCert, clientKey } = certificates;
  const logPath = (name: string) => join(folder, `${name}.log`);
  const sink = new DemoChild({
    name: 'downstream',
    entry: new URL('./sink-main.ts', import.meta.url),
    args: [caCert, serverCert, serverKey],
    logPath: logPath('sink'),
  });
  const { port: sinkPort } = await sink.next('listening');
  const configPath = join(folder, 'gophership.yaml');
  const vaultPath = join(folder, 'vault');
  mkdirSync(vaultPath, { mode: 0o700 });
  writeFileSync(configPath, stringify(engineConfig(vaultPath, certificates, sinkPort, story)));
  const engine = new DemoEngine(configPath, vaultPath);
  const port = await engine.port;
  const producers = new DemoChild({
    name: 'producers',
    entry: new URL('./producers-main.ts', import.meta.url),
    args: [String(port), caCert, clientCert, clientKey],
    logPath: logPath('producers'),
  });
  await producers.next('producers');
  return { sink, engine, producers };
}

/** Throws when the file system of `folder` has no room for the vault's limit. */
export function expectRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const neededGiB = vaultLimitGiB + minFreeGiB;
  const freeGiB = (bavail * bsize) / 2 ** 30;
  if (freeGiB >= neededGiB) return;
  throw new Error(
    `${freeGiB.toFixed(1)} GiB are free in ${folder}, ${neededGiB} GiB are needed; ` +
      '--dir names another folder',
  );
}
