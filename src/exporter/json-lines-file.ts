// A file that only ever grows by whole, synced groups of lines. append() puts bytes behind the
// committed part, commit() makes them durable, rollback() cuts them off again. Files rotate between
// groups.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import * as nodeFiles from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { RotatedFiles } from './rotated-files.ts';
import { wholeLinesEndBytes } from './torn-tail.ts';

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
}

const fileMode = 0o600;
const directoryMode = 0o700;
const fileFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;

/**
 * Every method but rollback() and close() throws EXPORT_FAILED for what the file system says. One
 * at a time.
 */
export class JsonLinesFile {
  readonly #options: JsonLinesFileOptions;
  readonly #names: RotatedFiles;
  #handle: FileHandle | undefined;
  /** Which file the committed length belongs to; 0 before the first one. */
  #inode = 0;
  /** What of the file is whole and synced. */
  #committedBytes = 0;
  #appendedBytes = 0;

  constructor(options: JsonLinesFileOptions) {
    this.#options = options;
    this.#names = new RotatedFiles(options.path, options.shardIndex, options.backupsMax);
  }

  get path(): string {
    return this.#names.path;
  }

  /** Opens the file where necessary, cutting what a crash or a failed write has left. */
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
    this.#handle = undefined;
    const isClean = this.#appendedBytes === 0;
    this.#appendedBytes = 0;
    if (handle === undefined) return isClean;
    try {
      if (!isClean) await handle.truncate(this.#committedBytes);
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
  }

  #opened(): FileHandle {
    assert(this.#handle !== undefined, 'file is not open');
    return this.#handle;
  }

  async #open(): Promise<void> {
    const { calls } = this.#options;
    const { directory, path } = this.#names;
    const firstCreated = await calls.mkdir(directory, { recursive: true, mode: directoryMode });
    const handle = await calls.open(path, fileFlags, fileMode);
    try {
      const { ino, size } = await handle.stat();
      // Of a file that we know, the whole lines behind the committed part are a failed group: it
      // comes again.
      const isKnown = ino === this.#inode && size >= this.#committedBytes;
      const keptBytes = isKnown ? this.#committedBytes : await wholeLinesEndBytes(handle, size);
      if (keptBytes < size) await handle.truncate(keptBytes);
      this.#names.found(await calls.readdir(directory));
      await this.#syncDirectories(firstCreated);
      this.#inode = ino;
      this.#committedBytes = keptBytes;
      this.#handle = handle;
    } catch (error) {
      await handle.close().catch(() => undefined); // the first error is the one to report
      throw error;
    }
  }

  /**
   * A file that somebody removed or cut would take our lines with it: go on with what is there now.
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
