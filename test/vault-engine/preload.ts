// Libraries that stand between the engine and libc, compiled when a test asks for them, and the
// small file that tells them at any time what to do: they have it in their memory.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type Compiled = { readonly path: string } | { readonly skipped: string };

export function compileShim(name: 'fault-shim' | 'clock-shim', directory: string): Compiled {
  const source = new URL(`./${name}.c`, import.meta.url).pathname;
  const path = join(directory, `${name}.so`);
  const args = ['-shared', '-fPIC', '-O1', '-w', '-o', path, source, '-ldl'];
  const { status, error, stderr } = spawnSync('cc', args, { encoding: 'utf8', timeout: 60_000 });
  if (error !== undefined) return { skipped: `cc: ${error.message}` };
  return status === 0 ? { path } : { skipped: `cc: ${stderr.split('\n')[0]}` };
}

/** Eight bytes that the library sees at once. */
export class ShimControl {
  readonly path: string;

  constructor(directory: string, name: string) {
    this.path = join(directory, name);
    this.write(0);
  }

  write(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    // In place: the page that is mapped elsewhere stays the file's.
    const descriptor = openSync(this.path, 'a+');
    closeSync(descriptor);
    const inPlace = openSync(this.path, 'r+');
    writeSync(inPlace, bytes, 0, bytes.length, 0);
    closeSync(inPlace);
  }
}
