// The engine of the demo: `gophership run` as a user starts it. What the demo knows of it is what
// everybody can see from outside: the lines of its log, the files of its vault, the kernel's view
// of its memory.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ZoneChange, ZoneName } from './zone-name.ts';

const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;
const lastLinesShown = 10;

/** A line of the log: what of it is read. */
interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly time?: string;
  readonly transport?: string;
  readonly port?: number;
  readonly from?: string;
  readonly to?: string;
  readonly cause?: string;
  readonly signals?: string;
  readonly ledger_difference?: number;
}

export class DemoEngine {
  readonly #process: ChildProcess;
  readonly #vaultPath: string;
  readonly #lastLines: string[] = [];
  readonly #port = Promise.withResolvers<number>();
  readonly #changes: ZoneChange[] = [];
  #ledgerDifference = Number.NaN;
  #hasErrors = false;
  #mayEnd = false;
  /** Rejects when the process ends before stop() was called. */
  readonly died: Promise<never>;

  constructor(configPath: string, vaultPath: string) {
    this.#vaultPath = vaultPath;
    this.#process = spawn(launcherPath, ['run', '--config', configPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Ctrl-C is for the demo: it ends the engine when it has taken its view away.
      detached: true,
    });
    createInterface({ input: this.#process.stderr! }).on('line', (line) => this.#read(line));
    const { promise, reject } = Promise.withResolvers<never>();
    this.#process.on('close', (code, signal) => {
      if (!this.#mayEnd) reject(new Error(this.#describeEnd(String(code ?? signal))));
    });
    this.died = promise;
    this.died.catch(() => {}); // whoever races against it hears of it
    // Before whoever removes its files.
    process.prependListener('exit', () => this.#process.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when it listens. */
  get port(): Promise<number> {
    return Promise.race([this.#port.promise, this.died]);
  }

  get zone(): ZoneName {
    return this.#changes.at(-1)?.to ?? 'Green';
  }

  /** Since the start, oldest first. */
  get changes(): readonly ZoneChange[] {
    return this.#changes;
  }

  /** Its log has a line of the level that says: data is lost, or an operator must come. */
  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  /** All files of the vault, those that it keeps ready included. */
  vaultBytes(): number {
    let bytes = 0;
    for (const entry of readdirSync(this.#vaultPath, { recursive: true, withFileTypes: true })) {
      // It may have gone in between: a segment that is delivered is deleted.
      const path = join(entry.parentPath, entry.name);
      bytes += (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
    }
    return bytes;
  }

  /** SIGTERM; resolves with what its own books are off by once it has drained. */
  async stop(): Promise<number> {
    this.#mayEnd = true;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'close');
    return this.#ledgerDifference;
  }

  #read(text: string): void {
    this.#lastLines.push(text);
    if (this.#lastLines.length > lastLinesShown) this.#lastLines.shift();
    if (!text.startsWith('{')) return;
    const line: LogLine = JSON.parse(text);
    if (line.level === 'error') this.#hasErrors = true;
    if (line.msg === 'listening' && line.transport === 'grpc') {
      this.#port.resolve(Number(line.port));
    }
    if (line.msg === 'zone') this.#changes.push(zoneChange(line));
    if (line.msg === 'stopped') this.#ledgerDifference = Number(line.ledger_difference);
  }

  #describeEnd(how: string): string {
    return [`the engine ended with ${how}; its last lines:`, ...this.#lastLines].join('\n');
  }
}

const zoneNames: Readonly<Record<string, ZoneName>> = {
  green: 'Green',
  yellow: 'Yellow',
  red: 'Red',
};

function zoneChange({ time = '', from = '', to = '', cause, signals = '' }: LogLine): ZoneChange {
  const named = (name: string): ZoneName => {
    const zone = zoneNames[name];
    if (zone === undefined) throw new Error(`the engine's log names a zone "${name}"`);
    return zone;
  };
  const why = cause === 'signal' ? signals : cause === 'dwell' ? 'calm' : (cause ?? '');
  return { wallMs: Date.parse(time), from: named(from), to: named(to), why };
}
