// Paths inside the vault directory. They are made by us alone, so one that leaves it is a bug.

import { assert } from '../assert.ts';

export function assertVaultPath(path: string): void {
  if (path === '') return; // the directory itself
  for (const name of path.split('/')) {
    assert(name !== '' && name !== '.' && name !== '..', 'path leaves the vault directory');
    assert(!name.includes('\0'), 'path holds a zero byte');
  }
}

/** '' for what lies in the vault directory itself. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
