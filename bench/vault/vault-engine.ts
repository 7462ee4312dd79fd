// The engine with a vault as the vault's bench starts it, again and again on the same directory,
// and what it is filled with.

import type { CertificateFiles } from '../../test/support/certificates.ts';
import { type EngineProcess, startEngine } from '../../test/support/engine-process.ts';
import type { ProcessUsage } from '../../test/support/process-usage.ts';
import type { LogBody } from '../load/log-bodies.ts';
import type { Bench } from '../measurement.ts';
import type { BodyName } from '../peers/bench-peer.ts';
import { type VaultConfigOptions, vaultConfig } from '../peers/gophership-config.ts';

export interface VaultBench extends Bench {
  readonly bodies: Readonly<Record<BodyName, LogBody>>;
}

interface EngineOptions extends Omit<VaultConfigOptions, 'files' | 'protocol'> {
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when it listens, which is after the vault has been recovered. */
export function startVaultEngine(
  { files }: { readonly files: CertificateFiles },
  { env = {}, ...options }: EngineOptions,
): Promise<EngineProcess> {
  return startEngine({ config: vaultConfig({ ...options, files }), env });
}

export const wireSpeedLoad = { connections: 4, streamsPerConnection: 4 } as const;
export const smallLoad = { connections: 8, streamsPerConnection: 8 } as const;

/** Sends so many bytes of bodies as fast as it can; returns the records that were acknowledged. */
export async function fillVault(
  { h2load }: Bench,
  engine: EngineProcess,
  body: LogBody,
  sizeBytes: number,
): Promise<number> {
  const requests = Math.ceil(sizeBytes / body.sizeBytes);
  // h2load cannot spread fewer requests than it has connections.
  if (requests < wireSpeedLoad.connections) return 0;
  const load = { ...wireSpeedLoad, port: engine.port, bodyPath: body.path, requests };
  const { succeeded } = await h2load.run(load);
  if (succeeded < requests) throw new Error(`${requests - succeeded} of ${requests} were not OK`);
  return succeeded * body.records;
}

/** SIGTERM; anything but a clean end is a failure of the bench. */
export async function stopEngine(engine: EngineProcess): Promise<void> {
  const code = await engine.stop();
  if (code !== 0) throw new Error(`the engine ended with ${code}`);
}

export interface MemoryWatch {
  /** The largest values seen until now. */
  peak(): Pick<ProcessUsage, 'rssBytes' | 'anonymousBytes'>;
  end(): void;
}

const watchIntervalMs = 50;

export function watchMemory(engine: EngineProcess): MemoryWatch {
  let { rssBytes, anonymousBytes } = engine.usage();
  const look = () => {
    const usage = engine.usage();
    rssBytes = Math.max(rssBytes, usage.rssBytes);
    anonymousBytes = Math.max(anonymousBytes, usage.anonymousBytes);
  };
  const timer = setInterval(look, watchIntervalMs);
  return {
    peak() {
      look();
      return { rssBytes, anonymousBytes };
    },
    end: () => clearInterval(timer),
  };
}
