// A vault directory that says of one kind of call that it was done, and does nothing: what the
// tests of power loss have to find out.

import {
  type BlockFile,
  type ListedName,
  type ListResult,
  OpenMode,
  type OpenOptions,
  type OpenResult,
  type StatfsResult,
  type VaultDirectory,
} from '../../src/vault/block-file.ts';
import { IoFault } from '../../src/vault/io-fault.ts';

export class UnsafeDirectory implements VaultDirectory {
  readonly #directory: VaultDirectory;
  readonly #missing: 'fdatasync' | 'fsyncDirectory';

  constructor(directory: VaultDirectory, missing: 'fdatasync' | 'fsyncDirectory') {
    this.#directory = directory;
    this.#missing = missing;
  }

  open(path: string, options: OpenOptions): OpenResult {
    const opened = this.#directory.open(path, options);
    const isSafe = this.#missing !== 'fdatasync' || options.mode === OpenMode.Read;
    if (opened.fault !== IoFault.None || isSafe) return opened;
    return { fault: IoFault.None, file: withoutSync(opened.file) };
  }

  makeDirectory(path: string): IoFault {
    return this.#directory.makeDirectory(path);
  }

  rename(fromPath: string, toPath: string): IoFault {
    return this.#directory.rename(fromPath, toPath);
  }

  unlink(path: string): IoFault {
    return this.#directory.unlink(path);
  }

  fsyncDirectory(path: string): IoFault {
    const isSafe = this.#missing !== 'fsyncDirectory';
    return isSafe ? this.#directory.fsyncDirectory(path) : IoFault.None;
  }

  list(path: string): ListResult {
    return this.#directory.list(path);
  }

  visit(path: string, visit: (file: ListedName) => void): IoFault {
    return this.#directory.visit(path, visit);
  }

  statfs(): StatfsResult {
    return this.#directory.statfs();
  }
}

function withoutSync(file: BlockFile): BlockFile {
  return {
    read: (bytes, offset, length, position) => file.read(bytes, offset, length, position),
    write: (bytes, offset, length, position) => file.write(bytes, offset, length, position),
    fdatasync: () => IoFault.None,
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    sizeBytes: () => file.sizeBytes(),
    close: () => file.close(),
  };
}
