// The place where disks are made, logged and mounted: all of it in memory that is given back, in a
// mount of its own. Only root can have it, and it needs a C compiler, FUSE and loop devices.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MiB } from '../../src/limits.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { SparseImage } from './sparse-image.ts';
import { callSizeBytes, WriteLog } from './write-log.ts';

export type FileSystem = 'ext4' | 'xfs' | 'btrfs';

/** Everything together: images, which are mostly holes, and the log of one disk. */
const benchSizeBytes = 1024 * MiB;

const fileSystems: Readonly<
  Record<FileSystem, { imageSizeBytes: number; make: readonly string[]; options: string }>
> = {
  ext4: {
    imageSizeBytes: 64 * MiB,
    make: ['-q', '-F', '-b', '4096', '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard'],
    options: 'errors=remount-ro',
  },
  // It makes none below 300 MiB. Several images have the same identity.
  xfs: { imageSizeBytes: 320 * MiB, make: ['-q', '-f', '-K'], options: 'nouuid' },
  btrfs: { imageSizeBytes: 128 * MiB, make: ['-q', '-f', '-K'], options: 'nodiscard' },
};

/** A disk whose calls are logged, mounted. */
export interface LoggedDisk {
  readonly path: string;
  /** How many calls have reached it. */
  place(): number;
  /** Unmounts it; what it was told. */
  detach(): Promise<WriteLog>;
}

