// Small file systems for tests that need a real one: loop-mounted images, memory, read-only views.
// In a private temporary directory, unmounted by release() whatever happens. Only root can mount.

import { spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../src/limits.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export type Mounted = { readonly path: string } | { readonly skipped: string };

export class MountedMedia {
  readonly #temporary = temporaryDirectory('media');
  readonly #mountPoints: string[] = [];
  #count = 0;

  /** A file system of `sizeBytes` that `mkfs.<type>` makes in an image. */
  image(type: 'ext4' | 'xfs' | 'btrfs', sizeBytes: number): Mounted {
    const image = join(this.#temporary.path, `${this.#count}.${type}`);
    writeFileSync(image, '');
    truncateSync(image, sizeBytes);
    const force = type === 'ext4' ? ['-q', '-F'] : ['-q', '-f'];
    const skipped = run(`mkfs.${type}`, [...force, image]);
    return skipped === undefined ? this.#mount(['-o', 'loop', '-t', type, image]) : { skipped };
  }

  /** At most 8 MiB of it are promised to be used. */
  memory(type: 'tmpfs' | 'ramfs'): Mounted {
    const size = type === 'tmpfs' ? ['-o', `size=${8 * MiB}`] : [];
    return this.#mount([...size, '-t', type, type]);
  }

  /** The same files, which cannot be written there. */
  readOnlyView(path: string): Mounted {
    return this.#mount(['-o', 'bind,ro', path]);
  }

  /** The same files at another place, which has to be there. */
  view(path: string, mountPoint: string): Mounted {
    return this.#mount(['-o', 'bind', path], mountPoint);
  }

  /** Throws if something stays mounted: then nothing is removed either. */
  release(): void {
    const problems = this.#mountPoints
      .splice(0)
      .reverse()
      .flatMap((path) => {
        if (run('umount', [path]) === undefined) return [];
        // A test that failed has a file open: out of sight now, and gone with the process.
        return run('umount', ['--lazy', path]) ?? [];
      });
    if (problems.length > 0) throw new Error(`stays mounted: ${problems.join('; ')}`);
    this.#temporary.remove();
  }

  #mount(args: readonly string[], mountPoint?: string): Mounted {
    const path = mountPoint ?? join(this.#temporary.path, `mount-${this.#count++}`);
    mkdirSync(path, { recursive: true });
    const skipped = run('mount', [...args, path]);
    if (skipped !== undefined) return { skipped };
    this.#mountPoints.push(path);
    return { path };
  }
}

/** Undefined if it worked. */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  if (status === 0) return undefined;
  const text = error?.message ?? stderr.trim().split('\n')[0] ?? '';
  return `${command}: ${text}`;
}
