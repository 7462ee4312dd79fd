// From a Config to a running engine: checks everything that can stop the start, detects the host
// once, and hands plain data to the supervisor.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { detectResource } from '../enrichment/resource-detection.ts';
import { planEnrichment } from '../enrichment/resource-processor.ts';
import { type Log, silentLog } from '../log.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import { arenaLayout } from './memory-budget.ts';
import { checkFiles, checkPorts } from './start-checks.ts';
import { Supervisor } from './supervisor.ts';

/** What of this process and host the engine may look at. */
export interface EngineHost {
  readonly version: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** As process.arch and process.platform. */
  readonly architecture: string;
  readonly platform: string;
}

export interface EngineOptions {
  readonly config: Config;
  readonly host: EngineHost;
  readonly log: Log;
  /** A thread has died; the process must end with ExitCode.AssertionFailed. Called at most once. */
  threadDied(threadName: string, cause: Error): void;
}

interface EnginePlan {
  readonly layout: ArenaLayout;
  readonly splicePlan: Uint8Array;
  readonly warnings: readonly string[];
}

/** Resolves when every listener listens. Throws GopherShipError for what the operator can mend. */
export async function startEngine(options: EngineOptions): Promise<Supervisor> {
  const { config, host, log, threadDied } = options;
  const { layout, splicePlan, warnings } = await planEngine(config, host, log);
  for (const warning of warnings) log.warn('TLS_MATERIAL', warning);
  await checkPorts(config.receivers);
  const { version } = host;
  return Supervisor.start({ config, layout, splicePlan, version, log, threadDied });
}

/**
 * Everything that can be known before a thread runs. Throws MEMORY_LIMIT, TLS_MATERIAL or CONFIG.
 */
export async function planEngine(
  config: Config,
  host: EngineHost,
  log: Log = silentLog,
): Promise<EnginePlan> {
  const layout = arenaLayout(config);
  const warnings = await checkFiles(config, systemClock.wallMs());
  const detected = detectResource(config.processors, surroundings(host), log);
  return { layout, splicePlan: planEnrichment(config.processors, detected), warnings };
}

function surroundings(host: EngineHost) {
  return {
    environment: host.variables,
    readFile(path: string) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        // Files that a detector asks for are missing on many hosts; it then knows less.
        return undefined;
      }
    },
    hostName: hostname,
    architecture: host.architecture,
    platform: host.platform,
  };
}
