// The vault directory itself: made with its parents if it is missing, and checked to be one that a
// vault can live in. What is in it goes through VaultDirectory; this is before there is one.

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GopherShipError } from '../errors.ts';
import { lockPath } from './file-names.ts';

export interface VaultRoot {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly warnings: readonly string[];
}

/** Throws VAULT_DIRECTORY. */
export function prepareVaultRoot(directory: string): VaultRoot {
  const configuredPath = resolve(directory); // as other paths of a configuration
  refuseInsideVault(configuredPath); // before it is made there
  makeWithParents(configuredPath);
  const path = refusing(configuredPath, 'cannot be used', () => realpathSync(configuredPath));
  const stat = refusing(path, 'cannot be used', () => statSync(path));
  if (!stat.isDirectory()) throw refusal(path, 'is not a directory');
  refuseInsideVault(path);
  refusing(path, 'cannot be used', () => accessSync(path, constants.R_OK | constants.X_OK));
  const isReadOnly = !takesWrites(path);
  return { path, warnings: isReadOnly ? [] : closeToOthers(path, stat.mode) };
}

/**
 * Throws VAULT_DIRECTORY unless all of these folders that are there are folders on the file system
 * of the root: rename does not reach another one, and space is counted on one.
 */
export function checkVaultFolders(rootPath: string, folders: readonly string[]): void {
  const { dev } = statSync(rootPath);
  for (const folder of folders) {
    const path = join(rootPath, folder);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isDirectory()) throw refusal(path, 'is not a directory');
    if (stat.dev !== dev) throw refusal(path, 'is on another file system than the vault');
  }
}

/** For every refusal of the directory: `vault.directory: /v: is not a directory`. */
export function refusal(path: string, text: string, cause?: unknown): GopherShipError {
  const options = cause === undefined ? undefined : { cause };
  return new GopherShipError('VAULT_DIRECTORY', `vault.directory: ${path}: ${text}`, options);
}

function makeWithParents(path: string): void {
  const missing: string[] = [];
  for (let at = path; !exists(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    refusing(folder, 'cannot be made', () => {
      makeFolder(folder, folder === path ? 0o700 : 0o755);
      syncFolder(dirname(folder));
    });
  }
}

function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error; // somebody else was faster
  }
}

/** The root always exists; a path through a file does too, as far as mkdir is concerned. */
function exists(path: string): boolean {
  return refusing(path, 'cannot be used', () => {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  });
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** One vault per directory: inside of another one we would be its foreign files. */
function refuseInsideVault(path: string): void {
  for (let at = dirname(path); ; at = dirname(at)) {
    // One that may not be looked into is not ours to judge.
    const isVault = quietly(() => lstatSync(join(at, lockPath), { throwIfNoEntry: false }));
    if (isVault !== undefined) throw refusal(path, `is inside of the vault ${at}`);
    if (at === dirname(at)) return;
  }
}

function takesWrites(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EROFS') return false;
    throw refusal(path, `cannot be written: ${systemCode(error)}`, error);
  }
}

function closeToOthers(path: string, mode: number): string[] {
  if ((mode & 0o077) === 0) return [];
  try {
    chmodSync(path, 0o700);
    return [];
  } catch (error) {
    // Volumes of other owners, and file systems without modes.
    return [`${path}: others may look into it, and its mode cannot be set: ${systemCode(error)}`];
  }
}

function refusing<Value>(path: string, what: string, call: () => Value): Value {
  try {
    return call();
  } catch (error) {
    throw refusal(path, `${what}: ${systemCode(error)}`, error);
  }
}

function quietly<Value>(call: () => Value): Value | undefined {
  try {
    return call();
  } catch (error) {
    systemCode(error);
    return undefined;
  }
}

/** What has no code is not the system's doing but a bug. */
function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return String(error.code);
}
