// A file that only ever grows by whole, synced groups of lines, and that nobody else writes as long
// as we have it. append() puts bytes behind the committed part, commit() makes them durable,
// rollback() cuts them off again. Files rotate between groups. Only bytes that are known to be ours
// and not acknowledged are ever cut; a file with others is set aside as it is.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import * as nodeFiles from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { makeFolder } from '../tls/make-folder.ts';
import { FileLock } from './file-lock.ts';
import { RotatedFiles } from './rotated-files.ts';
import { fileTail } from './torn-tail.ts';

/** The calls that touch the disk; tests hand in ones that fail. */
export type FileCalls = Pick<typeof nodeFiles, 'open' | 'mkdir' | 'readdir' | 'rename' | 'unlink'>;
export const systemFileCalls: FileCalls = nodeFiles;

export interface JsonLinesFileOptions {
  /** As configured, without a shard. */
  readonly path: string;
  readonly shardIndex: number;
  readonly sizeBytesMax: number;
  readonly backupsMax: number;
  readonly calls: FileCalls;
  /** Called with the words for the operator when a file with bytes of somebody else was left. */
  readonly onSetAside: (message: string) => void;
}

const fileMode = 0o600;
const directoryMode = 0o700;
const fileFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;

/**
 * Every method but rollback() and close() throws EXPORT_FAILED for what the file system says, and
 * ready() DESTINATION_DOWN while somebody else has the file. One at a time.
 */
export class JsonLinesFile {
  readonly #options: JsonLinesFileOptions;
  readonly #names: RotatedFiles;
  readonly #lock: FileLock;
  #handle: FileHandle | undefined;
  /** Which file the committed length belongs to; 0 before the first one. */
  #inode = 0;
  /** What of the file is whole and synced. */
  #committedBytes = 0;
  #appendedBytes = 0;
  /** What a rollback left behind the committed part. */
  #uncutBytes = 0;

  constructor(options: JsonLinesFileOptions) {
    this.#options = options;
    this.#names = new RotatedFiles(options.path, options.shardIndex, options.backupsMax);
    this.#lock = new FileLock(this.#names.path);
  }

  get path(): string {
    return this.#names.path;
  }

  /** Opens the file where necessary, cutting what our own crash or failed write has left. */
  async ready(): Promise<void> {
    assert(this.#appendedBytes === 0, 'ready in the middle of a group');
    await this.#converted(async () => {
      await this.#leaveForeignChange();
      if (this.#handle === undefined) await this.#open();
    });
  }

