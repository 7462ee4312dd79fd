// The lock of a vault: LOCK.db, held exclusively through SQLite, because Node has no file lock of
// its own. Killing the holder frees it. It is a POSIX lock: when this process closes any descriptor
// of the file, the lock is gone. So nothing opens LOCK.db but this file, before SQLite does, and
// the kernel's list of locks is asked again and again whether ours is still there.

import { closeSync, constants, fsyncSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assert } from '../assert.ts';
import { attempt, faultOf } from './errno.ts';
import { lockPath } from './file-names.ts';
import { IoFault, ioFaultName } from './io-fault.ts';
import { exclusiveDatabaseLocks, ownProcessId, type ProcessLock } from './process-locks.ts';

export type LockResult =
  | { readonly state: 'held'; readonly lock: VaultLock }
  /** Somebody has it; their process as /proc numbers it, if it could be found out. */
  | { readonly state: 'busy'; readonly processId: number | undefined }
  /** A mount that takes no writes, where a lock would exclude nobody. */
  | { readonly state: 'readOnly' }
  | { readonly state: 'failed'; readonly reason: string };

/** For status; numbers fit a word of shared memory. */
export const LockState = { None: 0, Held: 1, Lost: 2, ReadOnly: 3 } as const;
export type LockState = (typeof LockState)[keyof typeof LockState];

export function lockStateName(state: number): string {
  return ['none', 'held', 'lost', 'read_only'][state] ?? 'none';
}

/** Keep it reachable: collected with its database, the lock would go too. */
export class VaultLock {
  readonly #database: DatabaseSync;
  readonly #own: ProcessLock;
  #state: LockState = LockState.Held;

  private constructor(database: DatabaseSync, own: ProcessLock) {
    this.#database = database;
    this.#own = own;
  }

  /** `rootPath` is the vault directory, absolute, there already. Waits for nobody. */
  static acquire(rootPath: string): LockResult {
    assert(rootPath.startsWith('/'), 'vault directory is not an absolute path');
    const path = join(rootPath, lockPath);
    try {
      const holder = holderOf(path);
      // Before anything is opened: if it is us, opening and closing the file would free it.
      if (holder !== undefined) return { state: 'busy', processId: holder };
      const fault = prepare(rootPath, path);
      if (fault === IoFault.ReadOnly) return { state: 'readOnly' };
      if (fault !== IoFault.None) return failed(`${lockPath}: ${ioFaultName(fault)}`);
    } catch (error) {
      return failed(messageOf(error)); // no /proc, or one that may not be read
    }
    return VaultLock.#lock(path);
  }

  /**
   * Is the lock still ours? 0.01 ms. Once it was lost it stays lost: somebody else may have had it
   * in between.
   */
  check(): boolean {
    if (this.#state === LockState.Held && !isListed(this.#own)) this.#state = LockState.Lost;
    return this.#state === LockState.Held;
  }

  get state(): LockState {
    return this.#state;
  }

  /** After the last write. */
  release(): void {
    if (this.#state === LockState.None) return;
    this.#state = LockState.None;
    this.#database.close();
  }

  static #lock(path: string): LockResult {
    let database: DatabaseSync | undefined;
    try {
      const before = exclusiveDatabaseLocks();
      database = new DatabaseSync(path, { timeout: 0 });
      // Without it a journal would lie beside the file.
      database.exec('PRAGMA journal_mode=MEMORY');
      database.exec('PRAGMA locking_mode=EXCLUSIVE');
      database.exec('BEGIN EXCLUSIVE');
      const own = newLock(before);
      if (own !== undefined) return { state: 'held', lock: new VaultLock(database, own) };
      database.close();
      return failed('the lock was granted, but /proc/locks does not have it');
    } catch (error) {
      if (database?.isOpen) database.close();
      if (sqliteCode(error) === sqliteBusy) return { state: 'busy', processId: holderOf(path) };
      return failed(messageOf(error));
    }
  }
}

/** Makes the file if there is none, and finds out whether it can be written. */
function prepare(rootPath: string, path: string): IoFault {
  const noFollow = constants.O_NOFOLLOW;
  const create = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
  const created = attempt(() => closeSync(openSync(path, create, 0o600)));
  if (created === IoFault.None) return attempt(() => syncFolder(rootPath));
  // Some systems say first that it exists and some that nothing can be made here.
  if (created !== IoFault.Exists && created !== IoFault.ReadOnly) return created;
  const opened = attempt(() => closeSync(openSync(path, constants.O_RDWR | noFollow)));
  const isMissing = created === IoFault.ReadOnly && opened === IoFault.NotFound;
  return isMissing ? IoFault.ReadOnly : opened;
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function holderOf(path: string): number | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const device = deviceText(stat.dev);
  const holders = exclusiveDatabaseLocks().filter(
    (lock) => lock.inode === String(stat.ino) && lock.device === device,
  );
  return holders[0]?.processId;
}

/** As /proc/locks writes it. */
function deviceText(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/** The lock of ours that was not there before: no matter how its file's device is called. */
function newLock(before: readonly ProcessLock[]): ProcessLock | undefined {
  const processId = ownProcessId();
  return exclusiveDatabaseLocks().find(
    (lock) => lock.processId === processId && !before.some((other) => isSame(lock, other)),
  );
}

function isListed(own: ProcessLock): boolean {
  for (let look = 0; look < looksMax; look += 1) {
    try {
      if (exclusiveDatabaseLocks().some((lock) => isSame(lock, own))) return true;
    } catch (error) {
      faultOf(error); // not to be read just now; what has no errno is a bug of ours
    }
  }
  return false;
}

/** The list is read piece by piece; while others come and go, a piece can slip through. */
const looksMax = 3;

function isSame(one: ProcessLock, other: ProcessLock): boolean {
  const { processId, device, inode } = one;
  return processId === other.processId && device === other.device && inode === other.inode;
}

const sqliteBusy = 5;

/** Without the higher bits, which say more about the same. */
function sqliteCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) throw error;
  return Number(error.errcode) & 0xff;
}

function failed(reason: string): LockResult {
  return { state: 'failed', reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
