// The engine as a user runs it: `bin/gophership run` in a process of its own, in a temporary
// directory, on ports that the kernel chooses. For tests of whole promises and for the bench.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { MemoryBox } from './memory-box.ts';
import type { ProcessUsage } from './process-usage.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface EngineOptions {
  /** YAML text, or the same as an object; listeners should ask for port 0. */
  readonly config: string | object;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments after `run --config FILE`. */
  readonly args?: readonly string[];
  /**
   * Zones act. Without, only a forced one does (zones.observe_only): what a test sees must not
   * depend on what else the machine does.
   */
  readonly liveZones?: boolean;
  /** The process runs inside, from its first instruction on. */
  readonly box?: MemoryBox;
}

/** A line of the engine's log. */
export interface EngineLogLine {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

export interface EngineProcess {
  /** Where the gRPC receiver listens; 0 without one. */
  readonly port: number;
  /** Where the HTTP receiver listens; 0 without one. */
  readonly httpPort: number;
  /** The control port, for operators. */
  readonly controlPort: number;
  readonly pid: number;
  /** The temporary directory; gone once the process has ended. */
  readonly directory: string;
  logs(): EngineLogLine[];
  waitForLog(matches: (line: EngineLogLine) => boolean, what: string): Promise<EngineLogLine>;
  /** SIGTERM; the exit code once the drain is done. Rejects if the ledger does not add up then. */
  stop(): Promise<number>;
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number>;
  usage(): ProcessUsage;
}

const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;

/** Resolves once every receiver listens; rejects with the last log lines if it never does. */
export async function startEngine(options: EngineOptions): Promise<EngineProcess> {
  const directory = temporaryDirectory('engine');
  const configPath = join(directory.path, 'gophership.yaml');
  const { config } = options;
  const configText = typeof config === 'string' ? config : stringify(config);
  writeFileSync(configPath, configText);
  const enter = options.box?.enterCommand ?? [];
  const sets = [
    'control.endpoint=127.0.0.1:0',
    ...(options.liveZones === true ? [] : ['zones.observe_only=true']),
  ].flatMap((set) => ['--set', set]);
  const engine = [launcherPath, 'run', '--config', configPath, ...sets, ...(options.args ?? [])];
  const [command = '', ...args] = [...enter, ...engine];
  const running = startProcess({
    name: 'gophership',
    command,
    args,
    directory: directory.path,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const exited = running.exited.finally(() => directory.remove());
  const logs = () => running.lines.flatMap((line) => parseLogLine(line) ?? []);
  const waitForLog = async (matches: (line: EngineLogLine) => boolean, what: string) => {
    const line = await running.waitForLine((text) => {
      const parsed = parseLogLine(text);
      return parsed !== undefined && matches(parsed);
    }, what);
    return parseLogLine(line)!;
  };
  try {
    const protocols: object = parse(configText).receivers.otlp.protocols;
    const portOf = async (name: 'grpc' | 'http' | 'control') => {
      if (name !== 'control' && !(name in protocols)) return 0;
      const { port } = await waitForLog(
        ({ msg, transport }) => msg === 'listening' && transport === name,
        `that it listens for ${name}`,
      );
      return Number(port);
    };
    return {
      port: await portOf('grpc'),
      httpPort: await portOf('http'),
      controlPort: await portOf('control'),
      pid: running.pid,
      directory: directory.path,
      logs,
      waitForLog,
      async stop() {
        const code = await running.stop();
        checkLedger(logs());
        return code;
      },
      kill: () => running.kill(),
      signal: (name) => running.signal(name),
      exited,
      usage: () => running.usage(),
    };
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** Every batch that was received and every one that was acknowledged is accounted for. */
function checkLedger(lines: readonly EngineLogLine[]): void {
  const stopped = lines.findLast(({ msg }) => msg === 'stopped');
  if (stopped === undefined) return; // it ended without a drain, and the exit code says so
  const { ledger_difference: difference } = stopped;
  // Also if there is no such field: a ledger that nobody prints is not one that adds up.
  if (difference !== 0) throw new Error(`the ledger is off by ${String(difference)} batches`);
}

function parseLogLine(line: string): EngineLogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    // The engine's own log is JSON with these fields (src/log.ts); a cut line is not.
    return JSON.parse(line) as EngineLogLine;
  } catch {
    return undefined;
  }
}
