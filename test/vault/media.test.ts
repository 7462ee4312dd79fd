// Scenario: a vault directory is opened on small real file systems: ext4, xfs and btrfs in images,
// tmpfs, ramfs, a read-only view, a full disk; and one that another process has, or that is none.
// Guarantees: each gets the verdict that is its due about medium, direct I/O and lock; what forgets
// is refused unless allowed; every refusal has a code and leaves the lock free; two processes never
// have one vault.
//
// What cannot be had here prints "SKIPPED: reason".

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { MiB } from '../../src/limits.ts';
import { directReasonText, directReasonWord } from '../../src/vault/direct-io-trial.ts';
import { mediumName } from '../../src/vault/medium.ts';
import {
  type OpenedVaultDirectory,
  openVaultDirectory,
  type VaultDirectoryConfig,
} from '../../src/vault/open-vault-directory.ts';
import { VaultLock } from '../../src/vault/vault-lock.ts';
import { type Mounted, MountedMedia } from '../support/mounted-media.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { firstFreeBytes, vaultArena } from '../support/vault-arena.ts';

const media = new MountedMedia();
const temporary = temporaryDirectory('vault-directory');
after(() => {
  media.release();
  temporary.remove();
});
const { bytes } = vaultArena(2 * 4096).area;
const holder = new URL('../support/lock-holder.ts', import.meta.url).pathname;

function open(directory: string, change: Partial<VaultDirectoryConfig> = {}): OpenedVaultDirectory {
  const config = { directory, limitBytes: MiB, minFreeBytes: 0, allowVolatile: false, ...change };
  return openVaultDirectory(config, bytes, firstFreeBytes);
}

function refusedWith(code: ErrorCode, text: RegExp, directory: string): void {
  assert.throws(() => open(directory), { name: 'GopherShipError', code, message: text });
}

/** `ext4 persistent direct`, and what the operator is told. */
function verdict(opened: OpenedVaultDirectory): readonly [string, readonly string[]] {
  const { medium, direct, warnings, lock } = opened;
  const reason = direct.direct ? 'direct' : directReasonText(directReasonWord(direct));
  const locked = lock === undefined ? 'unlocked' : lock.check() ? 'locked' : 'lost';
  return [`${medium.fileSystem} ${mediumName(medium.medium)}, ${reason}, ${locked}`, warnings];
}

/** What another process gets. */
function elsewhere(path: string): string {
  const run = spawnSync(process.execPath, [holder, path, 'try'], { encoding: 'utf8' });
  return JSON.parse(run.stdout).state;
}

function mounted(context: TestContext, made: () => Mounted): string | undefined {
  const medium = process.getuid?.() === 0 ? made() : { skipped: 'only root can mount' };
  if ('path' in medium) return medium.path;
  context.skip(`SKIPPED: ${medium.skipped}`);
  return undefined;
}

const images = [
  ['ext4', 16 * MiB, []],
  ['xfs', 320 * MiB, []],
  ['btrfs', 128 * MiB, [/copies on write/]],
] as const;
for (const [type, sizeBytes, warnings] of images) {
  test(`openVaultDirectory() takes ${type}, with direct I/O and a lock that holds`, (context) => {
    const path = mounted(context, () => media.image(type, sizeBytes));
    if (path === undefined) return;
    const opened = open(join(path, 'a', 'vault'));
    const [text, said] = verdict(opened);
    assert.equal(text, `${type} persistent, direct, locked`);
    assert.equal(said.length, warnings.length);
    for (const [index, warning] of warnings.entries()) assert.match(said[index] ?? '', warning);
    assert.equal(elsewhere(join(path, 'a', 'vault')), 'busy');
    opened.lock?.release();
  });
}

test('openVaultDirectory() refuses memory, and takes it with a warning when told to', (context) => {
  const tmpfs = mounted(context, () => media.memory('tmpfs'));
  if (tmpfs === undefined) return;
  refusedWith('VAULT_MEDIUM', /tmpfs is memory .*vault\.allow_volatile/, tmpfs);
  assert.deepEqual(readdirSync(tmpfs), [], 'nothing was written');
  const opened = open(tmpfs, { allowVolatile: true });
  const [text, warnings] = verdict(opened);
  assert.equal(text, 'tmpfs volatile, direct, locked');
  assert.match(warnings.join('\n'), /^vault\.directory: tmpfs is memory.*$/);
  assert.equal(elsewhere(tmpfs), 'busy');
  opened.lock?.release();
});

test('openVaultDirectory() says that ramfs takes no direct I/O', (context) => {
  const ramfs = mounted(context, () => media.memory('ramfs'));
  if (ramfs === undefined) return;
  refusedWith('VAULT_MEDIUM', /ramfs is memory/, ramfs);
  // ramfs says that it has room for nothing, so the limit is warned of as well.
  const opened = open(ramfs, { allowVolatile: true, limitBytes: 0 });
  const [text, warnings] = verdict(opened);
  assert.equal(text, 'ramfs volatile, open: Invalid, locked');
  assert.match(warnings.join('\n'), /no direct I\/O \(open: Invalid\): .*page cache/);
  opened.lock?.release();
});

