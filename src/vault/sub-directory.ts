// A folder of the vault seen as a vault directory of its own, so that the log of dead letters is
// written and recovered by the code of the main one.

import { assert } from '../assert.ts';
import type {
  ListedName,
  ListResult,
  OpenOptions,
  OpenResult,
  StatfsResult,
  VaultDirectory,
} from './block-file.ts';
import type { IoFault } from './io-fault.ts';
import { assertVaultPath, parentPath } from './vault-path.ts';

export class SubDirectory implements VaultDirectory {
  readonly #parent: VaultDirectory;
  readonly #folder: string;

  constructor(parent: VaultDirectory, folder: string) {
    assertVaultPath(folder);
    assert(folder !== '', 'the directory is no folder of itself');
    this.#parent = parent;
    this.#folder = folder;
  }

  open(path: string, options: OpenOptions): OpenResult {
    return this.#parent.open(this.#path(path), options);
  }

  makeDirectory(path: string): IoFault {
    return this.#parent.makeDirectory(this.#path(path));
  }

  rename(fromPath: string, toPath: string): IoFault {
    assert(parentPath(fromPath) === parentPath(toPath), 'rename into another directory');
    return this.#parent.rename(this.#path(fromPath), this.#path(toPath));
  }

  unlink(path: string): IoFault {
    assert(path !== '', 'the directory itself is not to be unlinked');
    return this.#parent.unlink(this.#path(path));
  }

  fsyncDirectory(path: string): IoFault {
    return this.#parent.fsyncDirectory(this.#path(path));
  }

  list(path: string): ListResult {
    return this.#parent.list(this.#path(path));
  }

  visit(path: string, visit: (file: ListedName) => void): IoFault {
    return this.#parent.visit(this.#path(path), visit);
  }

  /** Of the file system, which both share. */
  statfs(): StatfsResult {
    return this.#parent.statfs();
  }

  // No step of a path may lead upwards, which the parent asserts of the whole.
  #path(path: string): string {
    return path === '' ? this.#folder : `${this.#folder}/${path}`;
  }
}
