// A disk whose flushes take as long as a test says, and are counted: a library between the engine
// and libc (test/reports/slow-disk-shim.c), and the file that both have in memory.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SlowDisk {
  /** For the engine. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on each flush takes so much longer. */
  setFlushDelayMs(delayMs: number): void;
  /** Until now. */
  flushCount(): number;
}

/** Of the files below `vaultPath`; its own files go to `directory`. */
export function slowDisk(
  directory: string,
  vaultPath: string,
): SlowDisk | { readonly skipped: string } {
  const source = new URL('../reports/slow-disk-shim.c', import.meta.url).pathname;
  const library = join(directory, 'slow-disk.so');
  const args = ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'];
  const { status, error, stderr } = spawnSync('cc', args, { encoding: 'utf8', timeout: 60_000 });
  if (error !== undefined) return { skipped: `cc: ${error.message}` };
  if (status !== 0) return { skipped: `cc: ${stderr.split('\n')[0]}` };
  const path = join(directory, 'slow-disk-control');
  writeFileSync(path, Buffer.alloc(16));
  return {
    env: { LD_PRELOAD: library, SLOW_DIRECTORY: vaultPath, SLOW_CONTROL: path },
    setFlushDelayMs(delayMs) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(Math.round(delayMs * 1_000)));
      // In place: the page that is mapped there stays the file's.
      withFile(path, 'r+', (descriptor) => writeSync(descriptor, bytes, 0, 8, 0));
    },
    flushCount() {
      const bytes = Buffer.alloc(8);
      withFile(path, 'r', (descriptor) => readSync(descriptor, bytes, 0, 8, 8));
      return Number(bytes.readBigUInt64LE());
    },
  };
}

function withFile(path: string, flags: string, use: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags);
  use(descriptor);
  closeSync(descriptor);
}