test('openVaultDirectory() on a read-only mount has no lock and writes nothing', (context) => {
  const path = join(temporary.path, 'read-only');
  open(path).lock?.release();
  const view = mounted(context, () => media.readOnlyView(path));
  if (view === undefined) return;
  assert.deepEqual(VaultLock.acquire(view), { state: 'readOnly' });
  const opened = open(view);
  assert.equal(opened.lock, undefined);
  // Nobody keeps the other path, which can be written, from being used.
  open(path).lock?.release();
  const empty = join(temporary.path, 'read-only-empty');
  mkdirSync(empty);
  const emptyView = mounted(context, () => media.readOnlyView(empty));
  if (emptyView === undefined) return;
  assert.equal(open(emptyView).lock, undefined);
  assert.deepEqual(readdirSync(emptyView), []);
  refusedWith('VAULT_DIRECTORY', /cannot be made: EROFS/, join(emptyView, 'vault'));
});

test('openVaultDirectory() starts on a full disk what was made before', (context) => {
  const path = mounted(context, () => media.image('ext4', 16 * MiB));
  if (path === undefined) return;
  const vault = join(path, 'vault');
  open(vault).lock?.release();
  const hog = fillUp(join(path, 'hog'));
  refusedWith('VAULT_DIRECTORY', /NoSpace|ENOSPC/, join(path, 'other'));
  const opened = open(vault, { limitBytes: 8 * MiB });
  const [text, warnings] = verdict(opened);
  assert.equal(text, 'ext4 persistent, direct, locked');
  assert.match(warnings.join('\n'), /^vault\.limit: 8388608 bytes are still to come.* only 0 /);
  assert.equal(elsewhere(vault), 'busy');
  opened.lock?.release();
  rmSync(hog);
});

test('openVaultDirectory() warns when the file system cannot hold the limit', () => {
  const path = join(temporary.path, 'large');
  const opened = open(path, { limitBytes: 2 ** 46 });
  assert.match(opened.warnings.join('\n'), /^vault\.limit: 70368744177664 bytes are still/);
  opened.lock?.release();
});

test('openVaultDirectory() says who has the vault, and lets go of it after a refusal', () => {
  const path = join(temporary.path, 'busy');
  const opened = open(path);
  refusedWith('VAULT_LOCKED', new RegExp(`busy is in use by process ${process.pid}$`), path);
  opened.lock?.release();
  rmSync(join(path, 'seg'), { recursive: true });
  writeFileSync(join(path, 'seg'), '');
  refusedWith('VAULT_DIRECTORY', /seg: is not a directory$/, path);
  assert.equal(elsewhere(path), 'held');
});

test('openVaultDirectory() makes its folders for itself alone, and closes what was open', () => {
  const path = join(temporary.path, 'modes', 'vault');
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
  open(path).lock?.release();
  const modes = ['', 'seg', 'cursor', 'quarantine', 'dead', 'dead/seg', 'LOCK.db'].map(
    (name) => statSync(join(path, name)).mode & 0o777,
  );
  assert.deepEqual(modes, [0o700, 0o700, 0o700, 0o700, 0o700, 0o700, 0o600]);
  symlinkSync(path, join(temporary.path, 'link'));
  open(join(temporary.path, 'link')).lock?.release();
});

test('openVaultDirectory() refuses what is no directory, or is in another vault', () => {
  const file = join(temporary.path, 'file');
  writeFileSync(file, '');
  refusedWith('VAULT_DIRECTORY', /file: is not a directory$/, file);
  refusedWith('VAULT_DIRECTORY', /cannot be used: ENOTDIR$/, join(file, 'vault'));
  symlinkSync('/nowhere', join(temporary.path, 'dangling'));
  refusedWith('VAULT_DIRECTORY', /cannot be used: ENOENT$/, join(temporary.path, 'dangling'));
  const outer = join(temporary.path, 'outer');
  open(outer).lock?.release();
  const inner = join(outer, 'seg', 'inner');
  refusedWith('VAULT_DIRECTORY', /inner: is inside of the vault .*outer$/, inner);
  assert.equal(existsSync(inner), false);
});

test('openVaultDirectory() refuses a folder on another file system', (context) => {
  const path = mounted(context, () => media.image('ext4', 16 * MiB));
  if (path === undefined) return;
  const vault = join(temporary.path, 'two');
  open(vault).lock?.release();
  rmSync(join(vault, 'cursor'), { recursive: true });
  mkdirSync(join(path, 'cursor'));
  symlinkSync(join(path, 'cursor'), join(vault, 'cursor'));
  refusedWith('VAULT_DIRECTORY', /cursor: is not a directory$/, vault);
  const nested = join(path, 'nested');
  mkdirSync(join(nested, 'seg'), { recursive: true });
  const other = mounted(context, () => media.image('ext4', 16 * MiB));
  if (other === undefined) return;
  media.view(other, join(nested, 'seg'));
  refusedWith('VAULT_DIRECTORY', /seg: is on another file system than the vault$/, nested);
});

/** Until no byte fits any more. */
function fillUp(path: string): string {
  for (let sizeBytes = MiB; sizeBytes >= 1; sizeBytes = Math.floor(sizeBytes / 4)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(sizeBytes, 1), { flag: 'a' });
    } catch (error) {
      assert.equal(error instanceof Error && 'code' in error && error.code, 'ENOSPC');
    }
  }
  return path;
}