  /** Behind it the bytes are in the file, but not yet durable. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#converted(async () => {
      const { sizeBytesMax } = this.#options;
      const mayRotate = this.#appendedBytes === 0 && this.#committedBytes > 0;
      if (mayRotate && this.#committedBytes + bytes.length > sizeBytesMax) await this.#rotate();
      const handle = this.#opened();
      for (let doneBytes = 0; doneBytes < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, doneBytes, bytes.length - doneBytes);
        this.#appendedBytes += bytesWritten;
        doneBytes += bytesWritten;
        if (bytesWritten === 0) throw new Error('nothing was written');
      }
    });
  }

  async commit(): Promise<void> {
    await this.#converted(async () => {
      await this.#opened().datasync();
      this.#committedBytes += this.#appendedBytes;
      this.#appendedBytes = 0;
    });
  }

  /**
   * Cuts off what was appended since the last commit, and closes: a sync that failed may report
   * success the next time. False: the file system refused; the bytes are cut off when the file is
   * opened again.
   */
  async rollback(): Promise<boolean> {
    const handle = this.#handle;
    const appendedBytes = this.#appendedBytes;
    this.#handle = undefined;
    this.#appendedBytes = 0;
    if (handle === undefined) return appendedBytes === 0;
    this.#uncutBytes = appendedBytes;
    try {
      if (appendedBytes > 0) {
        const { size } = await handle.stat();
        if (size !== this.#committedBytes + appendedBytes) return false; // not only ours
        await handle.truncate(this.#committedBytes);
      }
      this.#uncutBytes = 0;
      return true;
    } catch {
      return false; // the caller is handling the failure that led here, and counts this one
    } finally {
      await handle.close().catch(() => undefined); // nothing was left to be written by it
    }
  }

  async close(): Promise<void> {
    assert(this.#appendedBytes === 0, 'closed in the middle of a group');
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined); // all that counts was synced
    await this.#lock.release();
  }

  #opened(): FileHandle {
    assert(this.#handle !== undefined, 'file is not open');
    return this.#handle;
  }

  async #open(): Promise<void> {
    const { calls } = this.#options;
    const { directory, path } = this.#names;
    const firstCreated = await makeFolder(directory, directoryMode, calls);
    await this.#lock.acquire();
    this.#names.found(await calls.readdir(directory));
    let handle = await calls.open(path, fileFlags, fileMode);
    try {
      if (!(await this.#cutOwn(handle))) {
        await handle.close();
        handle = await this.#setAside();
      }
      await this.#syncDirectories(firstCreated);
      const { ino, size } = await handle.stat();
      this.#inode = ino;
      this.#committedBytes = size;
      this.#uncutBytes = 0;
      this.#handle = handle;
    } catch (error) {
      await handle.close().catch(() => undefined); // the first error is the one to report
      throw error;
    }
  }

  /** False: the end of the file is, or may be, somebody else's. */
  async #cutOwn(handle: FileHandle): Promise<boolean> {
    const { ino, size } = await handle.stat();
    if (ino === this.#inode && size >= this.#committedBytes) {
      if (size === this.#committedBytes) return true;
      // Whole lines of a failed group: it comes again.
      if (size !== this.#committedBytes + this.#uncutBytes) return false;
      await handle.truncate(this.#committedBytes);
      return true;
    }
    const tail = await fileTail(handle, size);
    if (tail.kind === 'torn') await handle.truncate(tail.endBytes);
    return tail.kind !== 'foreign';
  }

  /** Nothing is removed for its sake: foreign lines must not push out acknowledged ones. */
  async #setAside(): Promise<FileHandle> {
    const { calls, onSetAside } = this.#options;
    const { path, nextPath } = this.#names;
    await calls.rename(path, nextPath);
    this.#names.rotated();
    onSetAside(`${path}: holds bytes that are not ours, goes on in a new file; see ${nextPath}`);
    return calls.open(path, fileFlags, fileMode);
  }

  /**
   * A file that somebody removed or cut would take our lines with it, and one that somebody writes
   * too cannot be rolled back: go on with what is there now.
   */
  async #leaveForeignChange(): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    const { nlink, size } = await handle.stat();
    if (nlink > 0 && size === this.#committedBytes) return;
    this.#handle = undefined;
    if (size < this.#committedBytes) this.#inode = 0;
    await handle.close();
  }

  async #rotate(): Promise<void> {
    const { calls } = this.#options;
    const names = this.#names;
    await this.#opened().close();
    this.#handle = undefined;
    names.found(await calls.readdir(names.directory)); // a number that is there must not be taken
    await calls.rename(names.path, names.nextPath);
    names.rotated();
    for (let path = names.surplusPath; path !== undefined; path = names.surplusPath) {
      await calls.unlink(path).catch(ignoreAbsent);
      names.removed();
    }
    await this.#open();
  }

  /**
   * A created or renamed file is there after a crash only when its directory is synced, and so is a
   * directory.
   */
  async #syncDirectories(firstCreated: string | undefined): Promise<void> {
    const { calls } = this.#options;
    const top = firstCreated === undefined ? this.#names.directory : dirname(firstCreated);
    for (let directory = this.#names.directory; ; directory = dirname(directory)) {
      const handle = await calls.open(directory, constants.O_RDONLY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (relative(top, directory) === '' || directory === dirname(directory)) return;
    }
  }

  async #converted(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      throw new GopherShipError('EXPORT_FAILED', `${this.path}: ${cause.message}`, { cause });
    }
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && ('syscall' in error || error.message === 'nothing was written');
}

function ignoreAbsent(error: unknown): void {
  // Somebody else removed it; that is what was wanted.
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
