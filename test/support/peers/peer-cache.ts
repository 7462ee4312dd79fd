// Where foreign programs of the interop suite and the bench live once built: outside the project,
// in the user's cache, under a name that says which version it is. What cannot be built is an
// error.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Path of the cached `name`; built by `build` in a directory of its own first when it is absent.
 * `build` returns the path of what it made, which is moved into the cache in one step.
 */
export async function cachedPeer(
  name: string,
  build: (directory: string) => Promise<string>,
): Promise<string> {
  const path = join(cachePath(), name);
  if (existsSync(path)) return path;
  mkdirSync(cachePath(), { recursive: true });
  const directory = mkdtempSync(join(cachePath(), 'build-'));
  try {
    const made = await build(directory);
    if (!existsSync(path)) renameSync(made, path);
    return path;
  } catch (error) {
    throw new Error(`cannot build ${name}, a peer that this suite needs`, { cause: error });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function cachePath(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'gophership-interop');
}

// A cold build of the Collector takes about two minutes on two cores.
const commandMsMax = 15 * 60 * 1000;
const outputShownCharsMax = 4_000;

/** Runs a build step; a failure carries the end of what it printed. */
export async function runBuildStep(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<void> {
  try {
    await promisify(execFile)(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: commandMsMax,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    // execFile adds both streams to its error.
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const output = `${stdout}${stderr}`.slice(-outputShownCharsMax);
    throw new Error(`${command} ${args.join(' ')} failed:\n${output}`, { cause: error });
  }
}