export class DiskBench {
  readonly fileSystem: FileSystem;
  readonly #temporary = temporaryDirectory('vault-power');
  readonly #mountPoints: string[] = [];
  #server: ChildProcess | undefined;

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem;
  }

  /** Once, first. The reason why there can be none, if so. */
  prepare(): string | undefined {
    if (process.getuid?.() !== 0) return 'only root can mount';
    for (const path of ['/dev/fuse', '/dev/loop-control'])
      if (!existsSync(path)) return `there is no ${path}`;
    const server = this.#path('logged-image');
    const source = new URL('./logged-image.c', import.meta.url).pathname;
    const size = `size=${benchSizeBytes}`;
    const { image, mounted } = this.#paths;
    const problem =
      this.#mount(['-t', 'tmpfs', '-o', size, 'tmpfs'], this.#temporary.path) ??
      run('cc', ['-O1', '-o', server, source]) ??
      this.#makeImage(image);
    // Whether all of it works is seen by doing it: modules and devices may be there in name only.
    return problem ?? this.#mountImage(image, mounted) ?? this.#unmount(mounted);
  }

  /** A file system with nothing in it. */
  emptyImage(): SparseImage {
    const problem = this.#makeImage(this.#paths.image);
    if (problem !== undefined) throw new Error(problem);
    return SparseImage.read(this.#paths.image, fileSystems[this.fileSystem].imageSizeBytes);
  }

  async attach(content: SparseImage): Promise<LoggedDisk> {
    const { image, served, mounted, index, data } = this.#paths;
    for (const path of [image, index, data]) rmSync(path, { force: true });
    content.save(image);
    writeFileSync(served, '');
    const server = spawn(this.#path('logged-image'), [image, served, index, data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#server = server;
    const ended = once(server, 'exit');
    const isMounted = once(server.stdout, 'data').then(() => true);
    if (!(await Promise.race([isMounted, ended.then(() => false)])))
      throw new Error('the server of the logged image ended');
    this.#mountPoints.push(served);
    this.#check(this.#mountServed(served, mounted));
    return {
      path: mounted,
      place: () => statSync(index).size / callSizeBytes,
      detach: async () => {
        this.#check(this.#unmount(mounted) ?? this.#unmount(served));
        const [status] = await ended;
        if (status !== 0) throw new Error(`the server of the logged image ended with ${status}`);
        this.#server = undefined;
        return new WriteLog(index, data);
      },
    };
  }

  /** Mounts an image, which replays its journal; `unmount()` follows. */
  mount(content: SparseImage): string {
    const { image, mounted } = this.#paths;
    rmSync(image, { force: true }); // one that is still open stays what it is
    content.save(image);
    this.#check(this.#mountImage(image, mounted));
    return mounted;
  }

  unmount(): void {
    this.#check(this.#unmountAnyway(this.#paths.mounted));
  }

  /** For whoever looks into a failure. Where it is. */
  keep(content: SparseImage, name: string): string {
    const path = join(tmpdir(), `gophership-lost-power-${this.fileSystem}-${name}.image`);
    content.save(path);
    return path;
  }

  /** Is the file system as a whole one has to be? Of the image that was unmounted last. */
  checkFileSystem(): string | undefined {
    const { image } = this.#paths;
    if (this.fileSystem === 'ext4') return run('e2fsck', ['-f', '-n', image]);
    if (this.fileSystem === 'xfs') return run('xfs_repair', ['-n', '-f', image]);
    return run('btrfs', ['check', image]);
  }

  /** Whatever state it is in. Throws if something stays mounted. */
  release(): void {
    const problems = [...this.#mountPoints].reverse().flatMap((path) => {
      return this.#unmountAnyway(path) ?? [];
    });
    this.#server?.kill();
    if (problems.length > 0) throw new Error(`stays mounted: ${problems.join('; ')}`);
    this.#temporary.remove();
  }

  get #paths() {
    return {
      image: this.#path('image'),
      served: this.#path('served'),
      index: this.#path('index'),
      data: this.#path('data'),
      mounted: this.#path('mounted'),
    };
  }

  #path(name: string): string {
    return join(this.#temporary.path, name);
  }

  #makeImage(path: string): string | undefined {
    const { imageSizeBytes, make } = fileSystems[this.fileSystem];
    rmSync(path, { force: true });
    writeFileSync(path, '');
    truncateSync(path, imageSizeBytes);
    return run(`mkfs.${this.fileSystem}`, [...make, path]);
  }

  #mountImage(image: string, mountPoint: string): string | undefined {
    return this.#mount(['-t', this.fileSystem, '-o', `loop,${this.#options}`, image], mountPoint);
  }

  // Direct I/O: no page cache between the device and the log, so flushes come after their writes.
  #mountServed(served: string, mountPoint: string): string | undefined {
    const found = spawnSync('losetup', ['--find', '--show', '--direct-io=on', served], called);
    const device = found.stdout?.trim() ?? '';
    if (found.status !== 0) return `losetup: ${found.error?.message ?? found.stderr.trim()}`;
    const args = ['-t', this.fileSystem, '-o', this.#options, device];
    const problem = this.#mount(args, mountPoint);
    // While it is mounted this only says that the device goes with the mount.
    const detached = run('losetup', ['--detach', device]);
    return problem ?? detached;
  }

  get #options(): string {
    return fileSystems[this.fileSystem].options;
  }

  #mount(args: readonly string[], mountPoint: string): string | undefined {
    mkdirSync(mountPoint, { recursive: true });
    const problem = run('mount', [...args, mountPoint]);
    if (problem === undefined) this.#mountPoints.push(mountPoint);
    return problem;
  }

  // A test that failed has a file open: out of sight now, and gone with the process.
  #unmountAnyway(mountPoint: string): string | undefined {
    if (this.#unmount(mountPoint) === undefined) return undefined;
    return this.#unmount(mountPoint, ['--lazy']);
  }

  #unmount(mountPoint: string, options: readonly string[] = []): string | undefined {
    const problem = run('umount', [...options, mountPoint]);
    const at = this.#mountPoints.lastIndexOf(mountPoint);
    if (problem === undefined && at !== -1) this.#mountPoints.splice(at, 1);
    return problem;
  }

  #check(problem: string | undefined): void {
    if (problem !== undefined) throw new Error(problem);
  }
}

const called = { encoding: 'utf8', timeout: 60_000 } as const;

/** Undefined if it worked. */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr, stdout } = spawnSync(command, args, called);
  if (status === 0) return undefined;
  return `${command}: ${error?.message ?? (stderr + stdout).trim().split('\n')[0] ?? ''}`;
}
